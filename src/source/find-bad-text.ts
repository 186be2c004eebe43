import { Buffer, isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ManyfitError } from "../errors.ts";

const [LF, CHUNK_BYTES] = [0x0a, 2 ** 20];

/**
 * The number of the first line of a text file, plain or gzip, that is not UTF-8; null where all are. DuckDB ends for
 * good (duckdb#12314 is of its kind) where it meets such bytes in a column behind others that are not read.
 * @throws ManyfitError `source_unreadable` where the file cannot be read.
 */
export async function findBadText(path: string): Promise<number | null> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const text: Readable = path.toLowerCase().endsWith(".gz") ? file.pipe(createGunzip()) : file;
  file.once("error", (error) => text.destroy(error));
  let [line, rest] = [1, Buffer.alloc(0)];
  try {
    for await (const chunk of text) {
      const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
      const end = bytes.lastIndexOf(LF) + 1;
      const whole = bytes.subarray(0, end);
      if (!isUtf8(whole)) return line + badLineOf(whole);
      line += countLines(whole);
      rest = Buffer.from(bytes.subarray(end));
    }
  } catch (cause) {
    throw new ManyfitError("source_unreadable", `${path}: ${(cause as Error).message}`, { cause });
  } finally {
    file.destroy();
    text.destroy();
  }
  return isUtf8(rest) ? null : line;
}

/**
 * Checks that a text file is UTF-8.
 * @throws ManyfitError `source_unreadable`, naming the line
 */
export async function checkText(path: string): Promise<void> {
  const line = await findBadText(path);
  if (line !== null) throw notText(path, line);
}

/** What is said of a file with a line that is not UTF-8. */
export function notText(path: string, line: number): ManyfitError {
  const text = `${path}, line ${line}: it is not UTF-8 text; convert it, for instance with iconv -f latin1 -t utf-8`;
  return new ManyfitError("source_unreadable", text);
}

/** How many lines stand before the first that is not UTF-8. */
function badLineOf(lines: Buffer): number {
  let [start, line] = [0, 0];
  for (;;) {
    const end = lines.indexOf(LF, start) + 1;
    if (end === 0 || !isUtf8(lines.subarray(start, end))) return line;
    start = end;
    line++;
  }
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}
