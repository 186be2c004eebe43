import type { Engine, Inspection } from "./engine/engine.ts";
import type { Inventory } from "./job/inventory.ts";
import { isModuleSpec, type Params, type Partitioning } from "./job/job.ts";
import type { ResolvedJob, SourceFormat, TrainerColumns } from "./job/resolved-job.ts";
import { decodeKey } from "./key/decode-key.ts";
import { displayKey } from "./key/display-key.ts";
import { keyAt } from "./key/key-list.ts";
import type { KeyField } from "./key/key-type.ts";
import type { SkipReason } from "./run/fit-state.ts";

/** Sizes over all partitions, in rows or bytes; p95 is the smallest size that 95 % of them do not exceed. */
export interface SizeSpread {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** A partition that stands out. */
export interface NamedPartition {
  /** Its key, as text for people. */
  readonly key: string;
  /** Null where they are not counted before they are read. */
  readonly rows: number | null;
  /** Size of its file; null for partitions that are not files. */
  readonly bytes: number | null;
}

/** What a run will do, before it does it: plain data. */
export interface Plan {
  readonly format: SourceFormat;
  readonly files: number;
  readonly bytes: number;
  readonly where: string | null;
  readonly partitioning: Partitioning["kind"];
  readonly keys: readonly KeyField[];
  /** Name of the estimator, or of the file of the user's trainer. */
  readonly trainer: string;
  /** The part that each column plays in an estimator; null for trainers of the user's. */
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
  /** At most five, the largest first. */
  readonly largest: readonly NamedPartition[];
  /** Partitions that will be fitted: all that are not known to be skipped. */
  readonly fits: number;
  readonly skips: Readonly<Record<SkipReason, number>>;
  /** Used rows that a partition needs at least. */
  readonly minRows: number;
  readonly engine: string;
  readonly workers: number;
  /** Memory in which rows are brought together, beside what DuckDB takes. */
  readonly exchangeBytes: number;
}

/** How many of the largest partitions a plan names. */
const NAMED = 5;

/** The plan of an inspected job. Pure: nothing is read or fitted. */
export function planRun(inspection: Inspection, engine: Pick<Engine, "name" | "workers">): Plan {
  const { inventory, minRows, exchangeBytes } = inspection;
  const { job, partitionCount, rows, usableRows } = inventory;
  const skips = skipsOf(usableRows, minRows);
  const isCounted = inventory.rowCount !== null;
  return {
    format: job.format,
    files: job.files.length,
    bytes: job.files.reduce((sum, file) => sum + file.bytes, 0),
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
    rowsPerPartition: isCounted ? spreadOf(rows) : null,
    bytesPerPartition: job.partitioning.kind === "file" ? spreadOf(fileBytes(job)) : null,
    largest: largestOf(inventory),
    fits: partitionCount - skips.no_rows - skips.too_few_rows,
    skips,
    minRows,
    engine: engine.name,
    workers: engine.workers,
    exchangeBytes,
  };
}

/** Name of a job's estimator, or of the file of its trainer. */
function trainerName({ trainer, module }: ResolvedJob): string {
  return isModuleSpec(trainer) ? (module?.name ?? trainer.module) : trainer.estimator;
}

function leftOutOf(job: ResolvedJob): Pick<Plan, "leftOut" | "unnamed"> {
  const { trainer, columns, keyFields, trainerColumns } = job;
  if (trainerColumns === null || Array.isArray(trainer.params["features"]))
    return { leftOut: [], unnamed: [] };
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

function skipsOf(usableRows: Float64Array, minRows: number): Record<SkipReason, number> {
  const skips = { no_rows: 0, too_few_rows: 0 };
  for (const usable of usableRows) {
    if (usable === 0) skips.no_rows++;
    else if (usable < minRows) skips.too_few_rows++;
  }
  return skips;
}

function spreadOf(sizes: Float64Array): SizeSpread {
  const sorted = sizes.slice().sort();
  const quantile = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: quantile(0), median, p95: quantile(0.95), max: quantile(1) };
}

function fileBytes({ files }: ResolvedJob): Float64Array {
  return Float64Array.from(files, (file) => file.bytes);
}

function largestOf({ job, rows, keys, rowCount }: Inventory): NamedPartition[] {
  const isFile = job.partitioning.kind === "file";
  const sizes = isFile ? fileBytes(job) : rows;
  const largest: number[] = [];
  for (let partition = 0; partition < sizes.length; partition++) {
    const isLarger = largest.length < NAMED || sizes[partition]! > sizes[largest.at(-1)!]!;
    if (!isLarger) continue;
    let at = largest.length;
    while (at > 0 && sizes[largest[at - 1]!]! < sizes[partition]!) at--;
    largest.splice(at, 0, partition);
    largest.length = Math.min(largest.length, NAMED);
  }
  const types = job.keyFields.map((field) => field.type);
  return largest.map((partition) => ({
    key: displayKey(job.keyFields, decodeKey(types, keyAt(keys, partition))),
    rows: rowCount === null ? null : rows[partition]!,
    bytes: isFile ? sizes[partition]! : null,
  }));
}
