import type { ColumnValues, Rows, TextValues } from "./column.ts";

/** Some rows by their indices, in the order of these, as arrays of their own. */
export function gatherRows(rows: Rows, indices: Uint32Array): Rows {
  return {
    rowCount: indices.length,
    columns: rows.columns.map((column) => gatherColumn(column, indices)),
  };
}

/** Some values of a column by their indices, in the order of these, as arrays of their own. */
export function gatherColumn(column: ColumnValues, indices: Uint32Array): ColumnValues {
  if (column.kind === "texts") return gatherTexts(column, indices);
  const { values, isValid } = column;
  return {
    kind: "numbers",
    values: gather(values, indices, new Float64Array(indices.length)),
    isValid: isValid && gather(isValid, indices, new Uint8Array(indices.length)),
  };
}

function gatherTexts({ bytes, ends, start, isValid }: TextValues, indices: Uint32Array): TextValues {
  const startOf = (row: number): number => (row === 0 ? start : ends[row - 1]!);
  const gatheredEnds = new Uint32Array(indices.length);
  let length = 0;
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!;
    length += ends[row]! - startOf(row);
    gatheredEnds[i] = length;
  }
  const gathered = new Uint8Array(length);
  for (let i = 0, at = 0; i < indices.length; at = gatheredEnds[i++]!) {
    const row = indices[i]!;
    gathered.set(bytes.subarray(startOf(row), ends[row]!), at);
  }
  return {
    kind: "texts",
    bytes: gathered,
    ends: gatheredEnds,
    start: 0,
    isValid: isValid && gather(isValid, indices, new Uint8Array(indices.length)),
  };
}

function gather<T extends Float64Array | Uint8Array>(values: T, indices: Uint32Array, gathered: T): T {
  for (let i = 0; i < indices.length; i++) gathered[i] = values[indices[i]!]!;
  return gathered;
}
