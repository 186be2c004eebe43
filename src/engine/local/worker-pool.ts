import type { ManyfitError } from "../../errors.ts";
import type { EngineMessage, WorkerInit, WorkerMessage } from "../../protocol/message.ts";

/** What a worker is given to work on. */
export type TaskMessage = Extract<EngineMessage, { readonly type: "data" | "files" | "score" }>;

/** What every worker of a pool is told at its start; the pool adds version and number. */
export type PoolInit = Omit<WorkerInit, "version" | "worker">;

/** How a worker ended that nobody ended. */
export interface WorkerDeath {
  /** Such as `worker 1 ended by signal SIGKILL`. */
  readonly cause: string;
  /** The last lines that it wrote to standard error; empty when there are none. */
  readonly lastWords: string;
}

/** Who is told what the workers of a pool do. Nothing is told after the pool was closed. */
export interface WorkerPoolListener {
  onMessage(worker: number, message: Exclude<WorkerMessage, { readonly type: "broken" }>): void;
  /** A worker is dead, and all that it said before was told. `restart` gives its number a new one. */
  onDeath(worker: number, death: WorkerDeath): void;
  /** The pool cannot go on, and is of no use afterwards. */
  onFailure(error: ManyfitError): void;
}

/** Some workers, numbered from 0, that all run one job's trainer. Must be closed. */
export interface WorkerPool {
  readonly size: number;
  /** Gives a worker something to do; its messages answer it. Messages are worked on in the order in which they came. */
  send(worker: number, message: TaskMessage): void;
  /**
   * Whether workers have to wait with what they say. Some messages may come all the same, so that this bounds what waits,
   * and stops nothing at once.
   */
  hold(isHeld: boolean): void;
  /** Starts a fresh worker in the place of a dead one. */
  restart(worker: number): void;
  /** Ends all workers, whatever they are at, and waits until they are gone. */
  close(): Promise<void>;
}
