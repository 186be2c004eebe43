import { Worker } from "node:worker_threads";
import { ManyfitError } from "../../errors.ts";
import type { ResolvedJob } from "../../job/resolved-job.ts";
import { type EngineMessage, PROTOCOL_VERSION, type WorkerMessage } from "../../protocol/message.ts";
import type { ResultBatch } from "../../run/result-batch.ts";

/** Who is told what the threads do. */
export interface ThreadPoolListener {
  onResult(worker: number, batch: ResultBatch): void;
  /** A thread cannot go on; the pool is of no use afterwards. */
  onFailure(error: ManyfitError): void;
}

/** Worker threads that all run one job's trainer. Must be closed. */
export class ThreadPool {
  readonly size: number;
  readonly #threads: Worker[];
  #isClosing = false;

  constructor(size: number, threadEntry: string, job: ResolvedJob, listener: ThreadPoolListener) {
    this.size = size;
    this.#threads = Array.from({ length: size }, (_, worker) => {
      const thread = new Worker(threadEntry);
      this.#listen(thread, worker, listener);
      const init: EngineMessage = {
        type: "init",
        version: PROTOCOL_VERSION,
        worker,
        trainer: job.trainer,
        columns: job.trainerColumns,
      };
      thread.postMessage(init);
      return thread;
    });
  }

  /** Gives a thread something to do; it is answered by `onResult`. */
  send(worker: number, message: Extract<EngineMessage, { type: "data" }>): void {
    this.#threads[worker]!.postMessage(message);
  }

  /** Ends all threads, whatever they are at. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #listen(thread: Worker, worker: number, listener: ThreadPoolListener): void {
    thread.on("message", (message: WorkerMessage) => {
      if (message.type === "result") listener.onResult(worker, message.batch);
      else listener.onFailure(new ManyfitError(message.code, message.message));
    });
    thread.on("error", (cause: Error) => {
      listener.onFailure(
        new ManyfitError("worker_failed", `worker ${worker} failed: ${cause.message}`, { cause }),
      );
    });
    thread.on("messageerror", (cause: Error) => {
      listener.onFailure(
        new ManyfitError("worker_failed", `worker ${worker} sent what cannot be read: ${cause.message}`, {
          cause,
        }),
      );
    });
    thread.on("exit", (code) => {
      if (this.#isClosing) return;
      listener.onFailure(
        new ManyfitError("worker_failed", `worker ${worker} ended early, with code ${code}`),
      );
    });
  }
}
