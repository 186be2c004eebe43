import { describe, expect, test } from "vitest";
import { Dispatcher, type Happening } from "../../src/pool/dispatcher.ts";
import type { Work } from "../../src/pool/task-range.ts";
import { WorkQueue } from "../../src/pool/work-queue.ts";
import type { ResultBatch } from "../../src/run/result-batch.ts";
import { DOCUMENT_SCHEMA } from "../../src/run/result-schema.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { BatchBuilder } from "../../src/worker/batch-builder.ts";
import { MortalPool } from "./mortal-pool.ts";

function bucketOf(firstPartition: number, count: number): Work {
  const bucket = {
    memory: new ArrayBuffer(0),
    rowCount: 10 * count,
    columns: [],
    textBytes: [],
    firstPartition,
    partitionRows: new Float64Array(count).fill(10),
  };
  return { kind: "bucket", bucket, keys: null };
}

describe("a dispatcher", () => {
  test("lets workers wait while results do, and go on when these are taken", async () => {
    const results = new WorkQueue<RunEvent | ResultBatch>();
    const dispatcher = new Dispatcher({ results, resultSchema: DOCUMENT_SCHEMA });
    const pool = new MortalPool(1, dispatcher, ({ at }) => (at === "fitted" ? "flush" : "work"));
    dispatcher.attach(pool);
    dispatcher.add(bucketOf(0, 60));
    dispatcher.finish();
    const held: boolean[] = [];
    for (; pool.busy.length > 0; held.push(pool.isHeld)) pool.step(0);
    // One item for the start, and one for each partition.
    expect(held.indexOf(true)).toBe(31);
    expect(held.lastIndexOf(false)).toBe(30);
    for await (const _ of results.drain(() => dispatcher.advance()))
      expect(pool.isHeld).toBe(results.length >= 32);
    expect(pool.isHeld).toBe(false);
  });

  test("lets workers wait while few results with large models do", async () => {
    const results = new WorkQueue<Happening>();
    const dispatcher = new Dispatcher({ results, resultSchema: DOCUMENT_SCHEMA });
    const pool = new MortalPool(1, dispatcher, () => "work");
    dispatcher.attach(pool);
    dispatcher.add(bucketOf(0, 20));
    const model = new Uint8Array(10e6);
    const tell = (partition: number): void => {
      const identity = { task: 0, worker: 0, attempt: 0 };
      const builder = new BatchBuilder(DOCUMENT_SCHEMA, identity, Int32Array.of(partition));
      const document = { model, metrics: {}, warnings: [] };
      const rows = { rowsRead: 10, rowsUsed: 10, rowsDropped: 0, rowsHeldOut: 0 };
      builder.add({ state: "fitted", document, ...rows }, { startedAtMs: 1, durationMs: 1 });
      dispatcher.onMessage(0, { type: "result", batch: builder.finish(), isLast: partition === 19 });
    };
    const held: boolean[] = [];
    for (let partition = 0; partition < 20; partition++) {
      tell(partition);
      held.push(pool.isHeld);
    }
    // 32 MiB are more than three models.
    expect(held.indexOf(true)).toBe(3);
    expect(results.length).toBe(22);
    dispatcher.finish();
    for await (const _ of results.drain(() => dispatcher.advance()))
      expect(pool.isHeld).toBe(results.bytes >= 2 ** 25);
    expect(pool.isHeld).toBe(false);
    expect(results.bytes).toBe(0);
  });

  test("tells who makes work when more is wanted, and when nothing is any more", async () => {
    const results = new WorkQueue<RunEvent | ResultBatch>();
    const dispatcher = new Dispatcher({ results, resultSchema: DOCUMENT_SCHEMA });
    const pool = new MortalPool(2, dispatcher, () => "work");
    dispatcher.attach(pool);
    let made = 0;
    const make = async (): Promise<void> => {
      for (; made < 30; made++) {
        dispatcher.add(bucketOf(made, 1));
        await dispatcher.untilWanted();
      }
    };
    const making = make();
    const soon = (): Promise<void> => new Promise((done) => setImmediate(done));
    await soon();
    // Two for each worker, and two that wait.
    expect(made).toBe(5);
    while (pool.busy.length > 0 && made < 10) {
      pool.step(pool.busy[0]!);
      await soon();
    }
    // Not ahead of what was worked on: each task is two steps, and none is asked for before its turn.
    expect(made).toBeGreaterThanOrEqual(10);
    expect(made).toBeLessThanOrEqual(12);
    dispatcher.stop();
    await making;
    expect(made).toBe(30);
  });
});
