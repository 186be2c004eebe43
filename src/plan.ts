import type { Engine, Inspection } from "./engine/engine.ts";
import type { Inventory } from "./job/inventory.ts";
import type { ResolvedJob } from "./job/resolved-job.ts";
import { decodeKey } from "./key/decode-key.ts";
import { displayKey } from "./key/display-key.ts";
import { keyAt } from "./key/key-list.ts";
import type { KeyField } from "./key/key-type.ts";
import type { SkipReason } from "./run/fit-state.ts";

/** Rows per partition, over all partitions; p95 is the smallest count that 95 % of them do not exceed. */
export interface RowSpread {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** A partition that stands out. */
export interface NamedPartition {
  /** Its key, as text for people. */
  readonly key: string;
  readonly rows: number;
}

/** What a run will do, before it does it: plain data. */
export interface Plan {
  readonly format: "csv" | "parquet";
  readonly files: number;
  readonly bytes: number;
  readonly where: string | null;
  readonly keys: readonly KeyField[];
  readonly estimator: string;
  readonly target: string;
  readonly features: readonly string[];
  readonly weights: string | null;
  /** Columns that could not be features by default because they hold no numbers; none where features were named. */
  readonly leftOut: readonly string[];
  readonly partitions: number;
  readonly rows: number;
  /** Rows in which every used column is a finite number. */
  readonly usableRows: number;
  readonly rowsPerPartition: RowSpread;
  /** At most five, the largest first. */
  readonly largest: readonly NamedPartition[];
  /** Partitions that will be fitted: all that are not skipped. */
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
  return {
    format: job.format,
    files: job.files.length,
    bytes: job.files.reduce((sum, file) => sum + file.bytes, 0),
    where: job.source.where,
    keys: job.keyFields,
    estimator: job.trainer.estimator,
    ...job.trainerColumns,
    leftOut: leftOutOf(job),
    partitions: partitionCount,
    rows: inventory.rowCount,
    usableRows: usableRows.reduce((sum, n) => sum + n, 0),
    rowsPerPartition: spreadOf(rows),
    largest: largestOf(inventory),
    fits: partitionCount - skips.no_rows - skips.too_few_rows,
    skips,
    minRows,
    engine: engine.name,
    workers: engine.workers,
    exchangeBytes,
  };
}

function leftOutOf({ trainer, columns, keyFields, trainerColumns }: ResolvedJob): string[] {
  if (Array.isArray(trainer.params["features"])) return [];
  const { features, target, weights } = trainerColumns;
  const used = new Set([...features, target, weights, ...keyFields.map((field) => field.name)]);
  return columns.map((column) => column.name).filter((name) => !used.has(name));
}

function skipsOf(usableRows: Float64Array, minRows: number): Record<SkipReason, number> {
  const skips = { no_rows: 0, too_few_rows: 0 };
  for (const usable of usableRows) {
    if (usable === 0) skips.no_rows++;
    else if (usable < minRows) skips.too_few_rows++;
  }
  return skips;
}

function spreadOf(rows: Float64Array): RowSpread {
  const sorted = rows.slice().sort();
  const quantile = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: quantile(0), median, p95: quantile(0.95), max: quantile(1) };
}

function largestOf({ job, rows, keys }: Inventory): NamedPartition[] {
  const largest: number[] = [];
  for (let partition = 0; partition < rows.length; partition++) {
    const isLarger = largest.length < NAMED || rows[partition]! > rows[largest.at(-1)!]!;
    if (!isLarger) continue;
    let at = largest.length;
    while (at > 0 && rows[largest[at - 1]!]! < rows[partition]!) at--;
    largest.splice(at, 0, partition);
    largest.length = Math.min(largest.length, NAMED);
  }
  const types = job.keyFields.map((field) => field.type);
  return largest.map((partition) => ({
    key: displayKey(job.keyFields, decodeKey(types, keyAt(keys, partition))),
    rows: rows[partition]!,
  }));
}
