import { spillError } from "./duckdb/spill-error.ts";
import type { Engine, Inspection } from "./engine/engine.ts";
import { ManyfitError } from "./errors.ts";
import { type OpenedEngine, openEngine } from "./open-engine.ts";
import { type Forecast, forecastTimes, type SampledFit } from "./plan/forecast.ts";
import { type MeasuredSample, measureSample, type SampleSize } from "./plan/measure-sample.ts";
import { sampleCauses, sampleCounts } from "./plan/sample-causes.ts";
import { keyText, type Plan, partitionSizes, planRun } from "./plan.ts";
import { countFrom, durationFrom } from "./policy-options.ts";
import { quietListener } from "./run/quiet-listener.ts";
import type { ResultBatch } from "./run/result-batch.ts";
import type { RunEvent } from "./run/run-event.ts";
import { checkFiles } from "./source/check-files.ts";
import { engineOptionsOf } from "./train.ts";
import { type Request, requestFrom, type TrainOptions } from "./train-options.ts";

/** What to plan: the options of `train`, and whether a sample is to be fitted. */
export type PlanOptions = TrainOptions & {
  /**
   * Fits some partitions, spread over the sizes of all, to say how long the run will take and what will go wrong: so many
   * partitions, or as many as can be fitted in a time such as `5s`. Nothing of them is kept. Default: none.
   */
  readonly sample?: number | string;
};

/** A signal that is never aborted. */
const NEVER = new AbortController().signal;

/**
 * What `train` would do with the same options: reads and counts the source and writes nothing; fits nothing but the
 * partitions of a sample, where one is asked for. Throws what `train` would throw before its first fit.
 */
export async function plan(options: PlanOptions): Promise<Plan> {
  const request = requestFrom(options);
  if (options.sample !== undefined && request.engine.kind === "spark") {
    const text =
      "sample is given, but a sample is fitted on this machine alone; leave it out, or plan without Spark";
    throw new ManyfitError("invalid_option", text);
  }
  const opened = await openEngine(request.workers, engineOptionsOf(request, options.signal));
  try {
    return await planWith(opened, request, options);
  } finally {
    await opened.close();
  }
}

/** {@link plan} with an engine of one's own. */
export async function planWith(
  { engine, tempFolder }: Pick<OpenedEngine, "engine" | "tempFolder">,
  request: Request,
  { sample, onEvent, signal = NEVER }: Pick<PlanOptions, "sample" | "onEvent" | "signal">,
): Promise<Plan> {
  const size = sample === undefined ? null : sampleSizeFrom(sample);
  const report = quietListener(onEvent);
  try {
    const startedAt = performance.now();
    const inspection = await engine.inspect(request.job, report, signal);
    const readingMs = performance.now() - startedAt;
    const { job } = inspection.inventory;
    const isHere = engine.cluster === null && job.partitioning.kind === "file";
    const fileProblems = isHere ? await checkFiles(job.files, signal) : null;
    const forecast =
      size === null ? null : await forecastRun(engine, inspection, { size, readingMs, signal, report });
    return planRun(inspection, engine, { fileProblems, forecast });
  } catch (error) {
    if (signal.aborted) throw new ManyfitError("interrupted", "plan was interrupted", { cause: error });
    throw spillError(error, tempFolder);
  }
}

/** `5s` is a time, 200 or `200` a number of partitions. Throws `invalid_option`. */
function sampleSizeFrom(sample: number | string): SampleSize {
  if (typeof sample === "number") return { partitions: countFrom("sample", sample) };
  if (/^\d+$/.test(sample)) return { partitions: countFrom("sample", Number(sample)) };
  return { milliseconds: durationFrom("sample", sample) };
}

interface ForecastContext {
  readonly size: SampleSize;
  readonly readingMs: number;
  readonly signal: AbortSignal;
  readonly report: (event: RunEvent) => void;
}

async function forecastRun(
  engine: Engine,
  inspection: Inspection,
  { readingMs, ...context }: ForecastContext,
): Promise<Forecast> {
  const { inventory } = inspection;
  const sizes = partitionSizes(inventory);
  const measured = await measureSample(engine, inspection, { ...context, sizes });
  const { batches, tasksMs, exchangingMs, fittingMs } = measured;
  const fits = batches.flatMap(fitsOf);
  const times = forecastTimes({
    ...{ sizes, fits, tasksMs, fittingMs, readingMs, exchangingMs },
    workers: engine.workers,
    rowCount: inventory.rowCount,
    columns: inventory.job.readColumns.length,
    documentBytes: batches.reduce((sum, batch) => sum + documentBytesOf(batch), 0),
  });
  return { ...describeSample(measured, fits.length, (partition) => keyText(inventory, partition)), ...times };
}

function describeSample(
  { batches, sampleMs, isCutShort }: MeasuredSample,
  sampled: number,
  keyOf: (partition: number) => string,
): Pick<Forecast, "sampled" | "sampledRows" | "counts" | "causes" | "sampleMs" | "isCutShort"> {
  let sampledRows = 0;
  for (const { rowsRead } of batches)
    for (const rows of rowsRead) sampledRows += Number.isNaN(rows) ? 0 : rows;
  const counts = sampleCounts(batches);
  return { sampled, sampledRows, counts, causes: sampleCauses(batches, keyOf), sampleMs, isCutShort };
}

function fitsOf({ partition, startedAtMs, durationMs }: ResultBatch): SampledFit[] {
  return Array.from(partition, (number, row) => ({
    partition: number,
    startedAtMs: startedAtMs[row]!,
    durationMs: durationMs[row]!,
  }));
}

function documentBytesOf({ documents }: ResultBatch): number {
  if (documents === null) return 0;
  const { json, bytes } = documents;
  return json.reduce((sum, text, i) => sum + (text?.length ?? bytes[i]?.length ?? 0), 0);
}
