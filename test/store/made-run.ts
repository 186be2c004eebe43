import { ALL_ROWS } from "../../src/job/policy.ts";
import type { ResolvedJob } from "../../src/job/resolved-job.ts";
import { type KeyList, keyAt } from "../../src/key/key-list.ts";
import { createKeyListBuilder } from "../../src/key/key-list-builder.ts";
import { compareKeyBytes, keyOrder, reorderKeys } from "../../src/key/key-order.ts";
import type { KeyField, KeyValue } from "../../src/key/key-type.ts";
import { FIT_STATES, type FitState, SKIP_REASONS, type SkipReason } from "../../src/run/fit-state.ts";
import type {
  DocumentColumns,
  FileColumns,
  NumberColumn,
  Remark,
  ResultBatch,
} from "../../src/run/result-batch.ts";
import { DOCUMENT_SCHEMA, type ResultSchema } from "../../src/run/result-schema.ts";
import type { RunOrigin } from "../../src/store/job-file.ts";
import type { RunFacts } from "../../src/store/manifest.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";

/** A number of a result, or NULL. */
export type Cell = number | null;

/** A model that is a document: canonical JSON, or bytes; and its metrics. */
export interface MadeDocument {
  readonly model: string | Uint8Array;
  readonly metrics: Readonly<Record<string, number | null>>;
}

/** What was read of a file; null where it could not be read. */
export interface MadeFile {
  readonly sha256: string | null;
  readonly bytes: number | null;
}

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
  /** Of fitted partitions of a run whose models are documents. */
  readonly document?: MadeDocument;
  /** Of every partition of a run whose partitions are files. */
  readonly file?: MadeFile;
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
  form: "fields",
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
  const { document: _, ...others } = outcome;
  const { model, metrics, terms } = others;
  return { ...others, model: nulls(model), metrics: nulls(metrics), terms: terms.map(nulls), ...changes };
}

/** A run over one integer key whose fitted partitions have these documents. */
export function documentRun(documents: readonly MadeDocument[]): MadeRun {
  const run = plainRun(documents.length, DOCUMENT_SCHEMA);
  return { ...run, outcomes: documents.map((document) => ({ ...fitted([]), document })) };
}

/** The run as one whose partitions are files: the same models, and every partition a file of its own. */
export function byFile(run: MadeRun): MadeRun {
  const outcomes = run.outcomes.map((outcome, i): Outcome => {
    const isRead = outcome.state !== "lost";
    const file = { sha256: isRead ? String(i).padStart(64, "0") : null, bytes: isRead ? 1000 + i : null };
    return { ...outcome, file };
  });
  return { ...run, outcomes };
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
    rowsHeldOut: Float64Array.from(used, (rows) => (Number.isNaN(rows) ? Number.NaN : 0)),
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
    documents: resultSchema.form === "document" ? documentColumns(rows) : null,
    files: fileColumns(rows),
    warnings: rows.flatMap((row, i) =>
      row.warnings.map((warning): Remark => ({ row: i, stack: null, ...warning })),
    ),
    errors: rows.flatMap((row, i): Remark[] => (row.error === null ? [] : [{ row: i, ...row.error }])),
  };
}

function documentColumns(rows: readonly Outcome[]): DocumentColumns {
  const models = rows.map(({ document }) => document?.model ?? null);
  return {
    json: models.map((model) => (typeof model === "string" ? model : null)),
    bytes: models.map((model) => (typeof model === "string" ? null : model)),
    metrics: rows.map(({ document }) => document?.metrics ?? null),
  };
}

function fileColumns(rows: readonly Outcome[]): FileColumns | null {
  const files = rows.flatMap(({ file }) => (file === undefined ? [] : [file]));
  if (files.length === 0) return null;
  return { sha256: files.map(({ sha256 }) => sha256), bytes: files.map(({ bytes }) => bytes) };
}

function numberColumn(rows: readonly (readonly Cell[])[], width: number): NumberColumn {
  const cells = rows.flat();
  return {
    width,
    values: Float64Array.from(cells, (cell) => cell ?? 0),
    isValid: Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1)),
  };
}

/** The job of a run: over one file, or over as many as it has partitions where these are files. */
export function jobOf({ keyFields, outcomes }: Pick<MadeRun, "keyFields" | "outcomes">): ResolvedJob {
  const columns = keyFields.map((field) => field.name);
  const isByFile = outcomes[0]?.file !== undefined;
  const byColumns = columns.length === 0 ? ({ kind: "pooled" } as const) : ({ kind: "by", columns } as const);
  return {
    source: plainSource(["rows.csv"]),
    partitioning: isByFile ? { kind: "file" } : byColumns,
    trainer: { estimator: "linear-regression", params: {} },
    seed: 42,
    ...PLAIN_JOB,
    format: "csv",
    files: isByFile ? outcomes.map((_, i) => ({ ...ONE_FILE, path: `/data/${i}.csv` })) : [ONE_FILE],
    columns: [],
    keyFields,
    readColumns: [],
    trainerColumns: { features: ["x"], target: "y", weights: null },
    module: null,
    dialect: null,
    rowPolicy: ALL_ROWS,
  };
}

/** Where a made run comes from. */
export const ORIGIN: RunOrigin = {
  workingFolder: "/data",
  memoryBytes: null,
  memoryPerWorkerBytes: 2 ** 30,
  environment: {
    ...{ manyfit: "0.1.0", node: "20.19.0", duckdb: "v1.5.6", platform: "linux-x64" },
    ...{ cores: 2, engine: "local", workers: 2 },
  },
};

const ONE_FILE = { path: "/data/rows.csv", bytes: 100, modifiedAtMs: 1e12 };

/** Facts that fit a run: the files of its job with all of its rows. */
export function factsOf(run: MadeRun, changes: Partial<RunFacts> = {}): RunFacts {
  const job = jobOf(run);
  const rows = run.outcomes.map(({ rowsUsed, rowsDropped }) =>
    rowsUsed === null ? null : rowsUsed + rowsDropped,
  );
  const sum = rows.reduce<number>((total, count) => total + (count ?? 0), 0);
  const isByFile = job.partitioning.kind === "file";
  return {
    job,
    files: job.files.map((file, i) => {
      if (!isByFile) return { ...file, sha256: "00", rows: sum };
      return { ...file, sha256: run.outcomes[i]!.file!.sha256, rows: rows[i]! };
    }),
    countedRows: null,
    environment: ORIGIN.environment,
    startedAtMs: Date.now(),
    commitStartedAtMs: Date.now(),
    phaseMs: { reading: 12 },
    ...changes,
  };
}
