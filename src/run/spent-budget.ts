import type { FailureTally } from "./failure-tally.ts";
import { FAILED_STATES } from "./failure-tally.ts";

/** How many partitions may fail before a run stops: a number of them, or a share of all. */
type Budget = { readonly partitions: number } | { readonly share: number };

/** Causes that the message names. */
const NAMED_CAUSES = 3;

/** Characters of a cause's message in that of the budget. */
const QUOTED_LENGTH = 200;

/** How many of the partitions of a run may fail, time out or be lost: of a share the whole number below or at it. */
export function allowedFailures(budget: Budget, partitions: number): number {
  if ("partitions" in budget) return budget.partitions;
  // 0.29 × 100 is a little less than 29.
  return Math.floor(Number((budget.share * partitions).toPrecision(12)));
}

/** What a spent budget is told with. */
export interface SpentBudget {
  readonly budget: Budget;
  /** Of the whole run. */
  readonly partitions: number;
  /** Name of the run. */
  readonly run: string;
  /** The key of a partition as text for people, such as `store=3`. */
  readonly keyOf: (partition: number) => string;
}

/**
 * Why a run stops whose failures are more than its budget, null while they are not:
 * `11 of 1,000 partitions failed, --max-failed allows 10: 9 × trainer_threw "cannot fit" (store=3; store=7; store=9)`.
 */
export function spentBudgetText(tally: FailureTally, spent: SpentBudget): string | null {
  const { budget, partitions, run } = spent;
  const allowed = allowedFailures(budget, partitions);
  if (tally.failed <= allowed) return null;
  const option = "share" in budget ? ` ${Number((budget.share * 100).toPrecision(12))}%` : "";
  const head = `${count(tally.failed)} of ${count(partitions)} partitions failed${statesText(tally)}`;
  const causes = `--max-failed${option} allows ${count(allowed)}: ${causesText(tally, spent.keyOf)}`;
  return `${head}, ${causes}; run ${run} is not committed`;
}

/** `failed` is said of all; what is more exact follows where it is not the same. */
function statesText({ counts, failed }: FailureTally): string {
  if (counts.failed === failed) return "";
  const states = FAILED_STATES.filter((state) => counts[state] > 0);
  return ` (${states.map((state) => `${count(counts[state])} ${state.replace("_", " ")}`).join(", ")})`;
}

function causesText(tally: FailureTally, keyOf: (partition: number) => string): string {
  const named = tally.causes(NAMED_CAUSES);
  const texts = named.map(({ code, message, partitions, examples }) => {
    const keys = examples.map(keyOf);
    if (partitions > examples.length) keys.push("…");
    const quoted = message === "" ? "" : ` ${JSON.stringify(shortened(message))}`;
    return `${count(partitions)} × ${code}${quoted} (${keys.join("; ")})`;
  });
  const others = tally.failed - named.reduce((sum, cause) => sum + cause.partitions, 0);
  if (others > 0) texts.push(`and ${count(others)} more for other causes`);
  return texts.join(", ");
}

function shortened(message: string): string {
  const characters = [...message];
  return characters.length <= QUOTED_LENGTH ? message : `${characters.slice(0, QUOTED_LENGTH).join("")}…`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
