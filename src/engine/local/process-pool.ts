import { errorFrom, ManyfitError } from "../../errors.ts";
import { PROTOCOL_VERSION } from "../../protocol/message.ts";
import type { PoolInit, TaskMessage, WorkerPool, WorkerPoolListener } from "./worker-pool.ts";
import { WorkerProcess } from "./worker-process.ts";

/**
 * Workers that are processes of their own, so that whatever a trainer does to its process, it does to one worker. A
 * worker whose messages cannot be read is ended, and counts as dead.
 */
export class ProcessPool implements WorkerPool {
  readonly size: number;
  readonly #entry: string;
  readonly #init: PoolInit;
  readonly #listener: WorkerPoolListener;
  readonly #workers: WorkerProcess[] = [];
  #isHeld = false;
  #isClosed = false;

  /**
   * Starts `size` processes that run the module `entry`.
   * @throws ManyfitError `worker_failed` where the system does not give so many; none is left then.
   */
  constructor(size: number, entry: string, init: PoolInit, listener: WorkerPoolListener) {
    this.size = size;
    this.#entry = entry;
    this.#init = init;
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

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#workers.map((worker) => worker.kill()));
  }

  #start(worker: number): WorkerProcess {
    const listener = this.#listener;
    const started = new WorkerProcess(`worker ${worker}`, this.#entry, {
      onMessage: (message) => {
        if (message.type === "broken") listener.onFailure(new ManyfitError(message.code, message.message));
        else listener.onMessage(worker, message);
      },
      onDeath: (death) => listener.onDeath(worker, death),
      onFailure: (error) => listener.onFailure(error),
    });
    started.hold(this.#isHeld);
    started.send({ type: "init", version: PROTOCOL_VERSION, worker, ...this.#init });
    return started;
  }
}
