import { expect } from "vitest";
import type { JsonCell } from "../../src/duckdb/json-cell.ts";
import type { Manifest } from "../../src/store/manifest.ts";
import type { OpenedRun } from "../../src/store/open-run.ts";
import type { RunWriter } from "../../src/store/run-writer.ts";
import {
  batchesOf,
  type Cell,
  type Delivery,
  factsOf,
  type MadeRun,
  type Outcome,
} from "../store/made-run.ts";

/** A kind of store as the suite uses it. */
export interface StoreMember {
  /** A writer of a new run with the seed 42. */
  createWriter(run: MadeRun): Promise<RunWriter>;
  open(writer: RunWriter): Promise<OpenedRun>;
  close(): Promise<void>;
}

/** Writes and commits a run, and opens it; to be closed. */
export async function stored(
  member: StoreMember,
  run: MadeRun,
  delivery: Delivery = {},
): Promise<OpenedRun & { manifest: Manifest }> {
  const writer = await member.createWriter(run);
  for (const batch of batchesOf(run, delivery)) await writer.append(batch);
  await writer.commit(factsOf(run));
  return (await member.open(writer)) as OpenedRun & { manifest: Manifest };
}

/** The rows of a query. */
export async function rowsOf(run: OpenedRun, sql: string): Promise<readonly (readonly JsonCell[])[]> {
  return (await run.query(sql)).rows;
}

/** Compares what SQL gives back with the outcomes, bit for bit. */
export async function expectOutcomes(opened: OpenedRun, { outcomes, resultSchema }: MadeRun): Promise<void> {
  const ledger = await rowsOf(
    opened,
    `select state, reason, rows_used, rows_dropped, warnings, error_code, error_message, error_stack,
       metrics::json::varchar from ledger`,
  );
  expect(ledger.map((row) => row.slice(0, 8))).toEqual(
    outcomes.map(({ state, reason, rowsUsed, rowsDropped, warnings, error }) => [
      ...[state, reason, rowsUsed, rowsUsed === null ? null : rowsDropped, warnings],
      ...[error?.code ?? null, error?.message ?? null, error?.stack ?? null],
    ]),
  );
  const fittedOutcomes = outcomes.filter(({ state }) => state === "fitted");
  const metrics = ledger
    .filter(([state]) => state === "fitted")
    .map((row) => JSON.parse(String(row[8])) as unknown);
  if (resultSchema.form === "document") expectDocumentMetrics(opened.manifest, fittedOutcomes, metrics);
  const named = (cells: Outcome["metrics"]) =>
    Object.fromEntries(resultSchema.metrics.map(({ name }, i) => [name, plain(cells[i]!)]));
  if (resultSchema.metrics.length > 0)
    expect(metrics).toEqual(fittedOutcomes.map((row) => named(row.metrics)));
  if (resultSchema.form === "document") return expectDocuments(opened, fittedOutcomes);
  const fields = resultSchema.model.map(({ name }) => `m."${name}"`);
  const models = await rowsOf(opened, `select ${["m.partition", ...fields].join(", ")} from models m`);
  expect(models.map((row) => row.slice(1).flat())).toEqual(
    fittedOutcomes.map(({ model }) => model.map(plain)),
  );
  if (resultSchema.terms.length === 0) return;
  const terms = await rowsOf(opened, "select term, estimate, std_error, statistic, p_value from terms");
  expect(terms).toEqual(
    fittedOutcomes.flatMap((row) =>
      resultSchema.terms.map((term, i) => [term, ...row.terms.map((cells) => plain(cells[i]!))]),
    ),
  );
}

async function expectDocuments(opened: OpenedRun, outcomes: readonly Outcome[]): Promise<void> {
  // DuckDB's binding drops a byte order mark at the beginning of a text.
  const models = await rowsOf(opened, "select '.' || model, hex(model_blob) from models");
  expect(models).toEqual(
    outcomes.map(({ document }) => {
      const { model } = document!;
      if (typeof model === "string") return [`.${model}`, null];
      return [null, Buffer.from(model).toString("hex").toUpperCase()];
    }),
  );
}

/** A struct has every name of the run in every row, a map those of the row alone. */
function expectDocumentMetrics(
  manifest: Manifest | null,
  outcomes: readonly Outcome[],
  found: unknown[],
): void {
  const given = outcomes.map(({ document }) => document!.metrics);
  const names = [...new Set(given.flatMap((metrics) => Object.keys(metrics)))];
  names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect(manifest!.resultSchema.metrics).toEqual(names.map((name) => ({ name, better: null })));
  const isStruct = manifest!.metricsColumn === "struct";
  const expected = given.map((metrics) => {
    const present = isStruct ? names : Object.keys(metrics);
    return Object.fromEntries(
      present.map((name) => [name, plain(Object.hasOwn(metrics, name) ? metrics[name]! : null)]),
    );
  });
  expect(found).toEqual(names.length === 0 ? outcomes.map(() => null) : expected);
}

/** A number as it is stored: with one zero. */
function plain(cell: Cell): Cell {
  return cell === null ? null : cell + 0;
}
