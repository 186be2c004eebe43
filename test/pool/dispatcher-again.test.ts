import { describe, expect, test } from "vitest";
import { Dispatcher, type Happening } from "../../src/pool/dispatcher.ts";
import { WorkQueue } from "../../src/pool/work-queue.ts";
import type { ResultBatch } from "../../src/run/result-batch.ts";
import { DOCUMENT_SCHEMA } from "../../src/run/result-schema.ts";
import { MortalPool, type MortalStep, type NextFate } from "./mortal-pool.ts";
import { bucketOf, noDeath } from "./play-dispatcher.ts";

/** A dispatcher with some workers, and what came of it up to now. */
function started<Pool extends MortalPool>(
  size: number,
  fate: NextFate,
  Kind: new (...args: ConstructorParameters<typeof MortalPool>) => Pool,
) {
  const results = new WorkQueue<Happening>();
  const dispatcher = new Dispatcher({ results, resultSchema: DOCUMENT_SCHEMA });
  const pool = new Kind(size, dispatcher, fate);
  dispatcher.attach(pool);
  const items: Happening[] = [];
  let error: unknown = null;
  const drained = (async () => {
    for await (const item of results.drain(() => dispatcher.advance())) items.push(item);
  })().catch((thrown: unknown) => {
    error = thrown;
  });
  const soon = (): Promise<void> => new Promise((done) => setImmediate(done));
  return { dispatcher, pool, items, soon, drained, errorOf: () => error };
}

/** Steps of one worker until it has nothing to do. */
function exhaust(pool: MortalPool, worker: number): void {
  while (pool.busy.includes(worker)) pool.step(worker);
}

/** Processes whose answers may be spoilt: who is given up dies with its next step. */
class SpoiltPool extends MortalPool {
  readonly givenUp: string[] = [];
  override giveUp(worker?: number, offence?: string, details?: string): boolean {
    this.givenUp.push(`${offence}: ${details}`);
    this.end(worker!, { kind: "memory_exceeded", usedBytes: 2e9, allowedBytes: 1e9 });
    return true;
  }
}

const OVER_MEMORY = { kind: "memory_exceeded", usedBytes: 2e9, allowedBytes: 1e9 } as const;

describe("a dispatcher whose workers are ended with nothing to do", () => {
  test("goes on where each of them had fitted something", async () => {
    const { dispatcher, pool, items, soon, drained, errorOf } = started(5, noDeath, MortalPool);
    for (let i = 0; i < 5; i++) dispatcher.add(bucketOf(i, 1));
    dispatcher.finish();
    for (let worker = 1; worker < 5; worker++) exhaust(pool, worker);
    // All that have done their work hold too much memory; one fit still goes on.
    for (let worker = 1; worker < 5; worker++) {
      pool.end(worker, OVER_MEMORY);
      pool.step(worker);
    }
    await soon();
    expect(errorOf()).toBe(null);
    exhaust(pool, 0);
    await drained;
    expect(errorOf()).toBe(null);
    expect(items.filter((item) => item.type === "result.batch").length).toBe(5);
  });
});

describe("a dispatcher that gives a task out again whole", () => {
  test("gives it to the fresh worker, and that nothing else, whoever else has time", async () => {
    let hasDied = false;
    const dieOnce = ({ worker, at }: MortalStep) => {
      if (worker !== 1 || at !== "task" || hasDied) return "work";
      hasDied = true;
      return "die";
    };
    const { dispatcher, pool, soon } = started(2, dieOnce, MortalPool);
    dispatcher.add(bucketOf(0, 1));
    dispatcher.add(bucketOf(1, 1));
    exhaust(pool, 0);
    await soon();
    pool.step(1);
    expect(pool.sent.map(({ worker, message: { task, attempt } }) => [worker, task, attempt])).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      [1, 1, 1],
    ]);
    for (let i = 2; i < 6; i++) dispatcher.add(bucketOf(i, 1));
    expect(pool.sent.filter(({ worker }) => worker === 1).length).toBe(2);
    exhaust(pool, 1);
    expect(pool.sent.filter(({ worker }) => worker === 1).length).toBeGreaterThan(2);
  });
});

describe("a dispatcher whose worker answers nonsense", () => {
  const batchOf = (partitions: readonly number[]): ResultBatch =>
    ({
      type: "result.batch",
      task: 0,
      worker: 0,
      attempt: 0,
      partition: Int32Array.from(partitions),
      state: new Uint8Array(partitions.length),
      documents: null,
    }) as unknown as ResultBatch;

  test.each([
    ["a partition twice", [0, 0]],
    ["a good partition and one of another task", [0, 7]],
    ["partitions in another order", [1, 0, 2]],
    ["too few partitions", [0, 1]],
  ])("gives the worker up, and fits each partition once: %s", async (_, partitions) => {
    const { dispatcher, pool, items, drained, errorOf } = started(1, noDeath, SpoiltPool);
    dispatcher.add(bucketOf(0, 3));
    dispatcher.add(bucketOf(3, 3));
    dispatcher.finish();
    dispatcher.onMessage(0, { type: "result", batch: batchOf(partitions), isLast: true });
    expect(pool.givenUp.length).toBe(1);
    // Of what it was given it does nothing more.
    pool.step(0);
    exhaust(pool, 0);
    await drained;
    expect(errorOf()).toBe(null);
    const answered = items.flatMap((item) => (item.type === "result.batch" ? [...item.partition] : []));
    expect(answered.sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("gives it up where it says it has predicted all, and has not", async () => {
    const { dispatcher, pool, items, drained, errorOf } = started(1, noDeath, SpoiltPool);
    const bucket = bucketOf(0, 3);
    if (bucket.kind !== "bucket") throw new Error("expected a bucket");
    const partitionRows = Float64Array.of(10, 0, 10);
    const keys = { bytes: new Uint8Array(3), offsets: Float64Array.of(0, 1, 2, 3) };
    const models = ["1", null, "1"];
    dispatcher.add({ kind: "score", bucket: { ...bucket.bucket, partitionRows }, keys, models });
    dispatcher.finish();
    const predict = (partition: number): void => {
      const result = { failure: { code: "x", message: "x", stack: null } };
      const position = new Float64Array(10);
      const batch = { type: "prediction.batch", task: 0, partition, position, result } as const;
      dispatcher.onMessage(0, { type: "predicted", batch });
    };
    predict(0);
    dispatcher.onMessage(0, { type: "scored", task: 0 });
    expect(pool.givenUp).toEqual([expect.stringMatching(/ended task 0 with 1 partitions left/)]);
    pool.step(0);
    exhaust(pool, 0);
    await drained;
    expect(errorOf()).toBe(null);
    const again = items.flatMap((item) => (item.type === "result.batch" ? [...item.partition] : []));
    expect(again).toEqual([2]);
  });
});
