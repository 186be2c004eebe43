import type { FailureBudget, Manifest, PlanRules } from "../index.ts";
import { quoteText } from "../key/quote-text.ts";
import { formatQuantity } from "./format-number.ts";
import { formatDuration, formatShare } from "./format-unit.ts";

const NULL_RULES = {
  drop: "rows with NULL, NaN or an infinity are dropped",
  keep: "rows with NULL, NaN or an infinity are kept",
  fail: "NULL, NaN or an infinity is a failure",
} as const;

const HELD_OUT = { random: "chosen by the seed", last: "the last" } as const;

/** What a run was told of rows, partitions and failures, each as a text; nothing where it was told nothing. */
export function ruleTexts({ nulls, holdout, orderBy, limit, timeoutMs, maxFailed }: PlanRules): string[] {
  return [
    ...(nulls === null ? [] : [NULL_RULES[nulls]]),
    ...(holdout === null
      ? []
      : [`${holdout.share} of each partition's rows held out, ${HELD_OUT[holdout.rows]}`]),
    ...(orderBy.length === 0 ? [] : [`rows ordered by ${orderBy.map(quoteText).join(", ")}`]),
    ...(limit === null ? [] : [`the first ${formatQuantity(limit, "partition")} in key order`]),
    ...(timeoutMs === null ? [] : [`${formatDuration(timeoutMs)} for each fit`]),
    ...(maxFailed === null ? [] : [`stops when more than ${budgetText(maxFailed)}`]),
  ];
}

/** The rules of a run that was made, as its plan had them. */
export function rulesOfRun({ job }: Pick<Manifest, "job">): PlanRules {
  const { policy, rowPolicy, orderBy, limit } = job;
  const { nulls, timeoutMs, maxFailed } = policy;
  return { nulls, holdout: rowPolicy.holdout, orderBy, limit, timeoutMs, maxFailed };
}

function budgetText(budget: FailureBudget): string {
  if ("share" in budget) return `${shareText(budget.share)} fail`;
  return `${formatQuantity(budget.partitions, "partition")} ${budget.partitions === 1 ? "fails" : "fail"}`;
}

/** A share as it was told: 0.5 % is not rounded to 1 %. */
function shareText(share: number): string {
  const percent = Number((share * 100).toPrecision(6));
  return Number.isInteger(percent) ? formatShare(share) : `${percent} %`;
}
