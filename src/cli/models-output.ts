import type { Manifest } from "../index.ts";
import { keyValueToJson } from "../key/key-value-to-json.ts";
import { documentLine, MODEL_LENGTH } from "./document-model.ts";
import { formatColumn, formatCount, NO_NUMBER } from "./format-number.ts";
import { scoreMetric } from "./highlights.ts";
import { keyCells, keyColumns, titleBeside } from "./key-cell.ts";
import { modelColumns, takeTitle } from "./model-columns.ts";
import type { PartitionRecord } from "./partition-records.ts";
import { cellText, lineText } from "./safe-text.ts";
import { type TableLayout, type TextColumn, type TextTable, textTable } from "./text-table.ts";
import { cutText } from "./text-width.ts";

/** Columns of a model's CSV record beside keys, numbers of the model and metrics. */
const RECORD_COLUMNS = [
  "state",
  "reason",
  "rows_read",
  "rows_used",
  "rows_dropped",
  "rows_held_out",
] as const;
const DOCUMENT_COLUMNS = ["model", "model_blob_bytes", "model_blob_sha256"] as const;
const ERROR_COLUMNS = ["error_code", "error_message"] as const;

/** Columns of a table beside keys, numbers of the model and metrics. */
const TABLE_COLUMNS = ["state", "rows", "model"] as const;

/** Metrics that a table shows of a run without a score. */
const SHOWN_METRICS = 3;

/**
 * Partitions and their models as a table: keys, state where one is not fitted, coefficients, r2, used rows; documents on
 * one line, cut. No two columns have one title.
 */
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
      records.map(({ state, reason }) => cellText(stateText(state, reason))),
      "left",
    );
  }
  const titles = new Set([...keys.map((key) => key.name), ...TABLE_COLUMNS]);
  const shown = shownMetrics(manifest).map((name) => ({ name, title: takeTitle(titles, name, "metrics") }));
  for (const { title, cellOf } of modelColumns(manifest, [...titles])) {
    add(title, formatColumn(records.map((record) => numberFrom(cellOf(record)))));
  }
  for (const { name, title } of shown) {
    add(title, formatColumn(records.map(({ metrics }) => numberFrom(metrics.get(name) ?? null))));
  }
  add(
    "rows",
    records.map(({ rowsUsed }) => (rowsUsed === null ? NO_NUMBER : formatCount(rowsUsed))),
  );
  if (resultSchema.form === "document") {
    const texts = records.map(({ document }) => (document === null ? NO_NUMBER : documentLine(document)));
    add(
      "model",
      texts.map((text) => cutText(text, MODEL_LENGTH)),
      "left",
    );
  }
  return textTable(columns, transposed(cells, records.length), layout);
}

/** Metrics for which a table has room: the score of a run, else the first ones. */
function shownMetrics(manifest: Manifest): string[] {
  const score = scoreMetric(manifest);
  if (score !== null) return [score];
  return manifest.resultSchema.form === "document"
    ? manifest.resultSchema.metrics.slice(0, SHOWN_METRICS).map((metric) => metric.name)
    : [];
}

/** The header of partitions as CSV; every name is there once. */
export function modelsCsvHeader(manifest: Manifest): string[] {
  const names = recordNames(manifest);
  if (manifest.resultSchema.form === "fields") {
    return [...names, ...modelColumns(manifest, names).map((column) => column.title)];
  }
  const taken = new Set(names);
  return [...names, ...DOCUMENT_COLUMNS.map((name) => takeTitle(taken, name, "document"))];
}

/** A partition as a CSV record below {@link modelsCsvHeader}. */
export function modelsCsvRow(manifest: Manifest): (record: PartitionRecord) => unknown[] {
  const metrics = manifest.resultSchema.metrics.map((metric) => metric.name);
  const columns = modelColumns(manifest, []);
  const isDocument = manifest.resultSchema.form === "document";
  return (record) => [
    record.partition,
    ...manifest.keys.map(({ type }, i) => keyValueToJson(type, record.key[i] ?? null)),
    record.state,
    record.reason,
    record.rowsRead,
    record.rowsUsed,
    record.rowsDropped,
    record.rowsHeldOut,
    record.error?.code,
    record.error?.message,
    ...metrics.map((name) => record.metrics.get(name)),
    ...(isDocument ? documentCells(record) : columns.map(({ cellOf }) => cellOf(record))),
  ];
}

function documentCells({ document }: PartitionRecord): unknown[] {
  return [document?.json, document?.blob?.bytes, document?.blob?.sha256];
}

function recordNames({ keys, resultSchema }: Manifest): string[] {
  const names = ["partition", ...keys.map((key) => key.column), ...RECORD_COLUMNS, ...ERROR_COLUMNS];
  const taken = new Set(names);
  return [...names, ...resultSchema.metrics.map(({ name }) => takeTitle(taken, name, "metrics"))];
}

function stateText(state: string, reason: string | null): string {
  const words = state.replace("_", " ");
  return reason === null ? words : `${words} (${reason})`;
}

function numberFrom(cell: unknown): number | null {
  return cell === null ? null : Number(cell);
}

/** Rows from columns, or columns from rows; `width` is how many there will be. */
function transposed(lists: readonly (readonly string[])[], width: number): string[][] {
  return Array.from({ length: width }, (_, i) => lists.map((list) => list[i]!));
}
