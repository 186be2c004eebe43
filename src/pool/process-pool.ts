import { errorFrom, ManyfitError } from "../errors.ts";
import { PROTOCOL_VERSION, type WorkerMessage } from "../protocol/message.ts";
import type { WorkerEntry } from "../worker/worker-entry.ts";
import { brokenResult } from "./broken-result.ts";
import type { WorkerEnd } from "./worker-end.ts";
import type { PoolInit, TaskMessage, WorkerPool, WorkerPoolListener } from "./worker-pool.ts";
import { WorkerProcess } from "./worker-process.ts";

/** What the processes of a pool run. */
export interface ProcessPoolOptions {
  /** What is run. */
  readonly entry: WorkerEntry;
  readonly init: PoolInit;
  /** Bytes that V8 is told to keep below. Default: null, what V8 takes by itself. */
  readonly memoryBytes?: number | null;
}

/**
 * Workers that are processes of their own, so that whatever a trainer does to its process, it does to one worker. A
 * worker whose messages cannot be read is ended, and counts as dead; so is one that cannot go on after it began a
 * partition, because the trainer may have changed what all code of its process uses.
 */
export class ProcessPool implements WorkerPool {
  readonly size: number;
  readonly #options: ProcessPoolOptions;
  readonly #listener: WorkerPoolListener;
  readonly #workers: WorkerProcess[] = [];
  /** Those that have loaded their trainer. */
  readonly #ready = new WeakSet<WorkerProcess>();
  #isHeld = false;
  #isClosed = false;

  /**
   * Starts `size` processes.
   * @throws ManyfitError `worker_failed` where the system does not give so many; none is left then.
   */
  constructor(size: number, options: ProcessPoolOptions, listener: WorkerPoolListener) {
    this.size = size;
    this.#options = options;
    this.#listener = listener;
    try {
      for (let worker = 0; worker < size; worker++) this.#workers.push(this.#start(worker));
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  send(worker: number, message: TaskMessage): void {
    this.#workers[worker]!.send(message);
  }

  restart(worker: number): void {
    if (this.#isClosed) return;
    try {
      this.#workers[worker] = this.#start(worker);
    } catch (error) {
      this.#listener.onFailure(errorFrom(error));
    }
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    for (const worker of this.#workers) worker.hold(isHeld);
  }

  pidOf(worker: number): number | null {
    return this.#workers[worker]?.pid ?? null;
  }

  isLoading(worker: number): boolean {
    const process = this.#workers[worker];
    return process !== undefined && !this.#ready.has(process);
  }

  end(worker: number, end: WorkerEnd): void {
    this.#workers[worker]?.end(end);
  }

  giveUp(worker: number, offence: string, details: string): boolean {
    this.#workers[worker]?.giveUp(offence, details);
    return true;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#workers.map((worker) => worker.kill()));
  }

  #start(worker: number): WorkerProcess {
    const listener = this.#listener;
    const { entry, init, memoryBytes = null } = this.#options;
    let hasBegun = false;
    const onMessage = (message: WorkerMessage): void => {
      const problem = message.type === "result" ? brokenResult(message.batch) : null;
      if (message.type === "ready") this.#ready.add(started);
      else if (problem !== null) started.giveUp("sent a result that makes no sense", problem);
      else if (message.type !== "broken") {
        hasBegun ||= message.type === "started";
        listener.onMessage(worker, message);
      } else if (hasBegun) started.giveUp("could not go on", message.message);
      else listener.onFailure(new ManyfitError(message.code, message.message));
    };
    const started = new WorkerProcess(
      `worker ${worker}`,
      entry,
      {
        onMessage,
        onDeath: (death) => listener.onDeath(worker, death),
        onFailure: (error) => listener.onFailure(error),
      },
      memoryBytes,
    );
    started.hold(this.#isHeld);
    started.send({ type: "init", version: PROTOCOL_VERSION, worker, ...init });
    return started;
  }
}
