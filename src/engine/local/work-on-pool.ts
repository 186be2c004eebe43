import { createRequire } from "node:module";
import type { ResultSchema } from "../../run/result-schema.ts";
import { Dispatcher, type DispatcherOptions, type Happening } from "./dispatcher.ts";
import { LogLimit } from "./log-limit.ts";
import { ProcessPool } from "./process-pool.ts";
import { ThreadPool } from "./thread-pool.ts";
import { WorkQueue } from "./work-queue.ts";
import type { WorkerLimits } from "./worker-options.ts";
import type { PoolInit, WorkerPool, WorkerPoolListener } from "./worker-pool.ts";

/** What work is done on. */
export interface PoolWork {
  /** Workers, at least 1: threads for estimators, processes for modules. */
  readonly size: number;
  /** Path of the module that threads run. */
  readonly threadEntry: string;
  readonly init: PoolInit;
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

/** Has work done by workers while it is produced, and gives all that happens, in the order in which it does. */
export async function* workOnPool(work: PoolWork): AsyncGenerator<Happening, void, undefined> {
  const { signal, resultSchema, onDeclined } = work;
  const results = new WorkQueue<Happening>();
  const logs = new LogLimit();
  const dispatcher = new Dispatcher({
    results,
    resultSchema,
    ...(onDeclined === undefined ? {} : { onDeclined }),
    onLogged: (_, { task, partition, stream, text }) => {
      const kept = logs.cut(partition, text);
      if (kept !== "")
        results.push({
          type: "trainer.logged",
          atMs: Date.now(),
          task,
          partition,
          key: null,
          stream,
          text: kept,
        });
    },
  });
  const pool = startPool(work, dispatcher);
  dispatcher.attach(pool);
  const produced = work.produce(dispatcher, results);
  produced.catch((error: unknown) => results.fail(error));
  const stop = (): void => results.fail(signal.reason);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    yield* results.drain(() => dispatcher.advance());
  } finally {
    signal.removeEventListener("abort", stop);
    dispatcher.stop();
    work.stopProducing();
    await Promise.allSettled([produced, pool.close()]);
  }
}

function startPool({ size, threadEntry, init }: PoolWork, listener: WorkerPoolListener): WorkerPool {
  if (init.trainer.kind === "estimator") return new ThreadPool(size, threadEntry, init, listener);
  const processEntry = createRequire(import.meta.url).resolve("#worker-process");
  return new ProcessPool(size, processEntry, init, listener);
}
