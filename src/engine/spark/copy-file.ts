import { open, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createGunzip, gzipSync } from "node:zlib";
import { ManyfitError } from "../../errors.ts";
import type { SourceFile } from "../../job/resolved-job.ts";
import { collectTables } from "./collect-tables.ts";
import type { Asking } from "./list-spark-files.ts";
import { fileRows, projected } from "./relations.ts";
import { literalPath } from "./spark-source.ts";

/**
 * Bytes of a file that are brought here, at most: Spark's driver has them all in memory on their way. Types are found by the first
 * 20,480 rows of text, and by the footer of Parquet.
 */
const MOST_BYTES = 2 ** 26;

/** Bytes of one row of Spark's that carries some of them. */
const CHUNK_BYTES = 2 ** 22;

/** What says where the footer of a Parquet file begins. */
const PARQUET_MAGIC = "PAR1";

/**
 * A copy of a file of the cluster in a folder here, under its own name. Of what is larger than `mostBytes` only as much as tells its
 * columns: the first lines of text, or the end of a Parquet file with nothing before it.
 * @throws ManyfitError `source_changed` where the file is gone.
 */
export async function copyFile(
  { path, bytes }: SourceFile,
  folder: string,
  asking: Asking,
  mostBytes: number = MOST_BYTES,
): Promise<SourceFile> {
  const copy = join(folder, basename(path));
  const isParquet = /[.]parquet$/i.test(path);
  const isWhole = bytes <= mostBytes;
  const from = isParquet && !isWhole ? bytes - mostBytes : 0;
  const content = await bytesOf(path, { from, count: Math.min(bytes, mostBytes) }, asking);
  if (isWhole) await writeFile(copy, content);
  else if (isParquet) await writeEnd(copy, content, bytes);
  else if (path.endsWith(".gz"))
    await writeFile(copy, gzipSync(wholeLines(await firstUnpacked(content, mostBytes)), { level: 1 }));
  else await writeFile(copy, wholeLines(content));
  return { path: copy, bytes, modifiedAtMs: 0 };
}

async function bytesOf(
  path: string,
  { from, count }: { readonly from: number; readonly count: number },
  { session, signal }: Asking,
): Promise<Buffer> {
  const file = fileRows("binaryFile", [literalPath(path)]);
  const chunks = Math.max(1, Math.ceil(count / CHUNK_BYTES));
  const piece = `transform(sequence(0, ${chunks - 1}), i -> named_struct('i', i, 'content', substring(content, ${from} + i * ${CHUNK_BYTES} + 1, least(${CHUNK_BYTES}, ${count} - i * ${CHUNK_BYTES}))))`;
  const pieces = projected(projected(file, [`explode(${piece}) as p`]), ["p.i as i", "p.content as content"]);
  const found = new Map<number, Uint8Array>();
  for await (const table of collectTables(session, pieces, signal)) {
    const [index, content] = [table.getChild("i"), table.getChild("content")];
    for (let row = 0; row < table.numRows; row++)
      found.set(index.at(row) as number, content.at(row) as Uint8Array);
  }
  const content = Buffer.concat(Array.from({ length: chunks }, (_, i) => found.get(i) ?? new Uint8Array()));
  if (content.length === count) return content;
  const text = `${path}: changed while it was read (${count} bytes wanted, ${content.length} found); run again when nothing writes to it`;
  throw new ManyfitError("source_changed", text);
}

/** A file of the size of the whole, in which nothing but its beginning and its end is written. */
async function writeEnd(path: string, end: Buffer, bytes: number): Promise<void> {
  await writeFile(path, PARQUET_MAGIC);
  await truncate(path, bytes);
  const file = await open(path, "r+");
  try {
    await file.write(end, 0, end.length, bytes - end.length);
  } finally {
    await file.close();
  }
}

/** What the beginning of a packed file unpacks to, at most so many bytes; all where it is damaged behind them. */
async function firstUnpacked(packed: Buffer, most: number): Promise<Buffer> {
  const unpacking = createGunzip();
  unpacking.end(packed);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of unpacking) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes >= most) break;
    }
  } catch {
    // It was cut, and ends too early.
  }
  return Buffer.concat(chunks).subarray(0, most);
}

function wholeLines(text: Buffer): Buffer {
  const end = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r"));
  return end < 0 ? text : text.subarray(0, end + 1);
}
