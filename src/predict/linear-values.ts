import type { RowValues } from "./predicted-rows.ts";

/** Name of the column of a linear model's predictions. */
export const PREDICTION = "prediction";

/**
 * What linear models predict: the intercept, and coefficient × feature added to it in the order of the features. An
 * aliased coefficient counts as 0 and its feature is not looked at, as in R's `predict.lm`.
 */
export function linearValues(featureCount: number): RowValues {
  const features = Array.from({ length: featureCount }, (_, i) => i);
  const isUsable = features.map((i) => `(d.b${i} is null or isfinite(r.c${i}))`).join(" and ") || "true";
  const terms = features.map((i) => ` + case when d.b${i} is null then 0 else d.b${i} * r.c${i} end`);
  return {
    join: "",
    reason: `case when not (${isUsable}) then 'null_feature' end`,
    values: [{ name: PREDICTION, sql: `(d.b${terms.join("")})` }],
  };
}
