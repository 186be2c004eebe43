import { Buffer, isUtf8 } from "node:buffer";
import type { Dialect } from "../../job/dialect.ts";
import type { Rows } from "../../table/column.ts";
import { parsePlainHeader } from "./plain-header.ts";
import { type FieldUse, readPlainRows } from "./plain-rows.ts";
import { plainSyntax } from "./plain-syntax.ts";

/** A column that is to be read, by its exact name. */
export interface PlainColumn {
  readonly name: string;
  readonly type: "double" | "text";
  /** Whether NULL is told apart: else one is NaN, or an empty text. */
  readonly hasValidity: boolean;
}

/** What is to be read of a CSV. */
export interface PlainCsvRequest {
  readonly dialect: Dialect;
  /** Read in this order. */
  readonly columns: readonly PlainColumn[];
}

/** The rows; or the columns that the header lacks and those that it has; or why DuckDB must read the text. */
export type PlainCsv =
  | Rows
  | { readonly missing: readonly string[]; readonly found: readonly string[] }
  | { readonly declined: string };

/**
 * Reads numbers and texts from a CSV that is plain: a header, then rows of as many fields, quoted whole or not at all;
 * lines that are empty or comments are passed over. Where it reads, row count, NULLs (empty fields, quoted or not, and
 * the dialect's null texts), every bit of every number and every byte of every text are what DuckDB gives for columns
 * of type DOUBLE and VARCHAR; whatever it is not sure of it declines. A text of a header alone has no rows.
 */
export function parsePlainCsv(bytes: Uint8Array, { dialect, columns }: PlainCsvRequest): PlainCsv {
  const syntax = plainSyntax(dialect);
  if ("declined" in syntax) return syntax;
  const reason = whyNotPlain(bytes, dialect);
  if (reason !== null) return { declined: reason };
  const header = parsePlainHeader(bytes, syntax);
  if ("declined" in header) return header;
  const { names, body } = header;
  const placeOf = new Map(names.map((name, place) => [name, place]));
  const missing = columns.filter((column) => !placeOf.has(column.name)).map((column) => column.name);
  if (missing.length > 0) return { missing, found: names };
  const uses = names.map((): FieldUse => null);
  for (const { name, type } of columns) uses[placeOf.get(name)!] = type === "double" ? "number" : "text";
  const rows = readPlainRows(body, syntax, uses);
  if ("declined" in rows) return rows;
  const { rowCount, fields } = rows;
  return {
    rowCount,
    columns: columns.map(({ name, hasValidity }) =>
      fields[placeOf.get(name)!]!.column(rowCount, hasValidity),
    ),
  };
}

function whyNotPlain(bytes: Uint8Array, dialect: Dialect): string | null {
  if (bytes.length === 0) return "it is empty";
  if (!isUtf8(bytes)) return "it is not UTF-8 text";
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text.includes(0)) return "it has a NUL byte";
  const hasOwnEscape = dialect.escape !== "" && dialect.escape !== dialect.quote;
  return hasOwnEscape && text.includes(dialect.escape) ? "it has an escape" : null;
}
