import { Buffer, isUtf8 } from "node:buffer";
import type { Dialect } from "../../job/dialect.ts";
import type { NumberValues, Rows, Validity } from "../../table/column.ts";
import { type PlainBody, parsePlainHeader } from "./plain-header.ts";
import { readPlainNumber } from "./plain-number.ts";

const [LF, CR] = [0x0a, 0x0d];

/** Between these DuckDB and this parser cannot differ; none of them is part of a number. */
const PLAIN_DELIMITERS = [",", ";", "\t", "|"];

/** Half of what DuckDB allows, so that it does not matter what it counts. */
const MAX_LINE_BYTES = 1_000_000;

/** In the place of a position: why a row is not read. */
const [BAD_NUMBER, BAD_FIELD_COUNT, BAD_LINE_END, EMPTY_LINE] = [-1, -2, -3, -4];

/** What is to be read of a CSV. */
export interface PlainCsvRequest {
  readonly dialect: Dialect;
  /** Read as doubles, in this order, by exact name. `hasValidity`: whether NULL is told apart from NaN. */
  readonly columns: readonly { readonly name: string; readonly hasValidity: boolean }[];
}

/** The rows; or the columns that the header lacks and those that it has; or why DuckDB must read the text. */
export type PlainCsv =
  | Rows
  | { readonly missing: readonly string[]; readonly found: readonly string[] }
  | { readonly declined: string };

/**
 * Reads numbers from a CSV that is plain: a header, then rows of as many fields, without a quote anywhere. Where it
 * reads, row count, NULLs (empty fields) and every bit of every number are what DuckDB gives for columns of type
 * DOUBLE; whatever it is not sure of it declines. A text of a header alone has no rows.
 */
export function parsePlainCsv(bytes: Uint8Array, { dialect, columns }: PlainCsvRequest): PlainCsv {
  const reason = whyNotPlain(bytes, dialect);
  if (reason !== null) return { declined: reason };
  const header = parsePlainHeader(bytes, dialect.delimiter);
  if ("declined" in header) return header;
  const { names, body } = header;
  const fields = columns.map((column) => names.indexOf(column.name));
  const missing = columns.filter((_, i) => fields[i]! < 0).map((column) => column.name);
  if (missing.length > 0) return { missing, found: names };
  const isRead = names.map((_, field) => fields.includes(field));
  const numbers = readRows(body, dialect.delimiter.charCodeAt(0), isRead);
  if ("declined" in numbers) return numbers;
  const { rowCount, values } = numbers;
  return {
    rowCount,
    columns: columns.map(({ hasValidity }, i) => numberValues(values[fields[i]!]!, hasValidity)),
  };
}

function whyNotPlain(bytes: Uint8Array, dialect: Dialect): string | null {
  const { delimiter, quote } = dialect;
  if (!PLAIN_DELIMITERS.includes(delimiter)) return `delimiter ${JSON.stringify(delimiter)} is not plain`;
  if (bytes.length === 0) return "it is empty";
  if (!isUtf8(bytes)) return "it is not UTF-8 text";
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text.includes(0)) return "it has a NUL byte";
  if (quote !== "" && text.includes(quote)) return "it has a quote";
  if (dialect.escape !== "" && text.includes(dialect.escape)) return "it has an escape";
  return null;
}

/** Columns that are not read have no values. */
interface ReadNumbers {
  readonly rowCount: number;
  readonly values: readonly (Float64Array | null)[];
}

function readRows(
  body: PlainBody,
  delimiter: number,
  isRead: readonly boolean[],
): ReadNumbers | { declined: string } {
  const { bytes } = body;
  let capacity = estimatedRows(body);
  let values: (Float64Array | null)[] = isRead.map((is) => (is ? new Float64Array(capacity) : null));
  let row = 0;
  for (let at = body.start; at < bytes.length; row++) {
    if (row === capacity) {
      capacity *= 2;
      values = values.map((column) => (column === null ? null : resized(column, capacity)));
    }
    const next = readRow(body, at, { delimiter, values, row });
    if (next < 0) return { declined: `line ${row + 2} ${reasonOf(next, isRead.length)}` };
    if (next - at > MAX_LINE_BYTES) return { declined: `line ${row + 2} is longer than 1 MB` };
    at = next;
  }
  return { rowCount: row, values: values.map((column) => (column === null ? null : resized(column, row))) };
}

/** Rows of the first one's length, and some more. */
function estimatedRows({ bytes, start }: PlainBody): number {
  const rest = bytes.length - start;
  const firstRow = bytes.indexOf(LF, start) + 1 - start;
  return Math.ceil((rest / Math.max(1, firstRow)) * 1.1) + 1;
}

function resized(values: Float64Array, length: number): Float64Array {
  if (length <= values.length) return length === values.length ? values : values.slice(0, length);
  const larger = new Float64Array(length);
  larger.set(values);
  return larger;
}

/** Where the fields of a row go. */
interface RowTarget {
  readonly delimiter: number;
  readonly values: readonly (Float64Array | null)[];
  readonly row: number;
}

/** Reads one row and returns where the next begins, or why it is not read. */
function readRow({ bytes, isCrlf }: PlainBody, start: number, target: RowTarget): number {
  const { delimiter, values, row } = target;
  const last = values.length - 1;
  let at = start;
  for (let field = 0; field <= last; field++) {
    const numbers = values[field]!;
    let byte = bytes[at]!;
    if (numbers === null) {
      while (byte !== delimiter && byte !== LF && byte !== CR) byte = bytes[++at]!;
    } else if (byte === delimiter || byte === LF || byte === CR) {
      numbers[row] = Number.NaN;
    } else {
      at = readPlainNumber(bytes, at, numbers, row);
      if (at < 0) return BAD_NUMBER;
      byte = bytes[at]!;
      if (byte !== delimiter && byte !== LF && byte !== CR) return BAD_NUMBER;
    }
    if (field < last) {
      if (byte !== delimiter) return at === start ? EMPTY_LINE : BAD_FIELD_COUNT;
      at++;
    }
  }
  if (bytes[at] === delimiter) return BAD_FIELD_COUNT;
  // To DuckDB an empty line is a NULL where there is one column, and nothing where there are more.
  if (at === start && last === 0) return EMPTY_LINE;
  if (!isCrlf) return bytes[at] === LF ? at + 1 : BAD_LINE_END;
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : BAD_LINE_END;
}

function reasonOf(refusal: number, fieldCount: number): string {
  if (refusal === BAD_NUMBER) return "has a field that is not a plain number";
  if (refusal === BAD_FIELD_COUNT) return `has not as many fields as the header, ${fieldCount}`;
  return refusal === EMPTY_LINE ? "is empty" : "does not end as the first line does";
}

/** No number of a plain text is NaN, so what is NaN is NULL. */
function numberValues(values: Float64Array, hasValidity: boolean): NumberValues {
  return { kind: "numbers", values, isValid: hasValidity ? validityOf(values) : null };
}

function validityOf(values: Float64Array): Validity {
  const firstNull = values.findIndex(Number.isNaN);
  if (firstNull < 0) return null;
  const isValid = new Uint8Array(values.length).fill(1);
  for (let i = firstNull; i < values.length; i++) isValid[i] = Number.isNaN(values[i]!) ? 0 : 1;
  return isValid;
}
