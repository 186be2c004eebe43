import type { RowValues } from "./predicted-rows.ts";
import { NULL_FEATURE } from "./run-lookup.ts";

/** Name of the column of a linear model's predictions. */
export const PREDICTION = "prediction";

/**
 * What linear models predict: the intercept, and coefficient × feature added to it in the order of the features. An
 * aliased coefficient counts as 0 and its feature is not looked at, as in R's `predict.lm`.
 *
 * The plain sum is the same to the last bit where no coefficient is aliased. It is finite only where there is a model
 * and every feature is usable, so that most rows are asked nothing else; all others, those whose sum overflows among
 * them, are looked at more closely.
 */
export function linearValues(featureCount: number): RowValues {
  const features = Array.from({ length: featureCount }, (_, i) => i);
  const isUsable = features.map((i) => `(d.b${i} is null or isfinite(r.c${i}))`).join(" and ") || "true";
  const sum = `(d.b${features.map((i) => ` + d.b${i} * r.c${i}`).join("")})`;
  const terms = features.map((i) => ` + case when d.b${i} is null then 0 else d.b${i} * r.c${i} end`);
  const isPlain = `isfinite(${sum})`;
  return {
    join: "",
    isPredicted: isPlain,
    reason: `case when not (${isUsable}) then '${NULL_FEATURE}' end`,
    values: [{ name: PREDICTION, sql: `case when ${isPlain} then ${sum} else (d.b${terms.join("")}) end` }],
  };
}
