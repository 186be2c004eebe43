import fc from "fast-check";
import { type KeyList, keyAt, keyCount } from "../../src/key/key-list.ts";
import { createKeyListBuilder } from "../../src/key/key-list-builder.ts";
import { compareKeyBytes, keyOrder, reorderKeys } from "../../src/key/key-order.ts";
import type { KeyField, KeyValue } from "../../src/key/key-type.ts";
import { FIT_STATES, type FitState, SKIP_REASONS, type SkipReason } from "../../src/run/fit-state.ts";
import type { NumberColumn, Remark, ResultBatch } from "../../src/run/result-batch.ts";
import type { ResultSchema } from "../../src/run/result-schema.ts";
import type { RunFacts } from "../../src/store/manifest.ts";
import { KEY_TYPES, values } from "../key/key-arbitrary.ts";

/** A number of a result, or NULL. */
export type Cell = number | null;

/** What a test says became of one partition; lists lie flat, in the order of the result schema. */
export interface Outcome {
  readonly state: FitState;
  readonly reason: SkipReason | null;
  /** Null where it is not known. */
  readonly rowsUsed: number | null;
  readonly rowsDropped: number;
  readonly model: readonly Cell[];
  readonly metrics: readonly Cell[];
  /** Estimates, standard errors, statistics, p values; one of each per term. */
  readonly terms: readonly (readonly Cell[])[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly error: { readonly code: string; readonly message: string; readonly stack: string | null } | null;
}

/** A run as tests make it up: keys in order and the outcome of each. */
export interface MadeRun {
  readonly keyFields: readonly KeyField[];
  readonly keys: KeyList;
  readonly resultSchema: ResultSchema;
  readonly outcomes: readonly Outcome[];
}

/** How the outcomes of a run come to the store: what must not matter. */
export interface Delivery {
  /** Order of the partitions. Default: ascending. */
  readonly order?: readonly number[];
  /** Partitions in a batch. Default: all. */
  readonly batchRows?: number;
  readonly worker?: number;
  readonly startedAtMs?: number;
}

/** A small schema: a number, a list of three, one of none; two metrics; two terms. */
export const SMALL_SCHEMA: ResultSchema = {
  model: [
    { name: "intercept", listLength: null },
    { name: "coefficients", listLength: 3 },
    { name: "nothing", listLength: 0 },
  ],
  metrics: [
    { name: "r2", better: "higher" },
    { name: "odd 'name'", better: null },
  ],
  terms: ["(intercept)", "it's"],
};

/** Keys of the rows of values, sorted, each once. */
export function keysOf(keyFields: readonly KeyField[], rows: readonly (readonly KeyValue[])[]): KeyList {
  const builder = createKeyListBuilder(keyFields.map((field) => field.type));
  for (const row of rows) builder.append(row);
  const keys = builder.toKeyList();
  const order = keyOrder(keys);
  const isFirst = order.filter(
    (key, i) => i === 0 || compareKeyBytes(keyAt(keys, order[i - 1]!), keyAt(keys, key)) !== 0,
  );
  return reorderKeys(keys, isFirst);
}

/** A run over one integer key with `partitions` fitted partitions, every number another one. */
export function plainRun(partitions: number, resultSchema = SMALL_SCHEMA): MadeRun {
  const keyFields: KeyField[] = [{ name: "store", type: "integer" }];
  const rows = Array.from({ length: partitions }, (_, i) => [i * 3 - 5]);
  const cells = (count: number, seed: number): number[] =>
    Array.from({ length: count }, (_, i) => seed + i / 7);
  return {
    keyFields,
    keys: keysOf(keyFields, rows),
    resultSchema,
    outcomes: rows.map((_, i) => ({
      ...fitted(cells(modelLength(resultSchema), i), cells(resultSchema.metrics.length, i + 0.5)),
      terms: [10, 20, 30, 40].map((seed) => cells(resultSchema.terms.length, seed + i)),
    })),
  };
}

/** A fitted partition of ten rows, one of them dropped. */
export function fitted(model: readonly Cell[], metrics: readonly Cell[] = []): Outcome {
  const rows = { rowsUsed: 9, rowsDropped: 1 };
  return {
    state: "fitted",
    reason: null,
    ...rows,
    model,
    metrics,
    terms: [[], [], [], []],
    warnings: [],
    error: null,
  };
}

/** The outcome with another state, and without what only fitted partitions have. */
export function unfitted(
  outcome: Outcome,
  changes: Partial<Outcome> & { readonly state: FitState },
): Outcome {
  const nulls = (cells: readonly Cell[]): null[] => cells.map(() => null);
  const { model, metrics, terms } = outcome;
  return { ...outcome, model: nulls(model), metrics: nulls(metrics), terms: terms.map(nulls), ...changes };
}

/** Numbers in the models of a schema. */
export function modelLength(schema: ResultSchema): number {
  return schema.model.reduce((sum, field) => sum + (field.listLength ?? 1), 0);
}

/** The outcomes of a run as batches. */
export function batchesOf(run: MadeRun, delivery: Delivery = {}): ResultBatch[] {
  const { order = run.outcomes.map((_, i) => i), batchRows = run.outcomes.length } = delivery;
  const batches: ResultBatch[] = [];
  for (let from = 0; from < order.length; from += batchRows) {
    batches.push(batchOf(run, order.slice(from, from + batchRows), { ...delivery, task: batches.length }));
  }
  return batches;
}

function batchOf(
  { resultSchema, outcomes }: MadeRun,
  partitions: readonly number[],
  { worker = 0, startedAtMs = 1e12, task }: Delivery & { readonly task: number },
): ResultBatch {
  const rows = partitions.map((partition) => outcomes[partition]!);
  const used = rows.map((row) => row.rowsUsed ?? Number.NaN);
  let next = 0;
  const model = resultSchema.model.map(({ listLength }) => {
    const from = next;
    next += listLength ?? 1;
    return numberColumn(
      rows.map((row) => row.model.slice(from, from + (listLength ?? 1))),
      listLength ?? 1,
    );
  });
  const terms = [0, 1, 2, 3].map((i) =>
    numberColumn(
      rows.map((row) => row.terms[i]!),
      resultSchema.terms.length,
    ),
  );
  const [estimate, stdError, statistic, pValue] = terms as [
    NumberColumn,
    NumberColumn,
    NumberColumn,
    NumberColumn,
  ];
  return {
    type: "result.batch",
    task,
    worker,
    attempt: 0,
    partition: Int32Array.from(partitions),
    state: Uint8Array.from(rows, (row) => FIT_STATES.indexOf(row.state)),
    reason: Int8Array.from(rows, (row) => (row.reason === null ? -1 : SKIP_REASONS.indexOf(row.reason))),
    rowsRead: Float64Array.from(rows, (row, i) => used[i]! + row.rowsDropped),
    rowsUsed: Float64Array.from(used),
    rowsDropped: Float64Array.from(rows, (row, i) => (Number.isNaN(used[i]!) ? Number.NaN : row.rowsDropped)),
    startedAtMs: Float64Array.from(rows, (_, i) => startedAtMs + i),
    durationMs: Float64Array.from(rows, (_, i) => i / 4),
    model,
    metrics: resultSchema.metrics.map((_, i) =>
      numberColumn(
        rows.map((row) => [row.metrics[i]!]),
        1,
      ),
    ),
    terms: resultSchema.terms.length === 0 ? null : { estimate, stdError, statistic, pValue },
    warnings: rows.flatMap((row, i) =>
      row.warnings.map((warning): Remark => ({ row: i, stack: null, ...warning })),
    ),
    errors: rows.flatMap((row, i): Remark[] => (row.error === null ? [] : [{ row: i, ...row.error }])),
  };
}

function numberColumn(rows: readonly (readonly Cell[])[], width: number): NumberColumn {
  const cells = rows.flat();
  return {
    width,
    values: Float64Array.from(cells, (cell) => cell ?? 0),
    isValid: Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1)),
  };
}

/** Facts that fit a run: one file with all of its rows. */
export function factsOf(run: MadeRun, changes: Partial<RunFacts> = {}): RunFacts {
  const rows = run.outcomes.reduce(
    (sum, row) => sum + (row.rowsUsed === null ? 0 : row.rowsUsed + row.rowsDropped),
    0,
  );
  const file = { path: "/data/rows.csv", bytes: 100, modifiedAtMs: 1e12 };
  const columns = run.keyFields.map((field) => field.name);
  return {
    job: {
      source: { paths: ["rows.csv"], types: {}, where: null },
      partitioning: columns.length === 0 ? { kind: "pooled" } : { kind: "by", columns },
      trainer: { estimator: "linear-regression", params: {} },
      seed: 42,
      format: "csv",
      files: [file],
      columns: [],
      keyFields: run.keyFields,
      trainerColumns: { features: ["x"], target: "y", weights: null },
    },
    files: [{ ...file, sha256: "00", rows }],
    environment: {
      ...{ manyfit: "0.1.0", node: "20.19.0", duckdb: "v1.5.6", platform: "linux-x64" },
      ...{ cores: 2, engine: "local", workers: 2 },
    },
    startedAtMs: Date.now(),
    commitStartedAtMs: Date.now(),
    phaseMs: { reading: 12 },
    ...changes,
  };
}

const cell = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null, freq: 5 });
const word = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("'", '"', "\n", "rank_deficient"),
);

const schemaArbitrary: fc.Arbitrary<ResultSchema> = fc.record({
  model: fc
    .uniqueArray(fc.constantFrom("intercept", "coefficients", "state", "it's", "Über", "key_a"), {
      maxLength: 4,
    })
    .chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc.record({ name: fc.constant(name), listLength: fc.constantFrom(null, 0, 1, 5) }),
        ),
      ),
    ),
  metrics: fc
    .uniqueArray(fc.constantFrom("r2", "rmse", "key", "it's"), { maxLength: 3 })
    .map((names) => names.map((name) => ({ name, better: null }))),
  terms: fc.array(fc.constantFrom("(intercept)", "a", "it's", "a"), { maxLength: 3 }),
});

function outcomeArbitrary(schema: ResultSchema): fc.Arbitrary<Outcome> {
  const cells = (length: number): fc.Arbitrary<Cell[]> =>
    fc.array(cell, { minLength: length, maxLength: length });
  const term = cells(schema.terms.length);
  const base = fc.record({
    state: fc.constantFrom<FitState>("fitted", "fitted", ...FIT_STATES),
    reason: fc.constantFrom(...SKIP_REASONS),
    rowsUsed: fc.nat(1e6),
    rowsDropped: fc.nat(5),
    isCounted: fc.boolean(),
    model: cells(modelLength(schema)),
    metrics: cells(schema.metrics.length),
    terms: fc.tuple(term, term, term, term),
    warnings: fc.array(fc.record({ code: word, message: word }), { maxLength: 2 }),
    error: fc.record({ code: word, message: word, stack: fc.option(word) }),
  });
  return base.map(({ isCounted, reason, error, ...outcome }) => {
    const whole: Outcome = { ...outcome, reason: null, error: null };
    const { state } = outcome;
    if (state === "fitted") return whole;
    if (state === "skipped") return unfitted(whole, { state, reason, warnings: [] });
    return unfitted(whole, { state, error, rowsUsed: isCounted ? whole.rowsUsed : null, warnings: [] });
  });
}

/** Runs of every shape: key columns of all types, up to ten partitions, models with and without lists. */
export const madeRuns: fc.Arbitrary<MadeRun> = fc
  .tuple(fc.array(fc.constantFrom(...KEY_TYPES), { maxLength: 3 }), schemaArbitrary)
  .chain(([types, resultSchema]) =>
    fc.array(fc.tuple(...types.map(values)), { minLength: 1, maxLength: 10 }).chain((rows) => {
      const keyFields = types.map((type, i): KeyField => ({ name: `k ${i}`, type }));
      const keys = keysOf(keyFields, rows);
      const length = keyCount(keys);
      return fc
        .array(outcomeArbitrary(resultSchema), { minLength: length, maxLength: length })
        .map((outcomes) => ({ keyFields, keys, resultSchema, outcomes }));
    }),
  );
