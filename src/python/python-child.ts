import { createRequire } from "node:module";
import type { ManyfitError } from "../errors.ts";
import { FramedProcess, lastWordsOf, type ProcessEnd } from "../protocol/framed-process.ts";
import type { FromPython, ToPython } from "../protocol/python-message.ts";

/** What a Python child is started with. */
export interface PythonCommand {
  /** What messages call it, such as `worker 1`. */
  readonly name: string;
  /** The interpreter. */
  readonly python: string;
  /** Threads that libraries of linear algebra may use: 1, because workers share the cores already. */
  readonly blasThreads: number;
  /** The program that it runs. Default: that of this package. */
  readonly host?: string;
}

/** Who is told what a Python child does. */
export interface PythonChildListener {
  onMessage(message: FromPython): void;
  /** Code that is not Python's wrote to standard output or error. */
  onPrinted(stream: "stdout" | "stderr", text: string): void;
  /** It has ended without being asked to, and all that it said was told. */
  onEnd(end: ProcessEnd): void;
  /** There is none, or a message cannot be sent. */
  onFailure(error: ManyfitError): void;
}

/** Names of the variables that libraries of linear algebra take their number of threads from. */
const THREAD_VARIABLES = [
  "OMP_NUM_THREADS",
  "OPENBLAS_NUM_THREADS",
  "MKL_NUM_THREADS",
  "NUMEXPR_NUM_THREADS",
  "VECLIB_MAXIMUM_THREADS",
  "BLIS_NUM_THREADS",
];

/** A Python process that fits and predicts, and is told what by frames. */
export class PythonChild {
  readonly #process: FramedProcess;

  /** @throws ManyfitError `worker_failed` where the system has no descriptors for its pipes. */
  constructor({ name, python, blasThreads, host }: PythonCommand, listener: PythonChildListener) {
    const program = host ?? createRequire(import.meta.url).resolve("#python-host");
    const command = {
      ...{ name, file: python, args: ["-X", "utf8", program] },
      env: environmentFor(blasThreads),
    };
    this.#process = new FramedProcess(command, {
      onMessage: (message) => this.#hear(message as FromPython, listener),
      onPrinted: (stream, text) => listener.onPrinted(stream, text),
      onEnd: (end) => listener.onEnd({ ...end, lastWords: lastWordsOf(usersFrames(end.heardWords)) }),
      onFailure: (error) => listener.onFailure(error),
    });
  }

  /** Its process; null where there is none any more. */
  get pid(): number | null {
    return this.#process.pid;
  }

  /** Gives it a message. */
  send(message: ToPython): void {
    this.#process.send(message);
  }

  /** Whether what it says is left in its pipe. */
  hold(isHeld: boolean): void {
    this.#process.hold(isHeld);
  }

  /** Ends it, whatever it is at, and waits until it is gone. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  #hear(message: FromPython, listener: PythonChildListener): void {
    if (message.type === "logged" && message.stream === "stderr") this.#process.remember(message.text);
    listener.onMessage(message);
  }
}

/** What Python writes when native code ends it: a stack whose outer frames are manyfit's, and a list of modules. */
const HOST_FRAME = /^ {2}File ".*manyfit_host.[^"]*", line \d+ in .*\n?/gm;
const MODULES = /^Extension modules: .*\n?/gm;

function usersFrames(words: string): string {
  return words.replace(HOST_FRAME, "").replace(MODULES, "");
}

/** Hashes of texts are the same in every process, and what is printed comes at once. */
function environmentFor(blasThreads: number): NodeJS.ProcessEnv {
  const threads = Object.fromEntries(THREAD_VARIABLES.map((name) => [name, String(blasThreads)]));
  return {
    MPLBACKEND: "Agg",
    ...process.env,
    ...threads,
    LOKY_MAX_CPU_COUNT: "1",
    PYTHONHASHSEED: "0",
    PYTHONUNBUFFERED: "1",
  };
}
