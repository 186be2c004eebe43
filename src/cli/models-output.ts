import type { Manifest } from "../index.ts";
import { formatColumn, formatCount, NO_NUMBER } from "./format-number.ts";
import { keyCells, keyColumns, titleBeside } from "./key-cell.ts";
import { modelColumns } from "./model-columns.ts";
import type { PartitionRecord } from "./partition-records.ts";
import { cellText, lineText } from "./safe-text.ts";
import { keyToJson } from "./stored-key.ts";
import { type TableLayout, type TextColumn, type TextTable, textTable } from "./text-table.ts";

/** Columns of a model's CSV record beside keys, numbers of the model and metrics. */
const RECORD_COLUMNS = ["state", "reason", "rows_read", "rows_used", "rows_dropped"] as const;
const ERROR_COLUMNS = ["error_code", "error_message"] as const;

/** Partitions and their models as a table: keys, state where one is not fitted, coefficients, r2, used rows. */
export function modelsTable(
  manifest: Manifest,
  records: readonly PartitionRecord[],
  layout: TableLayout,
): TextTable {
  const { keys, counts, resultSchema } = manifest;
  const columns: TextColumn[] = keyColumns(keys);
  const cells: string[][] = transposed(
    records.map((record) => keyCells(keys, record.key)),
    keys.length,
  );
  const add = (title: string, values: string[], align: "left" | "right" = "right"): void => {
    columns.push({ title: lineText(titleBeside(keys, title)), align });
    cells.push(values);
  };
  if (counts.states.fitted < counts.partitions) {
    add(
      "state",
      records.map(({ state, reason }) => cellText(reason === null ? state : `${state} (${reason})`)),
      "left",
    );
  }
  for (const { title, cellOf } of modelColumns(
    manifest,
    keys.map((key) => key.name),
  )) {
    add(title, formatColumn(records.map((record) => numberFrom(cellOf(record)))));
  }
  const r2 = resultSchema.metrics.findIndex((metric) => metric.name === "r2");
  if (r2 >= 0) add("r2", formatColumn(records.map((record) => numberFrom(record.metrics[r2] ?? null))));
  add(
    "rows",
    records.map(({ rowsUsed }) => (rowsUsed === null ? NO_NUMBER : formatCount(rowsUsed))),
  );
  return textTable(columns, transposed(cells, records.length), layout);
}

/** The header of partitions as CSV; every name is there once. */
export function modelsCsvHeader(manifest: Manifest): string[] {
  return [
    ...recordNames(manifest),
    ...modelColumns(manifest, recordNames(manifest)).map((column) => column.title),
  ];
}

/** A partition as a CSV record below {@link modelsCsvHeader}. */
export function modelsCsvRow(manifest: Manifest): (record: PartitionRecord) => unknown[] {
  const columns = modelColumns(manifest, recordNames(manifest));
  return (record) => [
    record.partition,
    ...Object.values(keyToJson(manifest.keys, record.key)),
    record.state,
    record.reason,
    record.rowsRead,
    record.rowsUsed,
    record.rowsDropped,
    record.error?.code,
    record.error?.message,
    ...record.metrics,
    ...columns.map(({ cellOf }) => cellOf(record)),
  ];
}

function recordNames({ keys, resultSchema }: Manifest): string[] {
  const metrics = resultSchema.metrics.map((metric) => metric.name);
  return ["partition", ...keys.map((key) => key.column), ...RECORD_COLUMNS, ...ERROR_COLUMNS, ...metrics];
}

function numberFrom(cell: unknown): number | null {
  return cell === null ? null : Number(cell);
}

/** Rows from columns, or columns from rows; `width` is how many there will be. */
function transposed(lists: readonly (readonly string[])[], width: number): string[][] {
  return Array.from({ length: width }, (_, i) => lists.map((list) => list[i]!));
}
