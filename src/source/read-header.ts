import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ManyfitError } from "../errors.ts";
import type { Dialect } from "../job/dialect.ts";
import { firstRecord } from "./text/csv-record.ts";

/** A header longer than this is not believed to be one. */
const MAX_HEADER_BYTES = 4 * 2 ** 20;

/**
 * The column names in the first record of a CSV file, plain or gzip. Reads no more of the file than that record
 * needs. Throws `source_empty` for a file without bytes and `source_unreadable` for what is no text with a header.
 */
export async function readHeader(path: string, dialect: Dialect): Promise<string[]> {
  const file = createReadStream(path);
  const isGzip = path.toLowerCase().endsWith(".gz");
  const text: Readable = isGzip ? file.pipe(createGunzip()) : file;
  file.once("error", (error) => text.destroy(error));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of text) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      const record = firstRecord(Buffer.concat(chunks).toString("utf8"), dialect);
      if (record !== null) return record;
      if (size > MAX_HEADER_BYTES) {
        throw new ManyfitError(
          "source_unreadable",
          `${path}: its first line is longer than 4 MB, is it a CSV?`,
        );
      }
    }
  } catch (error) {
    if (error instanceof ManyfitError) throw error;
    throw new ManyfitError("source_unreadable", `${path}: ${(error as Error).message}`, { cause: error });
  } finally {
    file.destroy();
    text.destroy();
  }
  const record = firstRecord(`${Buffer.concat(chunks).toString("utf8")}\n`, dialect);
  if (size === 0 || record === null) {
    throw new ManyfitError("source_empty", `${path}: is empty; a CSV needs a line of column names`);
  }
  return record;
}
