import { createRequire } from "node:module";
import { decodeKey } from "../key/decode-key.ts";
import { displayKey } from "../key/display-key.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { WorkerEntry } from "../worker/worker-entry.ts";
import { Dispatcher, type DispatcherOptions, type Happening } from "./dispatcher.ts";
import { LogLimit } from "./log-limit.ts";
import { ProcessPool } from "./process-pool.ts";
import { PythonPool } from "./python-pool.ts";
import type { PythonReserve } from "./python-reserve.ts";
import { Supervisor } from "./supervisor.ts";
import { ThreadPool } from "./thread-pool.ts";
import { WorkQueue } from "./work-queue.ts";
import type { WorkerLimits } from "./worker-options.ts";
import type { PoolInit, WorkerPool, WorkerPoolListener } from "./worker-pool.ts";

/** What work is done on. */
export interface PoolWork {
  /** Workers, at least 1: threads for estimators, processes for modules. */
  readonly size: number;
  /** What threads run. */
  readonly threadEntry: WorkerEntry;
  /** What processes run. Default: that of this package. */
  readonly processEntry?: WorkerEntry;
  readonly init: PoolInit;
  /** Python children that were started before. Default: null. */
  readonly reserve?: PythonReserve | null;
  readonly resultSchema: ResultSchema;
  readonly limits: WorkerLimits;
  readonly signal: AbortSignal;
  /** A worker leaves a file to the engine, which has to add its rows. */
  readonly onDeclined?: DispatcherOptions["onDeclined"];
  /** Adds all work, and finishes the dispatcher. What it throws ends everything. */
  readonly produce: (dispatcher: Dispatcher, results: WorkQueue<Happening>) => Promise<void>;
  /** Makes `produce` come to an end at once, if it still goes on. */
  readonly stopProducing: () => void;
}

/**
 * Has work done by workers while it is produced, and gives all that happens, in the order in which it does. Processes are
 * held to their limits; threads have none, and tell nothing of what they begin.
 */
export async function* workOnPool(work: PoolWork): AsyncGenerator<Happening, void, undefined> {
  const { signal, resultSchema, onDeclined } = work;
  const results = new WorkQueue<Happening>();
  const keyText = (keyBytes: Uint8Array | null): string | null => keyTextOf(work.init, keyBytes);
  const dispatcher = new Dispatcher({
    results,
    resultSchema,
    ...(onDeclined === undefined ? {} : { onDeclined }),
    onLogged: logInto(results, keyText),
  });
  const pool = startPool(work, dispatcher);
  dispatcher.attach(pool);
  const supervisor = new Supervisor({
    dispatcher,
    pool,
    limits: work.limits,
    keyText,
    onSlow: (event) => results.push(event),
  });
  const produced = work.produce(dispatcher, results);
  produced.catch((error: unknown) => results.fail(error));
  const stop = (): void => results.fail(signal.reason);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    yield* results.drain(() => dispatcher.advance());
  } finally {
    signal.removeEventListener("abort", stop);
    supervisor.stop();
    dispatcher.stop();
    work.stopProducing();
    await Promise.allSettled([produced, pool.close()]);
  }
}

/** Text of a partition's key, for people; null where its trainer does not see keys. */
function keyTextOf({ keyFields }: PoolInit, keyBytes: Uint8Array | null): string | null {
  if (keyBytes === null) return null;
  const types = keyFields.map((field) => field.type);
  return displayKey(keyFields, decodeKey(types, keyBytes));
}

/** Makes events of what is printed, and cuts what is too much. */
function logInto(
  results: WorkQueue<Happening>,
  keyText: (keyBytes: Uint8Array | null) => string | null,
): NonNullable<DispatcherOptions["onLogged"]> {
  const logs = new LogLimit();
  return ({ task, partition, stream, text: printed }, keyBytes) => {
    const text = logs.cut(partition, printed);
    if (text === "") return;
    const key = keyText(keyBytes);
    results.push({ type: "trainer.logged", atMs: Date.now(), task, partition, key, stream, text });
  };
}

function startPool(
  { size, threadEntry, processEntry, init, limits, reserve = null }: PoolWork,
  listener: WorkerPoolListener,
): WorkerPool {
  if (init.trainer.kind === "python")
    return new PythonPool(size, { entry: threadEntry, reserve }, init, listener);
  if (init.trainer.kind === "estimator") return new ThreadPool(size, threadEntry, init, listener);
  const entry = processEntry ?? createRequire(import.meta.url).resolve("#worker-process");
  return new ProcessPool(size, { entry, init, memoryBytes: limits.memoryBytes }, listener);
}
