import { CommanderError } from "commander";
import { type ErrorCode, errorFrom, ManyfitError } from "../errors.ts";
import { lineText } from "./safe-text.ts";

/** What a process ends with. */
export const EXIT = { ok: 0, failed: 1, usage: 2, budget: 3, interrupted: 130 } as const;

/** Errors that say that the command line itself was wrong. */
const USAGE_CODES: readonly ErrorCode[] = [
  "invalid_option",
  "unknown_column",
  "unknown_estimator",
  "unsupported_type",
  "trainer_invalid",
];

/** The mark below a place in SQL: on one line it points nowhere. */
const CARET_LINE = /\n[ ]*\^[ ]*$/gm;

/** What a command that threw leaves behind: text for standard error and the exit code. */
export interface ErrorReport {
  /** With its line end; empty when there is nothing to say. */
  readonly text: string;
  readonly exitCode: number;
}

/**
 * The report of anything thrown: one line for what manyfit refuses, and the stack with it where the error is one of
 * manyfit itself or `isDebug`. Help and version are written already, and say nothing more.
 */
export function reportError(thrown: unknown, isDebug: boolean): ErrorReport {
  if (thrown instanceof CommanderError) {
    return { text: "", exitCode: thrown.exitCode === 0 ? EXIT.ok : EXIT.usage };
  }
  const error = errorFrom(thrown);
  const line = `manyfit: ${lineText(error.message.replaceAll(CARET_LINE, ""))}\n`;
  if (error.code === "internal") {
    const ask = "manyfit: this is an error in manyfit itself; please report it with the lines above\n";
    return { text: `${line}${stackOf(error)}\n${ask}`, exitCode: EXIT.failed };
  }
  return { text: isDebug ? `${line}${stackOf(error)}\n` : line, exitCode: exitCodeOf(error) };
}

/**
 * What Commander refuses, as an error of manyfit that says where to read on; help and version as they are. `command`
 * is the words of the command, such as `manyfit train`.
 */
export function usageError(error: CommanderError, command: string): CommanderError | ManyfitError {
  if (error.exitCode === 0 || error.code === "commander.help") return error;
  const message = lineText(error.message)
    .replace(/^error: /, "")
    .replace(/[.]$/, "")
    .replace(/[.] (?=[A-Z])/, "; ")
    .replace(/(?<=[;(] ?)[A-Z]/, (letter) => letter.toLowerCase());
  return new ManyfitError("invalid_option", `${message}; ${command} --help shows what there is`, {
    cause: error,
  });
}

function exitCodeOf({ code }: ManyfitError): number {
  if (code === "interrupted") return EXIT.interrupted;
  if (code === "failure_budget_spent") return EXIT.budget;
  return USAGE_CODES.includes(code) ? EXIT.usage : EXIT.failed;
}

/** The stacks of an error and of what led to it. */
function stackOf(error: Error): string {
  const { cause } = error;
  // The cause of an unexpected error is the error; the wrapper's own stack says nothing.
  const stacks = [error.stack ?? error.message];
  if (cause instanceof Error) stacks.push(`caused by ${stackOf(cause)}`);
  return stacks.join("\n");
}
