import { afterEach, describe, expect, test } from "vitest";
import { Dispatcher, type Happening } from "../../src/pool/dispatcher.ts";
import { type SlowEvent, Supervisor } from "../../src/pool/supervisor.ts";
import { WorkQueue } from "../../src/pool/work-queue.ts";
import type { WorkerEnd } from "../../src/pool/worker-end.ts";
import type { WorkerLimits } from "../../src/pool/worker-options.ts";
import { DOCUMENT_SCHEMA } from "../../src/run/result-schema.ts";
import { MortalPool } from "./mortal-pool.ts";

/** A pool that only writes down whom it has to end. */
class PatientPool extends MortalPool {
  loads = false;
  override isLoading(): boolean {
    return this.loads;
  }
  readonly ended: { readonly worker: number; readonly end: WorkerEnd }[] = [];
  override end(worker: number, end: WorkerEnd): void {
    this.ended.push({ worker, end });
  }
}

let supervisors: Supervisor[] = [];

afterEach(() => {
  for (const supervisor of supervisors) supervisor.stop();
  supervisors = [];
});

/** One worker with ten partitions, keys k0 to k9, that looks at the time only when told so. */
function supervised(limits: WorkerLimits, memory: ReadonlyMap<number, number> = new Map()) {
  const results = new WorkQueue<Happening>();
  const dispatcher = new Dispatcher({ results, resultSchema: DOCUMENT_SCHEMA });
  const pool = new PatientPool(1, dispatcher, ({ at }) => (at === "fitted" ? "flush" : "work"));
  dispatcher.attach(pool);
  const bucket = {
    memory: new ArrayBuffer(0),
    rowCount: 100,
    columns: [],
    textBytes: [],
    firstPartition: 0,
    partitionRows: new Float64Array(10).fill(10),
  };
  const keys = {
    bytes: Uint8Array.from({ length: 10 }, (_, i) => i),
    offsets: Float64Array.from({ length: 11 }, (_, i) => i),
  };
  dispatcher.add({ kind: "bucket", bucket, keys });
  const slow: SlowEvent[] = [];
  let listenedMs = 0;
  dispatcher.clock.now = () => listenedMs;
  const supervisor = new Supervisor({
    dispatcher,
    pool,
    limits,
    keyText: (keyBytes) => (keyBytes === null ? null : `store=${keyBytes[0]}`),
    onSlow: (event) => slow.push(event),
    readMemory: async () => memory,
  });
  supervisors.push(supervisor);
  const look = async (afterMs: number): Promise<void> => {
    listenedMs += afterMs;
    supervisor.look();
    await new Promise((soon) => setImmediate(soon));
  };
  // The task's first step is to take it, the second to begin and end a partition.
  pool.step(0);
  return { dispatcher, pool, results, slow, look };
}

describe("a supervisor of workers that load a trainer", () => {
  const loading = { name: "trainer ./train.py", withinMs: 60_000 };

  test("ends the run when one of them does not come to an end, by the time in which the engine listened", async () => {
    const { pool, results, look } = supervised({ timeoutMs: 1000, memoryBytes: null, loading });
    pool.loads = true;
    await look(100_000);
    await look(60_000);
    expect(results.length).toBeGreaterThan(0);
    await look(1);
    const drained = async (): Promise<void> => {
      for await (const _ of results.drain(() => undefined));
    };
    await expect(drained()).rejects.toThrow(
      "trainer ./train.py did not load within 60 s in worker 0: what runs while it is imported must come to an end",
    );
    expect(pool.ended).toEqual([]);
  });

  test("gives a fresh worker all of the time, and one that is loaded none", async () => {
    const { dispatcher, pool, look } = supervised({ timeoutMs: null, memoryBytes: null, loading });
    let failed: unknown = null;
    dispatcher.onFailure = (error) => {
      failed = error;
    };
    pool.loads = true;
    await look(0);
    await look(50_000);
    pool.pidOf = () => 2000;
    await look(1);
    await look(50_000);
    pool.loads = false;
    await look(50_000);
    pool.loads = true;
    await look(50_000);
    await look(50_000);
    expect(failed).toBeNull();
  });
});

describe("a supervisor", () => {
  test("ends nobody who is at nothing, and whoever takes longer than the limit, by what he is at", async () => {
    const { dispatcher, pool, look } = supervised({ timeoutMs: 1000, memoryBytes: null });
    await look(5000);
    expect(pool.ended).toEqual([]);
    dispatcher.onMessage(0, { type: "started", task: 0, partition: 0 });
    await look(1000);
    expect(pool.ended).toEqual([]);
    await look(1);
    expect(pool.ended).toEqual([{ worker: 0, end: { kind: "timed_out", partition: 0, timeoutMs: 1000 } }]);
  });

  test("begins anew with every partition", async () => {
    const { dispatcher, pool, look } = supervised({ timeoutMs: 1000, memoryBytes: null });
    for (let partition = 0; partition < 10; partition++) {
      dispatcher.onMessage(0, { type: "started", task: 0, partition });
      await look(900);
    }
    expect(pool.ended).toEqual([]);
  });

  test("tells of a fit that has taken a minute, once, by its key", async () => {
    const { dispatcher, pool, slow, look } = supervised({ timeoutMs: null, memoryBytes: null });
    dispatcher.onMessage(0, { type: "started", task: 0, partition: 3 });
    await look(59_999);
    expect(slow).toEqual([]);
    for (let i = 0; i < 5; i++) await look(1000);
    expect(slow).toMatchObject([
      { type: "partition.slow", task: 0, worker: 0, partition: 3, key: "store=3" },
    ]);
    expect(slow[0]!.startedAtMs).toBeLessThanOrEqual(slow[0]!.atMs);
    dispatcher.onMessage(0, { type: "started", task: 0, partition: 4 });
    await look(70_000);
    expect(slow.map(({ partition }) => partition)).toEqual([3, 4]);
    expect(pool.ended).toEqual([]);
  });

  test("ends whoever takes more memory than he may, and nobody for what another took", async () => {
    const limits = { timeoutMs: null, memoryBytes: 1000 };
    const just = supervised(limits, new Map([[1000, 1000]]));
    await just.look(1);
    expect(just.pool.ended).toEqual([]);
    const more = supervised(limits, new Map([[1000, 1001]]));
    await more.look(1);
    expect(more.pool.ended).toEqual([
      { worker: 0, end: { kind: "memory_exceeded", usedBytes: 1001, allowedBytes: 1000 } },
    ]);
    const fresh = supervised(limits, new Map([[1000, 1001]]));
    const pids = [1000, 2000];
    fresh.pool.pidOf = () => pids.shift()!;
    await fresh.look(1);
    expect(fresh.pool.ended).toEqual([]);
  });

  test("does nothing more when it is stopped", async () => {
    const { dispatcher, pool, look } = supervised({ timeoutMs: 1, memoryBytes: 1 }, new Map([[1000, 2]]));
    dispatcher.onMessage(0, { type: "started", task: 0, partition: 0 });
    supervisors[0]!.stop();
    await look(5000);
    expect(pool.ended).toEqual([]);
  });
});
