import type { KeyValue, Manifest } from "../index.ts";
import {
  type DocumentModel,
  documentColumns,
  documentFrom,
  documentLine,
  MODEL_LENGTH,
} from "./document-model.ts";
import { formatCount, formatNumber, formatQuantity } from "./format-number.ts";
import { metricExpression, SHOWN_FITS } from "./highlights.ts";
import { keyCells, keyColumns, titleBeside } from "./key-cell.ts";
import type { CommittedRun } from "./run-argument.ts";
import { cellText } from "./safe-text.ts";
import { type Cell, keyFromCells, keySelectList } from "./stored-key.ts";
import { notedLines, type TableLayout, type TextColumn, textTable } from "./text-table.ts";
import { cutText } from "./text-width.ts";

/** How a metric spreads over the fitted partitions that have it. */
export interface MetricSpread {
  readonly name: string;
  readonly count: number;
  /** Null where no partition has it. */
  readonly min: number | null;
  readonly median: number | null;
  readonly max: number | null;
}

/** A fitted partition with its model. */
export interface ModelExample {
  readonly key: readonly KeyValue[];
  readonly model: DocumentModel;
}

/** What is shown of a run whose models are documents. */
export interface DocumentHighlights {
  /** The first {@link SHOWN_SPREADS} metrics of the run. */
  readonly spreads: readonly MetricSpread[];
  /** The first models in key order, JSON cut to what a line shows. */
  readonly examples: readonly ModelExample[];
}

/** Metrics whose spread is shown. */
export const SHOWN_SPREADS = 12;

/** Reads what is shown of the documents of a run; nothing where its models are none. */
export async function readDocumentHighlights(committed: CommittedRun): Promise<DocumentHighlights> {
  if (committed.manifest.resultSchema.form !== "document") return { spreads: [], examples: [] };
  return { spreads: await readSpreads(committed), examples: await readExamples(committed) };
}

/** Metrics as a table: name, models that have it, minimum, median, maximum. */
export function spreadTable(
  manifest: Manifest,
  spreads: readonly MetricSpread[],
  layout: TableLayout,
): string[] {
  const { metrics } = manifest.resultSchema;
  const columns: TextColumn[] = ["min", "median", "max", "models"].map((title) => ({
    title,
    align: "right",
  }));
  const rows = spreads.map(({ name, count, ...numbers }) => [
    cellText(name),
    // Metrics are of different units: each has its own form.
    ...[numbers.min, numbers.median, numbers.max].map(formatNumber),
    formatCount(count),
  ]);
  const lines = notedLines(textTable([{ title: "metric" }, ...columns], rows, layout), layout);
  const others = metrics.length - spreads.length;
  return others === 0 ? lines : [...lines, `  and ${formatQuantity(others, "other metric")}`];
}

/** Models as a table: key, and the model on one line. */
export function exampleTable(
  manifest: Manifest,
  examples: readonly ModelExample[],
  layout: TableLayout,
): string[] {
  const columns = [...keyColumns(manifest.keys), { title: titleBeside(manifest.keys, "model") }];
  const rows = examples.map(({ key, model }) => [
    ...keyCells(manifest.keys, key),
    cutText(documentLine(model), MODEL_LENGTH),
  ]);
  return notedLines(textTable(columns, rows, layout), layout);
}

async function readSpreads({ run, manifest }: CommittedRun): Promise<MetricSpread[]> {
  const names = manifest.resultSchema.metrics.slice(0, SHOWN_SPREADS).map((metric) => metric.name);
  if (names.length === 0) return [];
  const columns = names.flatMap((name) =>
    ["count", "min", "median", "max"].map((of) => `${of}(${metricExpression(name)})`),
  );
  const { rows } = await run.query(`select ${columns.join(", ")} from ledger l where l.state = 'fitted'`);
  const cells = rows[0]!;
  return names.map((name, i) => {
    const [count, min, median, max] = cells.slice(4 * i, 4 * i + 4);
    return { name, count: Number(count), min: number(min), median: number(median), max: number(max) };
  });
}

async function readExamples({ run, manifest }: CommittedRun): Promise<ModelExample[]> {
  const { keys } = manifest;
  const model = documentColumns("m", MODEL_LENGTH + 1);
  const columns = [...model, ...keySelectList(keys, "m")];
  const { rows } = await run.query(
    `select ${columns.join(", ")} from models m order by m.partition limit ${SHOWN_FITS}`,
  );
  return rows.map((cells) => ({
    key: keyFromCells(keys, cells.slice(model.length)),
    model: documentFrom(cells.slice(0, model.length))!,
  }));
}

function number(cell: Cell | undefined): number | null {
  return cell === null || cell === undefined ? null : Number(cell);
}
