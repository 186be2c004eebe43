import type { Engine, Inspection } from "./engine/engine.ts";
import type { Dialect } from "./job/dialect.ts";
import type { Inventory } from "./job/inventory.ts";
import { isEstimatorSpec, isSklearnSpec, type Params, type Partitioning } from "./job/job.ts";
import type { FailureBudget, RowPolicy } from "./job/policy.ts";
import type { ResolvedJob, SourceFormat, TrainerColumns } from "./job/resolved-job.ts";
import { decodeKey } from "./key/decode-key.ts";
import { displayKey } from "./key/display-key.ts";
import { keyAt } from "./key/key-list.ts";
import type { KeyField } from "./key/key-type.ts";
import type { Forecast } from "./plan/forecast.ts";
import { histogramOf, type SizeBin, type SizeSpread, spreadOf } from "./plan/sizes.ts";
import type { SkipReason } from "./run/fit-state.ts";
import type { FileProblems } from "./source/check-files.ts";
import { skipReason } from "./trainer/select-rows.ts";

/** A partition that stands out. */
export interface NamedPartition {
  /** Its key, as text for people. */
  readonly key: string;
  /** Null where they are not counted before they are read. */
  readonly rows: number | null;
  /** Size of its file; null for partitions that are not files. */
  readonly bytes: number | null;
}

/** How the sizes of partitions are distributed. */
export interface SizeHistogram {
  readonly unit: "rows" | "bytes";
  /** From the smallest size to the largest, none left out. */
  readonly bins: readonly SizeBin[];
}

/** What a run is held to, where something was told. */
export interface PlanRules {
  readonly nulls: RowPolicy["nulls"] | null;
  readonly holdout: RowPolicy["holdout"];
  readonly orderBy: readonly string[];
  /** Only the first so many partitions in key order. */
  readonly limit: number | null;
  readonly timeoutMs: number | null;
  readonly maxFailed: FailureBudget | null;
}

/** What of the memory that a run may take its rows will need. */
export interface PlanMemory {
  /** What the process and its workers may take together, in bytes. */
  readonly totalBytes: number;
  /** What rows that are brought together may take of it, in bytes. */
  readonly exchangeBytes: number;
  /** Whether they need more, so that some go to disk. */
  readonly spills: boolean;
  /** What the rows of one partition may take in a worker, in bytes. */
  readonly partitionBytes: number;
  /** What a row takes there, without its texts, in bytes. */
  readonly rowBytes: number;
  /** Partitions that are larger. */
  readonly tooLarge: number;
  /** The first of them in key order, at most three. */
  readonly tooLargeExamples: readonly NamedPartition[];
  /** What becomes of them: estimators are given them block by block, for trainers of the user's they fail. */
  readonly tooLargeFate: "blocks" | "partition_too_large";
}

/** What of a cluster a run will use. */
export interface PlanCluster {
  /** Host and port of the Connect server. */
  readonly server: string;
  /** Of Spark. */
  readonly version: string;
  /** Tasks that the partitions are divided into; null where Spark packs them, as files. */
  readonly tasks: number | null;
  /** Whether the rows are sent to where their partition is fitted; files are read where they are fitted. */
  readonly isShuffled: boolean;
  /** Path of Node on the executors; null: as it is found. */
  readonly node: string | null;
}

/** What a plan says beside what an inspection found. */
export interface PlanExtras {
  readonly fileProblems?: FileProblems | null;
  readonly forecast?: Forecast | null;
}

/** What a run will do, before it does it: plain data. */
export interface Plan {
  readonly format: SourceFormat;
  readonly files: number;
  readonly bytes: number;
  /** How CSV files are written, as it was told or found out; null for all others. */
  readonly dialect: Dialect | null;
  readonly where: string | null;
  readonly partitioning: Partitioning["kind"];
  readonly keys: readonly KeyField[];
  /** Name of the estimator, or of the file of the user's trainer; of a class of scikit-learn's kind its dotted path. */
  readonly trainer: string;
  /** The part that each column plays in an estimator or a class; null for modules of the user's. */
  readonly trainerColumns: TrainerColumns | null;
  /** As they were given to the trainer; of an estimator, with its defaults. */
  readonly params: Params;
  /** Columns that the trainer reads. */
  readonly reads: readonly string[];
  /** Columns that could not be features by default because they hold no numbers; none where features were named. */
  readonly leftOut: readonly string[];
  /** Columns of numbers that are no features by default because only a tool named them, as row numbers; as above. */
  readonly unnamed: readonly string[];
  readonly partitions: number;
  /** Null where they are not counted before they are read, as in files of which each is a partition. */
  readonly rows: number | null;
  /** Rows that the trainer can use; null where rows is. */
  readonly usableRows: number | null;
  /** Null where rows is. */
  readonly rowsPerPartition: SizeSpread | null;
  /** Sizes of the files of which each is a partition; null for partitions that are not files. */
  readonly bytesPerPartition: SizeSpread | null;
  /** Of rows, or of bytes where rows are not counted before they are read. */
  readonly sizes: SizeHistogram;
  /** How many times as large as the median the largest partition is; null where the median is 0. */
  readonly skew: number | null;
  /** At most five, the largest first. */
  readonly largest: readonly NamedPartition[];
  /** Partitions that will be fitted: all that are not known to be skipped. */
  readonly fits: number;
  readonly skips: Readonly<Record<SkipReason, number>>;
  /** Keys of the first to skip in key order, as text for people, at most three for each reason. */
  readonly skipExamples: Readonly<Record<SkipReason, readonly string[]>>;
  /** Partitions that will fail because of a value that is missing; null where `nulls` is not `fail`, or rows are not counted. */
  readonly nullFailures: number | null;
  readonly rules: PlanRules;
  /** What is wrong with files of which each is a partition; null where they were not looked at. */
  readonly fileProblems: FileProblems | null;
  /** Used rows that a partition needs at least. */
  readonly minRows: number;
  readonly engine: string;
  readonly workers: number;
  /** Memory in which rows are brought together, beside what DuckDB takes. */
  readonly exchangeBytes: number;
  /** Null on a cluster, which has limits of its own. */
  readonly memory: PlanMemory | null;
  /** Null where this machine does the work. */
  readonly cluster: PlanCluster | null;
  /** How long the run will take, where a sample was fitted; else null. */
  readonly forecast: Forecast | null;
}

/** How many of the largest partitions a plan names, and of those with one fate. */
const NAMED = 5;
const NAMED_SKIPS = 3;
const NAMED_TOO_LARGE = 3;

/** The plan of an inspected job. Pure: nothing is read or fitted. */
export function planRun(
  inspection: Inspection,
  engine: Pick<Engine, "name" | "workers" | "cluster">,
  { fileProblems = null, forecast = null }: PlanExtras = {},
): Plan {
  const { inventory, exchangeBytes } = inspection;
  const { job, partitionCount, usableRows } = inventory;
  const isCounted = inventory.rowCount !== null;
  const skipped = skipsOf(inventory, inspection.minRows);
  const { no_rows, too_few_rows } = skipped.skips;
  return {
    format: job.format,
    files: job.files.length,
    bytes: job.files.reduce((sum, file) => sum + file.bytes, 0),
    dialect: job.dialect,
    where: job.source.where,
    partitioning: job.partitioning.kind,
    keys: job.keyFields,
    trainer: trainerName(job),
    trainerColumns: job.trainerColumns,
    params: job.trainer.params,
    reads: job.readColumns.map((column) => column.name),
    ...leftOutOf(job),
    partitions: partitionCount,
    rows: inventory.rowCount,
    usableRows: isCounted ? usableRows.reduce((sum, n) => sum + n, 0) : null,
    ...sizesOf(inventory),
    largest: largestOf(inventory),
    fits: partitionCount - no_rows - too_few_rows,
    ...skipped,
    rules: rulesOf(job),
    fileProblems,
    minRows: inspection.minRows,
    engine: engine.name,
    workers: engine.workers,
    exchangeBytes,
    memory: memoryOf(inspection),
    cluster: clusterOf(inspection, engine),
    forecast,
  };
}

/** Sizes of all partitions, by which they are compared: rows, or bytes where rows are not counted. */
export function partitionSizes({ job, rows }: Inventory): Float64Array {
  return job.partitioning.kind === "file" ? fileBytes(job) : rows;
}

function sizesOf(
  inventory: Inventory,
): Pick<Plan, "rowsPerPartition" | "bytesPerPartition" | "sizes" | "skew"> {
  const isFile = inventory.job.partitioning.kind === "file";
  const sizes = partitionSizes(inventory);
  const spread = spreadOf(sizes);
  return {
    rowsPerPartition: isFile ? null : spread,
    bytesPerPartition: isFile ? spread : null,
    sizes: { unit: isFile ? "bytes" : "rows", bins: histogramOf(sizes) },
    skew: spread.median === 0 ? null : spread.max / spread.median,
  };
}

function clusterOf(
  { inventory, tasks }: Inspection,
  { cluster }: Pick<Engine, "cluster">,
): PlanCluster | null {
  if (cluster === null) return null;
  const { server, version, node } = cluster;
  return { server, version, tasks, isShuffled: inventory.job.partitioning.kind !== "file", node };
}

function memoryOf({ inventory, memory, exchangeBytes }: Inspection): PlanMemory | null {
  if (memory === null) return null;
  const { totalBytes, partitionBytes, rowBytes, tooLarge } = memory;
  return {
    ...{ totalBytes, partitionBytes, rowBytes },
    exchangeBytes: memory.exchangeBytes,
    spills: exchangeBytes > memory.exchangeBytes,
    tooLarge: tooLarge.length,
    tooLargeExamples: tooLarge.slice(0, NAMED_TOO_LARGE).map((partition) => named(inventory, partition)),
    tooLargeFate: isEstimatorSpec(inventory.job.trainer) ? "blocks" : "partition_too_large",
  };
}

function rulesOf({ policy, rowPolicy, orderBy, limit }: ResolvedJob): PlanRules {
  const { nulls, timeoutMs, maxFailed } = policy;
  return { nulls, holdout: rowPolicy.holdout, orderBy, limit, timeoutMs, maxFailed };
}

/** Name of a job's estimator or class, or of the file of its trainer. */
function trainerName({ trainer, module }: ResolvedJob): string {
  if (isEstimatorSpec(trainer)) return trainer.estimator;
  return isSklearnSpec(trainer) ? trainer.sklearn : (module?.name ?? trainer.module);
}

function leftOutOf(job: ResolvedJob): Pick<Plan, "leftOut" | "unnamed"> {
  const { trainer, columns, keyFields, trainerColumns } = job;
  const told = isSklearnSpec(trainer) ? trainer.features : trainer.params["features"];
  if (trainerColumns === null || Array.isArray(told)) return { leftOut: [], unnamed: [] };
  const { features, target, weights } = trainerColumns;
  const keys = job.partitioning.kind === "file" ? [] : keyFields.map((field) => field.name);
  const used = new Set([...features, target, weights, ...keys]);
  const others = columns.filter((column) => !used.has(column.name));
  const namesOf = (some: typeof others): string[] => some.map((column) => column.name);
  return {
    leftOut: namesOf(others.filter((column) => !column.isNumeric)),
    unnamed: namesOf(others.filter((column) => column.isNumeric)),
  };
}

/** Skips that counts tell. A partition whose rows its policy refuses is none: it will fail. */
function skipsOf(
  inventory: Inventory,
  minRows: number,
): Pick<Plan, "skips" | "skipExamples" | "nullFailures"> {
  const { job, rows, usableRows, rowCount } = inventory;
  const skips = { no_rows: 0, too_few_rows: 0 };
  const skipExamples: Record<SkipReason, string[]> = { no_rows: [], too_few_rows: [] };
  const { nulls, holdout } = job.rowPolicy;
  let nullFailures = 0;
  for (const [partition, usable] of usableRows.entries()) {
    if (nulls === "fail" && usable < rows[partition]!) {
      nullFailures++;
      continue;
    }
    const reason = skipReason(usable, minRows, holdout);
    if (reason === null) continue;
    if (skips[reason]++ < NAMED_SKIPS) skipExamples[reason].push(keyText(inventory, partition));
  }
  return {
    skips,
    skipExamples,
    nullFailures: nulls === "fail" && rowCount !== null ? nullFailures : null,
  };
}

/** The key of a partition as text for people. */
export function keyText({ job, keys }: Inventory, partition: number): string {
  const types = job.keyFields.map((field) => field.type);
  return displayKey(job.keyFields, decodeKey(types, keyAt(keys, partition)));
}

function fileBytes({ files }: ResolvedJob): Float64Array {
  return Float64Array.from(files, (file) => file.bytes);
}

function largestOf(inventory: Inventory): NamedPartition[] {
  const sizes = partitionSizes(inventory);
  const largest: number[] = [];
  for (let partition = 0; partition < sizes.length; partition++) {
    const isLarger = largest.length < NAMED || sizes[partition]! > sizes[largest.at(-1)!]!;
    if (!isLarger) continue;
    let at = largest.length;
    while (at > 0 && sizes[largest[at - 1]!]! < sizes[partition]!) at--;
    largest.splice(at, 0, partition);
    largest.length = Math.min(largest.length, NAMED);
  }
  return largest.map((partition) => named(inventory, partition));
}

function named(inventory: Inventory, partition: number): NamedPartition {
  const { job, rows, rowCount } = inventory;
  return {
    key: keyText(inventory, partition),
    rows: rowCount === null ? null : rows[partition]!,
    bytes: job.partitioning.kind === "file" ? job.files[partition]!.bytes : null,
  };
}
