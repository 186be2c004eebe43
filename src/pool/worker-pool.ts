import type { ManyfitError } from "../errors.ts";
import type { EngineMessage, WorkerInit, WorkerMessage } from "../protocol/message.ts";
import type { WorkerEnd } from "./worker-end.ts";

/** What a worker is given to work on. */
export type TaskMessage = Extract<EngineMessage, { readonly type: "data" | "stored" | "files" | "score" }>;

/** What every worker of a pool is told at its start; the pool adds version and number. */
export type PoolInit = Omit<WorkerInit, "version" | "worker">;

/** How a worker ended before its time. */
export interface WorkerDeath {
  /** Such as `worker 1 ended by signal SIGKILL`. */
  readonly cause: string;
  /** What the worker is called in messages, such as `worker 1`. */
  readonly name: string;
  /** The last lines that it wrote to standard error; empty when there are none, or when it was the pool that ended it. */
  readonly lastWords: string;
  /** Why it was ended; null where nobody did. */
  readonly end: WorkerEnd | null;
}

/** What a pool passes on of what its workers say; the rest is its own matter. */
export type PoolMessage = Exclude<WorkerMessage, { readonly type: "broken" | "ready" }>;

/** Who is told what the workers of a pool do. Nothing is told after the pool was closed. */
export interface WorkerPoolListener {
  onMessage(worker: number, message: PoolMessage): void;
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
  /** Process of a worker; null where it has none of its own, or none any more. */
  pidOf(worker: number): number | null;
  /** Whether a worker has still to load its trainer. */
  isLoading(worker: number): boolean;
  /** Ends a worker, whatever it is at. Its death is told with this reason, after all that it said before. */
  end(worker: number, end: WorkerEnd): void;
  /**
   * Ends a worker whose answers cannot be right, as `end` does, where code of the user's may have spoilt them; else false, and
   * nothing is done.
   */
  giveUp(worker: number, offence: string, details: string): boolean;
  /** Ends all workers, whatever they are at, and waits until they are gone. */
  close(): Promise<void>;
}
