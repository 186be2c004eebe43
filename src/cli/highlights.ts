import type { KeyValue, Manifest, OpenedRun } from "../index.ts";
import type { CommittedRun } from "./run-argument.ts";
import { sqlText } from "./sql-text.ts";
import { type Cell, keyFromCells, keySelectList } from "./stored-key.ts";

/** A fitted partition among others. */
export interface FitRow {
  readonly partition: number;
  readonly key: readonly KeyValue[];
  /** Coefficient and standard error of the only feature; null where there is none or there are several. */
  readonly slope: number | null;
  readonly stdError: number | null;
  /** The metric that {@link scoreMetric} names. */
  readonly score: number | null;
  /** Standard deviation of the residuals, in units of the target. */
  readonly sigma: number | null;
  /** Null where they are not known. */
  readonly rows: number | null;
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
  /** Lowest score. */
  readonly worst: readonly FitRow[];
  /** Highest score. */
  readonly best: readonly FitRow[];
  readonly r2: R2Spread | null;
}

/** Ranges of the histogram of r2. */
export const R2_BINS = 20;

/** Partitions in each list. */
export const SHOWN_FITS = 5;

/** Names of metrics by which fits are told apart, higher is better; the first that a run has counts. */
const SCORES = ["r2", "score", "accuracy", "auc"];

/** Reads what stands out in a run. Lists are empty where they have no meaning, as for trainers without a score. */
export async function readHighlights({ run, manifest }: CommittedRun): Promise<Highlights> {
  const select = fitSelect(manifest);
  const rows = async (order: string, without: string): Promise<FitRow[]> => {
    const sql = `select * from (${select}) where ${without} is not null order by ${order}, partition limit ${SHOWN_FITS}`;
    return (await run.query(sql)).rows.map((cells) => fitRowFrom(manifest.keys, cells));
  };
  return {
    steepest: await rows("abs(slope) desc", "slope"),
    worst: await rows("score", "score"),
    best: await rows("score desc", "score"),
    r2: hasMetric(manifest, "r2") ? await readR2(run) : null,
  };
}

/** Whether the models of a run have a metric of a name. */
export function hasMetric(manifest: Manifest, name: string): boolean {
  return manifest.resultSchema.metrics.some((metric) => metric.name === name);
}

/** The metric by which a run's fits are called good or bad; null where none has a name that says so. */
export function scoreMetric(manifest: Manifest): string | null {
  return SCORES.find((name) => hasMetric(manifest, name)) ?? null;
}

/** The only feature of a run; null where there are none or several, or no terms. */
export function onlyFeature({ job, resultSchema }: Manifest): string | null {
  const features = job.trainerColumns?.features ?? [];
  const [feature] = features;
  return features.length === 1 && feature !== undefined && resultSchema.terms.includes(feature)
    ? feature
    : null;
}

/** A metric of a fit in the ledger `l`, whether its metrics are a struct or a map. */
export function metricExpression(name: string): string {
  return `l.metrics[${sqlText(name)}]`;
}

/** One row per fitted partition: `partition, rows, score, sigma, slope, std_error`, then the key's cells. */
function fitSelect(manifest: Manifest): string {
  const metric = (name: string | null): string =>
    name !== null && hasMetric(manifest, name) ? metricExpression(name) : "null::DOUBLE";
  const feature = onlyFeature(manifest);
  const [slope, join] =
    feature === null
      ? ["null::DOUBLE as slope, null::DOUBLE as std_error", ""]
      : [
          "t.estimate as slope, t.std_error",
          `left join terms t on t.partition = l.partition and t.term = ${sqlText(feature)}`,
        ];
  const numbers = `l.partition, l.rows_used as "rows", ${metric(scoreMetric(manifest))} as score, ${metric("sigma")} as sigma, ${slope}`;
  const keys = keySelectList(manifest.keys, "l").map((expression, i) => `${expression} as k${i}`);
  return `select ${[numbers, ...keys].join(", ")} from ledger l ${join} where l.state = 'fitted'`;
}

function fitRowFrom(fields: Manifest["keys"], cells: readonly Cell[]): FitRow {
  const [partition, rows, score, sigma, slope, stdError, ...key] = cells;
  return {
    partition: Number(partition),
    rows: numberOrNull(rows),
    score: numberOrNull(score),
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
      from (select ${metricExpression("r2")} as r2 from ledger l) where r2 is not null)`,
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
