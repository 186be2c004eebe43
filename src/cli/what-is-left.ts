import { answeredCount, ManyfitError, type RunState } from "../index.ts";
import { formatCount } from "./format-number.ts";
import { COMMAND } from "./next-steps.ts";
import { DEFAULT_RUNS } from "./run-argument.ts";
import { shellQuote } from "./shell-quote.ts";

/**
 * The error of a run that stopped as its user wants to read it: of an interrupt how far it came, and how to look at what
 * is there. An error of a run that has no folder stays as it is.
 */
export function withWhatIsLeft(error: unknown, state: RunState, out: string): unknown {
  const { run, status, partitions } = state;
  const hasFolder = status === "interrupted" || status === "budget" || status === "failed";
  if (!(error instanceof ManyfitError) || run === null || partitions === null || !hasFolder) return error;
  const name = shellQuote(run) + (out === DEFAULT_RUNS ? "" : ` --out ${shellQuote(out)}`);
  const show = `${COMMAND} show ${name} says what is there`;
  return new ManyfitError(error.code, `${toldError(error, state, partitions)} ${show}`, { cause: error });
}

function toldError({ code, message }: ManyfitError, { counts }: RunState, partitions: number): string {
  if (code === "failure_budget_spent") return `${message};`;
  if (code !== "interrupted") return `${message}; nothing is committed,`;
  const answered = `${formatCount(answeredCount(counts))} of ${formatCount(partitions)} partitions answered`;
  return `${message} with ${answered}; nothing is committed,`;
}
