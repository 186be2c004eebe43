import type { ExecutePlanResponse_Metrics } from "#spark-connect/base";
import type { ResultBatch } from "../../run/result-batch.ts";
import type { RunEvent } from "../../run/run-event.ts";
import { arrowOutput } from "./arrow-output.ts";
import { collectTables } from "./collect-tables.ts";
import type { SparkSession } from "./connect/session.ts";
import { exchangedRows } from "./exchanged-rows.ts";
import { type ExecutorTrainer, filesJobFile, keyedJobFile, shimSource } from "./executor-files.ts";
import { type ExecutorStart, giveFile } from "./executor-start.ts";
import { pickleFunction } from "./pickle-function.ts";
import type { SparkFiles, SparkKeys, SparkPrepared } from "./prepared.ts";
import { refusedPartitions } from "./refused-partitions.ts";
import { mappedInArrow, projected } from "./relations.ts";
import { SparkAnswers } from "./spark-answers.ts";
import { partitionsOf, planSparkBuckets, type SparkBuckets, type TaskWish } from "./spark-buckets.ts";
import { type TaskRows, taskRows } from "./task-rows.ts";

/** How and with what partitions are fitted on a cluster. */
export interface SparkFitOptions extends ExecutorTrainer, TaskWish {
  readonly session: SparkSession;
  /** Path of Node on the executors; null: as it is found. */
  readonly nodePath: string | null;
  readonly signal: AbortSignal;
  /** Executors that are ready; see {@link startExecutors}. */
  readonly executors: ExecutorStart;
}

/** A host that has no task for so long ends: tasks of one run follow each other at once. */
const IDLE_SECONDS = 10;

/** Columns of the shim's rows, with their types as Spark's JSON has them. */
const OUTPUT = arrowOutput([
  ["frame", "binary"],
  ["stage", "integer"],
  ["partition", "integer"],
  ["attempt", "integer"],
  ["task_attempt", "long"],
  ["host", "string"],
  ["executor", "string"],
  ["process", "integer"],
]);

/**
 * Fits every partition of an inspection on the executors of a cluster, and gives what happens and becomes of each, in the order
 * in which Spark's tasks end.
 * @throws ManyfitError `spark_failed` and `spark_lost` where Spark ends the run, `source_changed` where other rows came than
 *   were counted, `memory_exceeded` for what is too large; the signal's reason
 *   when it is aborted.
 */
export async function* fitOnSpark(
  prepared: SparkPrepared,
  options: SparkFitOptions,
): AsyncGenerator<RunEvent | ResultBatch, void, undefined> {
  const work =
    prepared.kind === "files" ? await filesWork(prepared, options) : await keysWork(prepared, options);
  const { session, signal, executors } = options;
  const { pythonVersion } = executors;
  const command = pickleFunction({
    ...{ source: await shimSource(), fileName: "<manyfit>", entry: "run_task", resultType: OUTPUT.json },
    globals: {
      NODE: options.nodePath ?? "",
      SENT_NODE: executors.sentNode ?? "",
      IDLE_SECONDS: String(IDLE_SECONDS),
      HOST: executors.host,
      JOB: await giveFile(session, { name: "manyfit-job.frame", bytes: work.jobFile }, signal),
    },
  });
  const { relation, columns, taskCount } = work;
  const fitted = mappedInArrow(relation, { command, outputType: OUTPUT.type, pythonVersion, columns });
  const { partitionCount } = prepared.inventory;
  const { refused } = work;
  const answers = new SparkAnswers(partitionCount, taskCount, refused ?? undefined);
  let isFitting = prepared.kind === "files";
  let exchanged: RunEvent | null = null;
  const measure = (metrics: ExecutePlanResponse_Metrics): void => {
    exchanged = exchangedRows(metrics);
  };
  for await (const table of collectTables(session, fitted, signal, measure)) {
    // Spark brings all rows together before it ends the first task.
    if (!isFitting) yield fittingStarted(partitionCount);
    isFitting = true;
    yield* answers.read(table);
  }
  if (!isFitting) yield fittingStarted(partitionCount);
  if (refused !== null) yield* refusedPartitions(refused, options.resultSchema);
  answers.finish();
  if (exchanged !== null) yield exchanged;
}

/** What Spark's tasks are given. */
interface SparkWork extends TaskRows {
  readonly jobFile: Uint8Array;
  /** Null where Spark decides how many there are. */
  readonly taskCount: number | null;
  /** What is too large for any task; null where nothing can be. */
  readonly refused: Pick<SparkBuckets, "tooLarge" | "taskOf"> | null;
}

async function keysWork(prepared: SparkKeys, options: SparkFitOptions): Promise<SparkWork> {
  const buckets = planSparkBuckets(partitionsOf(prepared), options);
  const jobFile = await keyedJobFile(prepared, buckets, options);
  return { ...taskRows(prepared, buckets), jobFile, taskCount: buckets.rowCounts.length, refused: buckets };
}

async function filesWork(prepared: SparkFiles, options: SparkFitOptions): Promise<SparkWork> {
  const columns = ["path", "content"];
  const relation = projected(prepared.contents, columns);
  return {
    relation,
    columns,
    jobFile: await filesJobFile(prepared, options),
    taskCount: null,
    refused: null,
  };
}

function fittingStarted(total: number): RunEvent {
  return { type: "phase.started", atMs: Date.now(), phase: "fitting", total, unit: "partitions" };
}
