import type { Connection } from "./duckdb/duckdb.ts";
import { ManyfitError } from "./errors.ts";
import { type OpenedEngine, openEngine } from "./open-engine.ts";
import { checkArchives } from "./predict/check-archives.ts";
import { checkKnown } from "./predict/check-known.ts";
import { createInput, type Input } from "./predict/input.ts";
import { inputRelation } from "./predict/input-relation.ts";
import { linearValues, PREDICTION } from "./predict/linear-values.ts";
import { neededColumns } from "./predict/needed-columns.ts";
import { checkNotRead, checkOutputFile, type OutputFile, writeOutput } from "./predict/output-file.ts";
import { checkFreeNames, outputRows } from "./predict/output-rows.ts";
import { createPredictedRows, type RowValues } from "./predict/predicted-rows.ts";
import { type PredictionSummary, summarise } from "./predict/prediction-summary.ts";
import { PredictionTables } from "./predict/prediction-tables.ts";
import { readingError } from "./predict/reading-error.ts";
import { createRunLookup } from "./predict/run-lookup.ts";
import { createScoringSource, type ScoringParts } from "./predict/scoring-source.ts";
import { type TrainedRun, trainedRunFrom } from "./predict/trained-run.ts";
import {
  type PredictOptions,
  type PredictPhase,
  type PredictRequest,
  predictRequestFrom,
} from "./predict-options.ts";
import { inspectSource } from "./source/inspect-source.ts";
import { checkUnchanged } from "./source/list-files.ts";
import { openRun } from "./store/open-run.ts";
import { resolveRun } from "./store/run-folder.ts";

/** What a prediction left. */
export interface Prediction extends PredictionSummary {
  /** Name of the run whose models were used. */
  readonly run: string;
  /** Absolute path of the file that was written. */
  readonly file: string;
  readonly durationMs: number;
}

/**
 * Predicts every row of a source with the model of its key, and writes the rows, in their order, with the predictions
 * beside them: rows in are rows out. A row without a prediction has NULL, and the reason beside it.
 * @throws ManyfitError when the whole cannot be done; no file appears then. `unknown_keys` when rows have no model and
 * `unknown` is `error`.
 */
export async function predict(options: PredictOptions): Promise<Prediction> {
  const startedAtMs = Date.now();
  const request = predictRequestFrom(options);
  const run = await openRun(await resolveRun(request.run, request.runsFolder));
  await run.close();
  const trained = await trainedRunFrom(run);
  const output = await checkOutputFile(request.out, request.overwrite);
  const opened = await openEngine(trained.model.kind === "module" ? request.workers : 0);
  try {
    const summary = await predictWith(opened, { request, trained, output }, options);
    return { run: trained.id, ...summary, file: output.path, durationMs: Date.now() - startedAtMs };
  } finally {
    await opened.close();
  }
}

/** What is predicted, with what, and where to. */
export interface PredictTask {
  readonly request: PredictRequest;
  readonly trained: TrainedRun;
  readonly output: OutputFile;
}

/** {@link predict} with an engine of one's own: read, predict, write. */
export async function predictWith(
  opened: OpenedEngine,
  task: PredictTask,
  { onPhase, signal = new AbortController().signal }: Pick<PredictOptions, "onPhase" | "signal">,
): Promise<PredictionSummary> {
  const connection = await opened.duckdb.connect();
  const stop = (): void => connection.interrupt();
  signal.addEventListener("abort", stop);
  try {
    return await predictOn(connection, opened, task, { signal, onPhase: quietly(onPhase) });
  } catch (error) {
    throw signal.aborted
      ? new ManyfitError("interrupted", "prediction was interrupted; nothing is written", { cause: error })
      : error;
  } finally {
    signal.removeEventListener("abort", stop);
    connection.close();
  }
}

interface Hooks {
  readonly signal: AbortSignal;
  readonly onPhase: (phase: PredictPhase, rows: number | null) => void;
}

async function predictOn(
  connection: Connection,
  opened: OpenedEngine,
  { request, trained, output }: PredictTask,
  { signal, onPhase }: Hooks,
): Promise<PredictionSummary> {
  signal.throwIfAborted();
  onPhase("reading", null);
  const { source, unknown } = request;
  const schema = await inspectSource(source, connection);
  await checkNotRead(output, schema.files);
  const checkNames = (added: readonly string[]): void => checkFreeNames(schema.columns, added);
  checkNames(trained.model.kind === "linear" ? [PREDICTION] : []);
  const { format, columns: found } = schema;
  const columns = neededColumns(trained, { format, columns: found, types: source.types });
  const input = await createInput(schema, columns, source.where, connection);
  const archives = checkArchives(schema.files);
  try {
    const relation = await inputRelation(input, trained, source.paths, connection);
    const lookup = await createRunLookup(trained, connection);
    const { keys } = trained.manifest;
    onPhase("predicting", relation.rowCount);
    if (unknown === "error") await checkKnown(relation, lookup, keys, connection);
    const values = await valuesOf(opened, { trained, relation, lookup }, { connection, checkNames, signal });
    const added = await createPredictedRows(relation, lookup, values, connection);
    const summary = await summarise(relation, lookup, keys, connection);
    onPhase("writing", summary.rows);
    await writeOutput(output, outputRows(input, added, output), connection, async () => {
      await archives.finished;
      checkUnchanged(schema.files);
      signal.throwIfAborted();
    });
    return summary;
  } catch (error) {
    throw await explained(error, input, connection);
  } finally {
    await archives.stop();
  }
}

interface ValueContext {
  readonly connection: Connection;
  readonly checkNames: (added: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/** How rows come to their predictions: by SQL alone, or from what the trainer said of them. */
async function valuesOf(
  { duckdb, engine }: OpenedEngine,
  { trained, ...rest }: Omit<ScoringParts, "path">,
  { connection, checkNames, signal }: ValueContext,
): Promise<RowValues> {
  const { model } = trained;
  if (model.kind === "linear") return linearValues(model.reads.length);
  const modelConnection = await duckdb.connect();
  try {
    const parts = { trained, ...rest, path: model.path };
    const source = await createScoringSource(parts, connection, modelConnection);
    const tables = new PredictionTables(connection, checkNames);
    // Where no row has a model there is nothing to ask.
    const isNeeded = source.partitionRows.some((rows) => rows > 0);
    for await (const item of isNeeded ? engine.score(source, signal) : []) {
      if (item.type === "prediction.batch") await tables.add(item);
    }
    return await tables.finish();
  } finally {
    modelConnection.close();
  }
}

/** An error of DuckDB about the rows as one that names the cell; the connection may be unusable by now. */
async function explained(error: unknown, input: Input, connection: Connection): Promise<unknown> {
  return readingError(error, input, connection).catch(() => error);
}

function quietly(onPhase: PredictOptions["onPhase"]): Hooks["onPhase"] {
  return (phase, rows) => {
    try {
      onPhase?.(phase, rows);
    } catch {
      // Watching cannot end a prediction.
    }
  };
}
