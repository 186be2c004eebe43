import fc from "fast-check";
import { Dispatcher } from "../../src/pool/dispatcher.ts";
import type { Work } from "../../src/pool/task-range.ts";
import { WorkQueue } from "../../src/pool/work-queue.ts";
import { FIT_STATES } from "../../src/run/fit-state.ts";
import type { ResultBatch } from "../../src/run/result-batch.ts";
import { DOCUMENT_SCHEMA } from "../../src/run/result-schema.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { MortalPool, type NextFate } from "./mortal-pool.ts";

/** A bucket of neighbouring partitions with ten rows each, without their bytes. */
export function bucketOf(firstPartition: number, count: number): Work {
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

/** A list of files, one for each of some neighbouring partitions. */
export function filesOf(firstPartition: number, count: number): Work {
  const files = Array.from({ length: count }, (_, i) => ({
    partition: firstPartition + i,
    path: `/${firstPartition + i}`,
  }));
  // Each key is one byte, its partition's number.
  const bytes = Uint8Array.from(files, ({ partition }) => partition);
  return {
    kind: "files",
    files,
    keys: { bytes, offsets: Float64Array.from({ length: count + 1 }, (_, i) => i) },
    bytes: count,
  };
}

/** Everything that came of a play. */
export interface Played {
  readonly items: readonly (RunEvent | ResultBatch)[];
  readonly batches: readonly ResultBatch[];
  readonly events: readonly RunEvent[];
  readonly pool: MortalPool;
  readonly declined: readonly { partition: number; path: string; reason: string }[];
  readonly error: unknown;
}

/** Plays works through a dispatcher to the end; `order` says which worker makes the next step. */
export async function play(
  works: readonly Work[],
  size: number,
  {
    fate,
    order,
    meddle,
  }: {
    fate: NextFate;
    order: () => number;
    /** May end workers before every step, as a supervisor does. */
    meddle?: (pool: MortalPool, dispatcher: Dispatcher) => void;
  },
): Promise<Played> {
  const results = new WorkQueue<RunEvent | ResultBatch>();
  const declined: { partition: number; path: string; reason: string }[] = [];
  const dispatcher = new Dispatcher({
    results,
    resultSchema: DOCUMENT_SCHEMA,
    onDeclined: (partition, path, reason) => {
      declined.push({ partition, path, reason });
      // As an engine does: later, as a bucket.
      queueMicrotask(() => dispatcher.add(bucketOf(partition, 1)));
    },
  });
  const pool = new MortalPool(size, dispatcher, fate);
  dispatcher.attach(pool);
  for (const work of works) dispatcher.add(work);
  dispatcher.finish();
  const items: (RunEvent | ResultBatch)[] = [];
  let error: unknown = null;
  let hasEnded = false;
  const drained = (async () => {
    for await (const item of results.drain(() => dispatcher.advance())) items.push(item);
  })()
    .catch((thrown: unknown) => {
      error = thrown;
    })
    .finally(() => {
      hasEnded = true;
    });
  for (let steps = 0; !hasEnded; steps++) {
    if (steps > 20_000) throw new Error("the run does not end");
    meddle?.(pool, dispatcher);
    const { busy } = pool;
    if (busy.length > 0) pool.step(busy[order() % busy.length]!);
    else await new Promise((soon) => setImmediate(soon));
    if (steps % 7 === 0) await Promise.resolve();
  }
  await drained;
  const batches = items.filter((item) => item.type === "result.batch");
  const events = items.filter((item) => item.type !== "result.batch");
  return { items, batches, events, pool, declined, error };
}

/** State and attempt of each partition that was answered; throws when one was answered twice. */
export function answersOf(batches: readonly ResultBatch[]): Map<number, { state: string; attempt: number }> {
  const answers = new Map<number, { state: string; attempt: number }>();
  for (const { partition, state, attempt } of batches) {
    for (const [row, number] of partition.entries()) {
      if (answers.has(number)) throw new Error(`partition ${number} was answered twice`);
      answers.set(number, { state: FIT_STATES[state[row]!]!, attempt });
    }
  }
  return answers;
}

/** Whole numbers below what is asked for, the same for the same seed (mulberry32). */
export function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Nobody dies. */
export const noDeath: NextFate = () => "work";
/** Always the first worker makes the next step. */
export const first = (): number => 0;

/** Works over partitions from 0, of buckets and files. */
export const someWorks = fc
  .array(fc.record({ count: fc.integer({ min: 1, max: 6 }), isFiles: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((shapes) => {
    let next = 0;
    return shapes.map(({ count, isFiles }) => {
      const work = isFiles ? filesOf(next, count) : bucketOf(next, count);
      next += count;
      return { work, count };
    });
  });
