/** Names under which DuckDB tells a row's place; a column of that name would hide it. */
const PLACE_COLUMNS: readonly string[] = ["file_index", "file_row_number"];

/** Whether a column's name is one that rows' places go by, whatever its case. */
export function isPlaceColumn(name: string): boolean {
  return PLACE_COLUMNS.includes(name.toLowerCase());
}
