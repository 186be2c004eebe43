import { ManyfitError } from "../errors.ts";
import { COLOUR_STYLE, PLAIN_STYLE, type Style, wantsColour } from "./style.ts";

/** Width of a terminal that does not say it. */
const USUAL_WIDTH = 80;

/** Where text for people or programs goes: standard output or standard error. */
export interface Output {
  readonly isTerminal: boolean;
  /** Whether lines can be drawn over: a terminal that is not dumb. */
  readonly canRedraw: boolean;
  readonly style: Style;
  /** Cells of a line: of the terminal, or as `COLUMNS` says; without end on a pipe. */
  width(): number;
  /**
   * Resolves when the text is written: what is awaited never piles up in memory.
   * @throws OutputClosed when nobody reads any more.
   * @throws ManyfitError `run_unwritable` when the system refuses, as on a full disk.
   */
  write(text: string): Promise<void>;
}

/** Both outputs of a command. */
export interface Screen {
  /** Results. */
  readonly out: Output;
  /** Plans, progress and errors: what a person follows while the results come. */
  readonly err: Output;
}

/** Nobody reads the output any more, as after `| head`: the rest need not be computed, and that is no failure. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

/** The outputs of this process. */
export function processScreen(): Screen {
  return { out: createOutput(process.stdout), err: createOutput(process.stderr) };
}

function createOutput(stream: NodeJS.WriteStream): Output {
  const isTerminal = stream.isTTY === true;
  // The failure itself arrives at the write's callback; without a listener it would end the process.
  stream.on("error", () => undefined);
  return {
    isTerminal,
    canRedraw: isTerminal && process.env["TERM"] !== "dumb",
    style: wantsColour(isTerminal, process.env) ? COLOUR_STYLE : PLAIN_STYLE,
    width: () => widthOf(isTerminal ? stream.columns : undefined, isTerminal),
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => {
          if (!error) resolve();
          else if ((error as NodeJS.ErrnoException).code === "EPIPE") reject(new OutputClosed());
          else reject(new ManyfitError("run_unwritable", `output: ${error.message}`, { cause: error }));
        });
      }),
  };
}

function widthOf(columns: number | undefined, isTerminal: boolean): number {
  const told = Number(process.env["COLUMNS"]);
  const limits = [columns ?? 0, told].filter((width) => Number.isInteger(width) && width > 0);
  if (limits.length > 0) return Math.min(...limits);
  return isTerminal ? USUAL_WIDTH : Number.POSITIVE_INFINITY;
}
