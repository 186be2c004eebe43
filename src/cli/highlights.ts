import type { KeyValue, OpenedRun } from "../index.ts";
import type { CommittedRun } from "./run-argument.ts";
import { sqlName, sqlText } from "./sql-text.ts";
import { type Cell, keyFromCells, keySelectList } from "./stored-key.ts";

/** A fitted partition among others. */
export interface FitRow {
  readonly partition: number;
  readonly key: readonly KeyValue[];
  /** Coefficient and standard error of the only feature; null where there is none or there are several. */
  readonly slope: number | null;
  readonly stdError: number | null;
  readonly r2: number | null;
  /** Standard deviation of the residuals, in units of the target. */
  readonly sigma: number | null;
  readonly rows: number;
}

/** How r2 spreads over the fitted partitions that have one. */
export interface R2Spread {
  readonly count: number;
  /** Minimum, lower quartile, median, upper quartile, maximum. */
  readonly quantiles: readonly number[];
  /** Partitions in each of {@link R2_BINS} equal ranges from 0 to 1. */
  readonly bins: readonly number[];
}

/** What stands out among the fitted partitions of a run. */
export interface Highlights {
  /** Largest coefficient by size, where there is exactly one feature. */
  readonly steepest: readonly FitRow[];
  /** Lowest r2. */
  readonly worst: readonly FitRow[];
  /** Highest r2. */
  readonly best: readonly FitRow[];
  readonly r2: R2Spread | null;
}

/** Ranges of the histogram of r2. */
export const R2_BINS = 20;

/** Partitions in each list. */
export const SHOWN_FITS = 5;

/** Reads what stands out in a run. Lists are empty where they have no meaning, as for estimators without r2. */
export async function readHighlights({ run, manifest }: CommittedRun): Promise<Highlights> {
  const select = fitSelect(manifest);
  const rows = async (order: string, without: string): Promise<FitRow[]> => {
    const sql = `select * from (${select}) where ${without} is not null order by ${order}, partition limit ${SHOWN_FITS}`;
    return (await run.query(sql)).rows.map((cells) => fitRowFrom(manifest.keys, cells));
  };
  return {
    steepest: await rows("abs(slope) desc", "slope"),
    worst: await rows("r2", "r2"),
    best: await rows("r2 desc", "r2"),
    r2: hasMetric(manifest, "r2") ? await readR2(run) : null,
  };
}

/** Whether the models of a run have a metric of a name. */
export function hasMetric(manifest: CommittedRun["manifest"], name: string): boolean {
  return manifest.resultSchema.metrics.some((metric) => metric.name === name);
}

/** The only feature of a run; null where there are none or several, or no terms. */
export function onlyFeature({ job, resultSchema }: CommittedRun["manifest"]): string | null {
  const { features } = job.trainerColumns;
  const [feature] = features;
  return features.length === 1 && feature !== undefined && resultSchema.terms.includes(feature)
    ? feature
    : null;
}

/** One row per fitted partition: `partition, rows, r2, sigma, slope, std_error`, then the key's cells. */
function fitSelect(manifest: CommittedRun["manifest"]): string {
  const metric = (name: string): string =>
    hasMetric(manifest, name) ? `l.metrics.${sqlName(name)}` : "null::DOUBLE";
  const feature = onlyFeature(manifest);
  const [slope, join] =
    feature === null
      ? ["null::DOUBLE as slope, null::DOUBLE as std_error", ""]
      : [
          "t.estimate as slope, t.std_error",
          `left join terms t on t.partition = l.partition and t.term = ${sqlText(feature)}`,
        ];
  const numbers = `l.partition, l.rows_used as "rows", ${metric("r2")} as r2, ${metric("sigma")} as sigma, ${slope}`;
  const keys = keySelectList(manifest.keys, "l").map((expression, i) => `${expression} as k${i}`);
  return `select ${[numbers, ...keys].join(", ")} from ledger l ${join} where l.state = 'fitted'`;
}

function fitRowFrom(fields: CommittedRun["manifest"]["keys"], cells: readonly Cell[]): FitRow {
  const [partition, rows, r2, sigma, slope, stdError, ...key] = cells;
  return {
    partition: Number(partition),
    rows: Number(rows),
    r2: numberOrNull(r2),
    sigma: numberOrNull(sigma),
    slope: numberOrNull(slope),
    stdError: numberOrNull(stdError),
    key: keyFromCells(fields, key),
  };
}

async function readR2(run: OpenedRun): Promise<R2Spread | null> {
  const bins = Array.from({ length: R2_BINS }, (_, bin) => `count(*) filter (bin = ${bin})`);
  const { rows } = await run.query(
    `select count(*), quantile_cont(r2, [0, 0.25, 0.5, 0.75, 1]), [${bins.join(", ")}]
    from (select r2, least(${R2_BINS - 1}, greatest(0, floor(r2 * ${R2_BINS}))) as bin
      from (select metrics.r2 as r2 from ledger) where r2 is not null)`,
  );
  const [count, quantiles, counts] = rows[0]!;
  if (count === 0) return null;
  return {
    count: Number(count),
    quantiles: (quantiles as readonly Cell[]).map(Number),
    bins: (counts as readonly Cell[]).map(Number),
  };
}

function numberOrNull(cell: Cell | undefined): number | null {
  return cell === null || cell === undefined ? null : Number(cell);
}
