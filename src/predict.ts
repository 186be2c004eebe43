import type { Connection } from "./duckdb/duckdb.ts";
import { spillError } from "./duckdb/spill-error.ts";
import type { PredictingModule } from "./engine/engine.ts";
import { ManyfitError } from "./errors.ts";
import { type EngineOptions, type OpenedEngine, openEngine } from "./open-engine.ts";
import { checkArchives } from "./predict/check-archives.ts";
import { checkKnown } from "./predict/check-known.ts";
import { checkValues } from "./predict/check-values.ts";
import { fileColumnName } from "./predict/file-column.ts";
import { findFiles } from "./predict/find-files.ts";
import { findTable } from "./predict/find-table.ts";
import { findUnreadable } from "./predict/find-unreadable.ts";
import type { FoundSource } from "./predict/found-source.ts";
import { createInput, type Input } from "./predict/input.ts";
import { inputRelation } from "./predict/input-relation.ts";
import { linearValues, PREDICTION } from "./predict/linear-values.ts";
import { neededColumns, neededNames } from "./predict/needed-columns.ts";
import { checkNotRead, checkOutputFile, type OutputFile } from "./predict/output-file.ts";
import { checkFreeNames } from "./predict/output-rows.ts";
import type { RowValues } from "./predict/predicted-rows.ts";
import type { PredictionSummary } from "./predict/prediction-summary.ts";
import { PredictionTables } from "./predict/prediction-tables.ts";
import { readingError } from "./predict/reading-error.ts";
import { unreadableFiles } from "./predict/refuse-files.ts";
import { createRunLookup } from "./predict/run-lookup.ts";
import { createScoringSource, type ScoringParts } from "./predict/scoring-source.ts";
import { fitsSorting } from "./predict/sorted-rows.ts";
import { type TrainedRun, trainedRunFrom } from "./predict/trained-run.ts";
import type { TypedColumn } from "./predict/typed-column.ts";
import { usableRows, valuesOfUsable } from "./predict/usable-rows.ts";
import { writePredictions } from "./predict/write-predictions.ts";
import {
  type PredictOptions,
  type PredictPhase,
  type PredictRequest,
  predictRequestFrom,
} from "./predict-options.ts";
import { predictingPython } from "./predict-python.ts";
import type { RunEvent } from "./run/run-event.ts";
import type { UnreadableFile } from "./run/unreadable-file.ts";
import { checkUnchanged } from "./source/list-files.ts";
import { openRun } from "./store/open-run.ts";
import { resolveRun } from "./store/run-folder.ts";

/** What of a source was not written. */
export interface LeftOut {
  /** Columns that not all files have, or not in one type. */
  readonly columnsLeftOut: readonly string[];
  /** Files that could not be read; none but with `skipUnreadable`. */
  readonly filesLeftOut: readonly UnreadableFile[];
}

/** What a prediction left. */
export interface Prediction extends PredictionSummary, LeftOut {
  /** Name of the run whose models were used. */
  readonly run: string;
  /** Absolute path of the file that was written. */
  readonly file: string;
  /** A line for each version of Python or a package that is not the one that the models were fitted with. */
  readonly warnings: readonly string[];
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
  checkLimits(request, trained);
  const isProcess = trained.model.kind !== "linear";
  const opened = await openEngine(isProcess ? request.workers : 0, engineOptionsOf(request, trained));
  try {
    const summary = await predictWith(opened, { request, trained, output }, options);
    return { run: trained.id, ...summary, file: output.path, durationMs: Date.now() - startedAtMs };
  } catch (error) {
    throw spillError(error, opened.tempFolder);
  } finally {
    await opened.close();
  }
}

function checkLimits({ timeoutMs }: PredictRequest, { model }: TrainedRun): void {
  if (timeoutMs === null || model.kind !== "linear") return;
  throw new ManyfitError(
    "invalid_option",
    "timeout is given, but linear models always come to an end; it is for trainers of your own",
  );
}

/** Linear models predict inside DuckDB, which may have more where nobody says how much there is for all. */
function engineOptionsOf(
  { memoryBytes, memoryPerWorkerBytes }: PredictRequest,
  { model: { kind } }: TrainedRun,
): EngineOptions {
  const isProcess = kind !== "linear";
  if (!isProcess && memoryBytes === null) return {};
  return { memory: { memoryBytes, memoryPerWorkerBytes, isProcess, isPython: kind === "python" } };
}

/** What is predicted, with what, and where to. */
export interface PredictTask {
  readonly request: PredictRequest;
  readonly trained: TrainedRun;
  readonly output: OutputFile;
}

/** What is told meanwhile, and what stops it. */
export type PredictHooks = Pick<PredictOptions, "onPhase" | "onEvent" | "onWarning" | "signal">;

/** {@link predict} with an engine of one's own: read, predict, write. */
export async function predictWith(
  opened: PredictEngine,
  task: PredictTask,
  { onPhase, onEvent, onWarning, signal = new AbortController().signal }: PredictHooks,
): Promise<PredictionSummary & LeftOut & Pick<Prediction, "warnings">> {
  const connection = await opened.duckdb.connect();
  const stop = (): void => connection.interrupt();
  signal.addEventListener("abort", stop);
  const work = {
    ...{ opened, connection, signal, ...task },
    onPhase: (phase: PredictPhase, rows: number | null) => quietly(() => onPhase?.(phase, rows)),
    onEvent: (event: RunEvent) => quietly(() => onEvent?.(event)),
  };
  try {
    signal.throwIfAborted();
    work.onPhase("reading", null);
    const { trainer, warnings } = await predictingTrainer(opened, task, connection, signal);
    for (const warning of warnings) quietly(() => onWarning?.(warning));
    const isPerFile = task.trained.manifest.job.partitioning.kind === "file";
    const summary = await (isPerFile ? predictFiles : predictTable)({ ...work, trainer });
    return { ...summary, warnings };
  } catch (error) {
    throw signal.aborted
      ? new ManyfitError("interrupted", "prediction was interrupted; nothing is written", { cause: error })
      : error;
  } finally {
    signal.removeEventListener("abort", stop);
    connection.close();
  }
}

/** What predicts, and where it may put files. */
export type PredictEngine = Pick<OpenedEngine, "duckdb" | "engine" | "tempFolder">;

/** What workers run; null where SQL alone predicts. */
async function predictingTrainer(
  { tempFolder }: PredictEngine,
  { trained, request: { python } }: PredictTask,
  connection: Connection,
  signal: AbortSignal,
): Promise<{ readonly trainer: PredictingModule | null; readonly warnings: readonly string[] }> {
  const { model, manifest } = trained;
  if (model.kind === "linear") return { trainer: null, warnings: [] };
  if (model.kind === "python") return predictingPython(trained, { python, tempFolder, connection, signal });
  const { params } = manifest.job.trainer;
  return { trainer: { kind: "module", path: model.path, params }, warnings: [] };
}

/** A prediction under way. */
interface Work extends PredictTask {
  readonly opened: PredictEngine;
  readonly trainer: PredictingModule | null;
  readonly connection: Connection;
  readonly signal: AbortSignal;
  readonly onPhase: (phase: PredictPhase, rows: number | null) => void;
  readonly onEvent: (event: RunEvent) => void;
}

/** All files are one table, and all or none of them is predicted. */
async function predictTable(work: Work): Promise<PredictionSummary & LeftOut> {
  const { request, trained, connection } = work;
  if (request.skipsUnreadable) {
    const text =
      "unreadable files can be left out (--skip-unreadable) of runs with one model per file only; name the files that can be read";
    throw new ManyfitError("invalid_option", text);
  }
  const source = await findTable(request.source, neededNames(trained), connection);
  const summary = await predictSource(work, source);
  return { ...summary, columnsLeftOut: source.leftOut, filesLeftOut: [] };
}

/** Each file is a partition: one that cannot be read is left out where that is asked for, or named with all others. */
async function predictFiles(work: Work): Promise<PredictionSummary & LeftOut> {
  const { request, trained, connection, signal } = work;
  const found = await findFiles(request.source, neededNames(trained), connection);
  let { source, unreadable } = found;
  const fileCount = (source?.files.length ?? 0) + unreadable.length;
  const leaveOut = async (from: FoundSource): Promise<boolean> => {
    const reading = { trained, source: from, columns: typedColumns(work, from), use: useOf(work) };
    const others = await findUnreadable(reading, connection, signal);
    unreadable = [...unreadable, ...others];
    source = withoutFiles(from, others);
    return others.length > 0;
  };
  if (source !== null && unreadable.length > 0 && !request.skipsUnreadable) await leaveOut(source);
  for (;;) {
    const isRefused = source === null || (unreadable.length > 0 && !request.skipsUnreadable);
    if (isRefused) throw unreadableFiles(unreadable, fileCount);
    try {
      const summary = await predictSource(work, source!);
      return { ...summary, columnsLeftOut: source!.leftOut, filesLeftOut: unreadable };
    } catch (error) {
      const isOfSource = error instanceof ManyfitError && error.code === "source_unreadable";
      if (!isOfSource || signal.aborted || !(await leaveOut(source!))) throw error;
    }
  }
}

function withoutFiles(source: FoundSource, unreadable: readonly UnreadableFile[]): FoundSource | null {
  const paths = new Set(unreadable.map(({ file }) => file));
  const files = source.files.filter(({ file }) => !paths.has(file.path));
  return files.length === 0 ? null : { ...source, files };
}

function typedColumns({ request, trained }: Work, source: FoundSource): TypedColumn[] {
  const { format, dialect, columns } = source;
  return neededColumns(trained, { form: { format, dialect }, columns, types: request.source.types });
}

function useOf({ request, output }: Work): {
  readonly where: string | null;
  readonly to: OutputFile["format"];
} {
  return { where: request.source.where, to: output.format };
}

/** Predicts the rows of files that can be read, as far as is known, and writes them. */
async function predictSource(work: Work, source: FoundSource): Promise<PredictionSummary> {
  const { connection, request, trained, output, signal } = work;
  const files = source.files.map(({ file }) => file);
  await checkNotRead(output, files);
  const fileColumn = fileColumnName(trained, source.columns);
  const checkNames = (added: readonly string[]): void => checkFreeNames(source.columns, added, fileColumn);
  checkNames(trained.model.kind === "linear" ? [PREDICTION] : []);
  const input = await createInput(source, typedColumns(work, source), useOf(work), connection);
  const archives = checkArchives(files);
  try {
    const relation = await inputRelation(input, trained, request.source.paths, connection);
    const lookup = await createRunLookup(trained, connection);
    const { keys: fields } = trained.manifest;
    work.onPhase("predicting", relation.rowCount);
    if (request.unknown === "error") await checkKnown(relation, lookup, fields, connection);
    if (fileColumn !== null && trained.model.kind !== "linear") {
      // A file that cannot be read is found before any is given to the trainer.
      await checkValues(input, trained, connection);
      await archives.finished;
    }
    const values = await valuesOf(work, { trained, relation, lookup }, checkNames);
    const isSorted =
      trained.model.kind === "linear" &&
      output.format === "parquet" &&
      (await fitsSorting(input, relation.rowCount, connection));
    const rows = { relation, lookup, values };
    return await writePredictions({ input, rows, output, fields, fileColumn, isSorted }, connection, {
      onWriting: (count) => work.onPhase("writing", count),
      checkRead: async () => {
        await archives.finished;
        checkUnchanged(files);
        signal.throwIfAborted();
      },
    });
  } catch (error) {
    throw await explained(error, input, connection);
  } finally {
    await archives.stop();
  }
}

/** How rows come to their predictions: by SQL alone, or from what the trainer said of them. */
async function valuesOf(
  { opened: { duckdb, engine }, trainer, connection, request: { timeoutMs }, signal, onEvent }: Work,
  parts: Omit<ScoringParts, "trainer" | "timeoutMs">,
  checkNames: (added: readonly string[]) => void,
): Promise<RowValues> {
  if (trainer === null) return linearValues(parts.trained.model.reads.length);
  const usable = usableRows(parts.trained);
  const { relation } = parts;
  const given =
    usable === null ? relation : { ...relation, sql: `(select r.* from ${relation.sql} r where ${usable})` };
  const scoring = { ...parts, relation: given, trainer, timeoutMs };
  const modelConnection = await duckdb.connect();
  try {
    const source = await createScoringSource(scoring, connection, modelConnection);
    const tables = new PredictionTables(connection, checkNames);
    // Where no row has a model there is nothing to ask.
    const isNeeded = source.partitionRows.some((rows) => rows > 0);
    for await (const item of isNeeded ? engine.score(source, signal) : []) {
      if (item.type === "prediction.batch") await tables.add(item);
      else onEvent(item);
    }
    const values = await tables.finish();
    return usable === null ? values : valuesOfUsable(values, usable);
  } finally {
    modelConnection.close();
  }
}

/** An error of DuckDB about the rows as one that names the cell; the connection may be unusable by now. */
async function explained(error: unknown, input: Input, connection: Connection): Promise<unknown> {
  return readingError(error, input, connection).catch(() => error);
}

/** Watching cannot end a prediction. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // Nobody is told of it: whoever watches threw it.
  }
}
