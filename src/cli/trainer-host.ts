import { writeSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { EXIT } from "./report-error.ts";

/** What a trainer in this process must not disturb. */
export interface TrainerHostOptions {
  /** Takes what the trainer prints on standard output, which is for results alone. */
  readonly print: (text: string) => void;
  /** What is under way, and what is left when the process ends meanwhile: `the run`, `nothing is committed`. */
  readonly work: readonly [what: string, left: string];
  /** Aborted when the process is being ended by its user, who need not be told. */
  readonly stop: AbortSignal;
}

let hasHosted = false;

/** Whether a trainer ran in this process: what it left running, such as a timer, must not keep the process alive. */
export function hasHostedTrainer(): boolean {
  return hasHosted;
}

/**
 * Keeps this process in order while a trainer of the user's runs in it (`--workers 0`): what it prints goes beside the
 * results, and when it ends the process the exit code is that of a failure, with the reason. What it gives ends that.
 */
export function hostTrainer({ print, work: [what, left], stop }: TrainerHostOptions): () => void {
  hasHosted = true;
  process.setSourceMapsEnabled(true);
  const restore = divertStandardOutput(print);
  const fail = (message: string): void => {
    process.off("exit", onExit);
    if (!stop.aborted) tell(message);
    process.exit(stop.aborted ? EXIT.interrupted : EXIT.failed);
  };
  const onExit = (code: number): void => {
    if (stop.aborted) return;
    process.exitCode = EXIT.failed;
    tell(
      `trainer ended the process (exit code ${code}), and ${what} with it; ${left}; in a worker, without --workers 0, that costs one partition`,
    );
  };
  const onIdle = (): void => fail(`trainer waits for what never comes, and ${what} with it; ${left}`);
  const onThrown = (error: unknown): void =>
    fail(`trainer threw where nobody could catch it, and ended ${what}; ${left}: ${textOf(error)}`);
  const listeners = { exit: onExit, beforeExit: onIdle, uncaughtException: onThrown };
  for (const [event, listener] of Object.entries(listeners)) process.once(event, listener);
  return () => {
    restore();
    for (const [event, listener] of Object.entries(listeners)) process.off(event, listener);
  };
}

/** The process is about to end: only what is written at once is written. */
function tell(message: string): void {
  writeSync(process.stderr.fd, `manyfit: ${message}\n`);
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function divertStandardOutput(print: (text: string) => void): () => void {
  const { stdout } = process;
  const write = stdout.write;
  const decoder = new StringDecoder("utf8");
  stdout.write = (chunk: string | Uint8Array, encodingOrDone?: unknown, done?: unknown): boolean => {
    const encoding = typeof encodingOrDone === "string" ? (encodingOrDone as BufferEncoding) : "utf8";
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : Buffer.from(chunk);
    print(decoder.write(bytes));
    const callback = typeof encodingOrDone === "function" ? encodingOrDone : done;
    if (typeof callback === "function") process.nextTick(callback as () => void);
    return true;
  };
  return () => {
    stdout.write = write;
  };
}
