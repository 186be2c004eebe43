import { ManyfitError } from "../errors.ts";

/** A process that is asked one question. */
export interface AskedProcess {
  /** Ends it, whatever it is at, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Who is told how the question ends; the first word counts. */
export interface AskListener<Answer> {
  onAnswer(answer: Answer): void;
  /** The process ended before it answered; the last words may be empty. */
  onEnd(end: { readonly cause: string; readonly lastWords: string }): void;
  /** There is no answer: something is wrong with the trainer, or with the machine. */
  onFailure(error: ManyfitError): void;
}

/** How a trainer is asked. */
export interface Question<Answer> {
  /** What messages call the trainer, such as `trainer ./train.py`. */
  readonly name: string;
  /** Milliseconds that it may take. */
  readonly withinMs: number;
  /** Starts the process and asks it. */
  readonly start: (listener: AskListener<Answer>) => AskedProcess;
}

/**
 * Asks a process that is ended afterwards: loading a trainer runs code of the user's. When the signal is aborted its reason
 * is thrown.
 * @throws ManyfitError `trainer_invalid` where it ends without an answer, or does not give one in time.
 */
export async function askTrainer<Answer>(
  { name, withinMs, start }: Question<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  let tooLate: NodeJS.Timeout | undefined;
  let asked: AskedProcess | undefined;
  let stop = (): void => undefined;
  try {
    return await new Promise<Answer>((onAnswer, fail) => {
      stop = () => fail(signal.reason);
      signal.addEventListener("abort", stop);
      if (signal.aborted) return stop();
      asked = start({
        onAnswer,
        onFailure: fail,
        onEnd: ({ cause, lastWords }) => {
          const text = lastWords === "" ? cause : `${cause}: ${lastWords}`;
          fail(new ManyfitError("trainer_invalid", `${name} could not be loaded: ${text}`));
        },
      });
      tooLate = setTimeout(() => fail(loadedTooLate(name, withinMs)), withinMs);
    });
  } finally {
    clearTimeout(tooLate);
    signal.removeEventListener("abort", stop);
    await asked?.kill();
  }
}

/** What is said of a trainer that is not loaded in time; `where` is such as ` in worker 0`. */
export function loadedTooLate(name: string, withinMs: number, where = ""): ManyfitError {
  const text = `${name} did not load within ${withinMs / 1000} s${where}: what runs while it is imported must come to an end`;
  return new ManyfitError("trainer_invalid", text);
}
