import { isUtf8 } from "node:buffer";
import type { SchemaElement } from "hyparquet";
import type { FileLimits } from "../../protocol/file-plan.ts";
import type { ColumnValues, Validity } from "../../table/column.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import { type StoredNumber, storedNumber } from "./stored-number.ts";

/** Some neighbouring values of a column as they are stored, NULL as null. */
export interface StoredPiece {
  /** The row of the first. */
  readonly rowStart: number;
  readonly values: ArrayLike<unknown>;
}

/** Makes a column of its pieces; a text says why it must not. */
export type ColumnFromPieces = (
  pieces: readonly StoredPiece[],
  rowCount: number,
) => ColumnValues | { readonly declined: string };

/** How a column of a Parquet file is read as a column of the trainer; null where its type does not fit. */
export function parquetColumn(
  element: SchemaElement,
  column: ReadColumn,
  { contentBytes }: FileLimits,
): ColumnFromPieces | null {
  const { name, hasValidity } = column;
  if (column.type === "text") {
    const isText = element.type === "BYTE_ARRAY" && element.converted_type === "UTF8";
    return isText ? (pieces, rowCount) => textColumn(pieces, rowCount, { ...column, contentBytes }) : null;
  }
  const toNumber = storedNumber(element, column.type);
  if (toNumber === null) return null;
  return (pieces, rowCount) => {
    const isValid = validityOf(pieces, rowCount);
    const values = numbers(pieces, rowCount, toNumber);
    if (values === null) return { declined: `column "${name}" has a value that may not be an exact double` };
    return { kind: "numbers", values, isValid: hasValidity ? isValid : null };
  };
}

function numbers(
  pieces: readonly StoredPiece[],
  rowCount: number,
  toNumber: StoredNumber,
): Float64Array | null {
  const doubles = new Float64Array(rowCount);
  for (const { rowStart, values } of pieces) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] === null ? Number.NaN : toNumber(values[i]);
      if (value === null) return null;
      doubles[rowStart + i] = value;
    }
  }
  return doubles;
}

function textColumn(
  pieces: readonly StoredPiece[],
  rowCount: number,
  {
    name,
    hasValidity,
    contentBytes,
  }: Pick<ReadColumn, "name" | "hasValidity"> & Pick<FileLimits, "contentBytes">,
): ColumnValues | { readonly declined: string } {
  let size = 0;
  for (const text of textsOf(pieces)) size += text?.length ?? 0;
  // A few texts can be those of all rows.
  if (size > contentBytes) return { declined: `column "${name}" has more text than a worker reads` };
  const bytes = new Uint8Array(size);
  const ends = new Uint32Array(rowCount);
  let end = 0;
  let row = 0;
  for (const text of textsOf(pieces)) {
    if (text !== null && !isUtf8(text)) return { declined: `column "${name}" has text that is not UTF-8` };
    if (text !== null) bytes.set(text, end);
    end += text?.length ?? 0;
    ends[row++] = end;
  }
  return { kind: "texts", bytes, ends, start: 0, isValid: hasValidity ? validityOf(pieces, rowCount) : null };
}

/** Texts in the order of rows; the pieces are in it. */
function* textsOf(pieces: readonly StoredPiece[]): Generator<Uint8Array | null> {
  for (const { values } of pieces) {
    for (let i = 0; i < values.length; i++) yield values[i] as Uint8Array | null;
  }
}

function validityOf(pieces: readonly StoredPiece[], rowCount: number): Validity {
  let isValid: Uint8Array | null = null;
  for (const { rowStart, values } of pieces) {
    for (let i = 0; i < values.length; i++) {
      if (values[i] !== null) continue;
      isValid ??= new Uint8Array(rowCount).fill(1);
      isValid[rowStart + i] = 0;
    }
  }
  return isValid;
}
