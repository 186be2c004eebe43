import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ManyfitError } from "../errors.ts";
import type { Dialect } from "../job/dialect.ts";
import { type FirstRecord, findFirstRecord } from "./text/csv-record.ts";

/** A header longer than this is not believed to be one. */
const MAX_HEADER_BYTES = 4 * 2 ** 20;

/** As many bytes of a text as tell how it begins. */
const START_BYTES = 2 ** 16;

/** The first record of a CSV file. */
export interface CsvHeader extends FirstRecord {
  /** Whether the file begins with a byte order mark. */
  readonly hasMark: boolean;
  /** Whether there is a quote in the lines before it. */
  readonly hasQuoteBefore: boolean;
}

/**
 * The column names in the first record of a CSV file, plain or gzip. Reads no more of the file than that record
 * needs. Throws `source_empty` for a file without bytes and `source_unreadable` for what is no text with a header.
 */
export async function readHeader(path: string, dialect: Dialect): Promise<string[]> {
  return [...(await readCsvHeader(path, dialect)).fields];
}

/** The header of a CSV file with its place, see {@link readHeader}. */
export async function readCsvHeader(path: string, dialect: Dialect): Promise<CsvHeader> {
  const found = await readUntil(path, (text) => {
    if (text.length > MAX_HEADER_BYTES) {
      const message = `${path}: its first line is longer than 4 MB, is it a CSV?`;
      throw new ManyfitError("source_unreadable", message);
    }
    return findFirstRecord(text, dialect);
  });
  const record = found.value ?? findFirstRecord(`${found.text}\n`, dialect);
  if (found.text === "" || record === null) {
    throw new ManyfitError("source_empty", `${path}: is empty; a CSV needs a line of column names`);
  }
  if (record.fields.some((name) => name.includes("\ufffd"))) {
    const text = `${path}: its column names are not UTF-8 text; convert it, for instance with iconv -f latin1 -t utf-8`;
    throw new ManyfitError("source_unreadable", text);
  }
  const hasQuoteBefore = found.text.slice(0, record.start).includes(dialect.quote);
  return { ...record, hasMark: found.text.startsWith("\ufeff"), hasQuoteBefore };
}

/** How a text file, plain or gzip, begins, without a byte order mark: some tens of thousands of characters. */
export async function readTextStart(path: string): Promise<string> {
  const { text } = await readUntil(path, (start) => (start.length >= START_BYTES ? true : null));
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** Reads a text from its beginning until something is found in what was read. */
async function readUntil<T>(
  path: string,
  find: (text: string) => T | null,
): Promise<{ readonly text: string; readonly value: T | null }> {
  const file = createReadStream(path);
  const text: Readable = path.toLowerCase().endsWith(".gz") ? file.pipe(createGunzip()) : file;
  file.once("error", (error) => text.destroy(error));
  let bytes = Buffer.alloc(0);
  try {
    for await (const chunk of text) {
      bytes = Buffer.concat([bytes, chunk as Buffer]);
      const read = bytes.toString("utf8");
      const value = find(read);
      if (value !== null) return { text: read, value };
    }
  } catch (error) {
    if (error instanceof ManyfitError) throw error;
    const { message, code } = error as NodeJS.ErrnoException;
    const advice = code?.startsWith("Z_") ? "; the file is damaged or was cut short" : "";
    throw new ManyfitError("source_unreadable", `${path}: ${message}${advice}`, { cause: error });
  } finally {
    file.destroy();
    text.destroy();
  }
  return { text: bytes.toString("utf8"), value: null };
}
