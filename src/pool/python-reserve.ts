import { ManyfitError } from "../errors.ts";
import type { PrestartMessage, PythonHostMessage, WorkerMessage } from "../protocol/message.ts";
import type { PythonDescription } from "../protocol/python-message.ts";
import type { AskedProcess, AskListener } from "./ask-trainer.ts";
import { PythonThread } from "./python-thread.ts";

/** What is asked of the first child, and which trainer all of them load. */
export type PrestartQuestion = Omit<PrestartMessage, "type" | "name" | "schema"> & {
  readonly schema: NonNullable<PrestartMessage["schema"]>;
};

/**
 * Threads whose Python children are started before the job is settled: the first says what the trainer reads, the others load
 * it meanwhile, and all become workers. To start Python with its packages takes longer than many a run.
 */
export class PythonReserve {
  readonly #entry: string;
  readonly #threads = new Map<number, PythonThread>();
  readonly #ending: Promise<unknown>[] = [];

  /** `entry` is the module that threads run. */
  constructor(entry: string) {
    this.#entry = entry;
  }

  /** Starts so many children, and asks the first of them. Where it is ended for its answer, all of them are. */
  ask(question: PrestartQuestion, size: number, listener: AskListener<PythonDescription>): AskedProcess {
    let isAnswered = false;
    const hear = (message: WorkerMessage | PythonHostMessage): void => {
      if (message.type === "answered") {
        isAnswered = true;
        listener.onAnswer(message.description);
      } else if (message.type === "broken")
        listener.onFailure(new ManyfitError(message.code, message.message));
      else if (message.type === "ended") listener.onEnd(message.end);
    };
    const fail = (problem: string, cause?: Error): void =>
      listener.onFailure(new ManyfitError("worker_failed", `worker 0 ${problem}`, { cause }));
    for (let worker = 0; worker < size; worker++) {
      const isAsked = worker === 0;
      this.#start(
        worker,
        { ...question, schema: isAsked ? question.schema : null },
        isAsked ? hear : null,
        fail,
      );
    }
    return { kill: () => (isAnswered ? Promise.resolve() : this.close()) };
  }

  /** The thread that was started to be this worker; null where there is none, or its child is gone. */
  take(worker: number): PythonThread | null {
    const thread = this.#threads.get(worker) ?? null;
    this.#threads.delete(worker);
    return thread;
  }

  /** Ends what nobody took, and waits until it is gone. */
  async close(): Promise<void> {
    for (const thread of this.#threads.values()) this.#ending.push(thread.leave());
    this.#threads.clear();
    await Promise.all(this.#ending);
  }

  #start(
    worker: number,
    question: Omit<PrestartMessage, "type" | "name">,
    hear: ((message: WorkerMessage | PythonHostMessage) => void) | null,
    fail: (problem: string, cause?: Error) => void,
  ): void {
    const forget = (): void => {
      const thread = this.take(worker);
      if (thread !== null) this.#ending.push(thread.terminate());
    };
    const thread = new PythonThread(this.#entry, {
      onMessage: (message) => {
        hear?.(message);
        // The pool starts another, and says what is wrong with it. `broken` is a child that was never there.
        if (message.type === "ended" || (message.type === "broken" && hear === null)) forget();
      },
      onProblem: (problem, cause) => {
        forget();
        if (hear !== null) fail(problem, cause);
      },
    });
    this.#threads.set(worker, thread);
    thread.post({ type: "prestart", name: `worker ${worker}`, ...question });
  }
}
