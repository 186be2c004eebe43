import { readFileSync } from "node:fs";

/** Metrics of held-out rows, null where there is no value. */
interface HoldoutMetrics {
  readonly rmse: number | null;
  readonly mae: number | null;
  readonly r2: number | null;
}

/** One job, and what becomes of each key by name. */
interface HoldoutFit {
  readonly source: string;
  readonly by: string;
  readonly target: string;
  readonly features: readonly string[];
  readonly weights: string | null;
  readonly percent: number;
  readonly rows: "random" | "last";
  readonly order_by?: string;
  readonly groups: readonly (HoldoutMetrics & {
    readonly key: string;
    readonly read: number;
    readonly dropped: number;
    readonly held_out: number;
    readonly state: "fitted" | "skipped";
    readonly intercept: number;
  })[];
}

/** What scikit-learn says of held-out rows; make_truth.py says how. */
export const HOLDOUT_TRUTH = JSON.parse(
  readFileSync(new URL("truth.json", import.meta.url), "utf8"),
) as {
  readonly seed: number;
  readonly vectors: readonly (HoldoutMetrics & {
    readonly name: string;
    readonly y: readonly number[];
    readonly p: readonly number[];
    readonly w: readonly number[] | null;
  })[];
  readonly fits: readonly HoldoutFit[];
};
