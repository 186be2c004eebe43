import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answeredCount, foldEvent, INITIAL_RUN_STATE } from "../../src/run/run-state.ts";
import type { MortalPool } from "../pool/mortal-pool.ts";
import { answersOf, bucketOf, dice, first, noDeath, play, someWorks } from "../pool/play-dispatcher.ts";

describe("a dispatcher whose workers are ended", () => {
  test("answers every partition exactly once, whoever is ended for taking too long or too much", async () => {
    const seen = { timed_out: 0, failed: 0, fittedAfterEnd: 0 };
    await fc.assert(
      fc.asyncProperty(someWorks, fc.integer({ min: 1, max: 3 }), fc.nat(), async (works, size, seed) => {
        const draw = dice(seed);
        const overdue = new Set<number>();
        const heavy = new Map<number, number>();
        const run = await play(
          works.map(({ work }) => work),
          size,
          {
            fate: () => (["work", "work", "flush", "decline"] as const)[draw(4)]!,
            order: () => draw(6),
            meddle: (pool, dispatcher) => {
              const worker = draw(size);
              const fit = dispatcher.fitOf(worker);
              if (fit === null) return;
              const { partition } = fit;
              // What took too much once is likely to do so again.
              const isHeavy = heavy.has(partition);
              if (draw(isHeavy ? 2 : 4) > 0) return;
              if (!isHeavy && draw(2) === 0) {
                // It goes on for a while, so that it may be at another one when it dies, or at nothing.
                pool.stepsAfterEnd = () => draw(3);
                overdue.add(partition);
                pool.end(worker, { kind: "timed_out", partition, timeoutMs: 1000 });
                return;
              }
              pool.stepsAfterEnd = () => 0;
              heavy.set(partition, (heavy.get(partition) ?? 0) + 1);
              pool.end(worker, { kind: "memory_exceeded", usedBytes: 2e9, allowedBytes: 1e9 });
            },
          },
        );
        expect(run.error).toBe(null);
        const count = works.reduce((sum, work) => sum + work.count, 0);
        const answers = answersOf(run.batches);
        expect([...answers.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        for (const [partition, { state, attempt }] of answers) {
          if (state === "timed_out") expect(overdue.has(partition)).toBe(true);
          else if (state === "failed") {
            // Once among others, once alone.
            expect(heavy.get(partition)).toBeGreaterThan(1);
            expect(attempt).toBeGreaterThan(0);
          } else expect(state).toBe("fitted");
          if (state === "timed_out" || state === "failed") seen[state]++;
          else if (overdue.has(partition) || heavy.has(partition)) seen.fittedAfterEnd++;
        }
        const codes = run.batches.flatMap(({ errors }) => errors.map(({ code }) => code));
        expect(codes.filter((code) => code !== "timed_out" && code !== "memory_exceeded")).toEqual([]);
        const state = run.events.reduce(foldEvent, INITIAL_RUN_STATE);
        expect(answeredCount(state.counts)).toBe(count);
        expect(state.counts.timed_out + state.counts.failed).toBe(codes.length);
        expect(state.tasksStarted).toBe(state.tasksFinished + state.attemptsLost);
      }),
      { numRuns: 300 },
    );
    expect(seen.timed_out).toBeGreaterThan(50);
    expect(seen.failed).toBeGreaterThan(20);
    expect(seen.fittedAfterEnd).toBeGreaterThan(20);
  });

  test("gives up a partition that takes too long at once, and fits all others", async () => {
    const { batches, events, pool } = await play([bucketOf(0, 5)], 1, {
      fate: ({ at, partition }) => (at === "fitted" && partition !== 2 ? "flush" : "work"),
      order: first,
      meddle: (pool, dispatcher) => {
        if (dispatcher.fitOf(0)?.partition === 2)
          pool.end(0, { kind: "timed_out", partition: 2, timeoutMs: 1500 });
      },
    });
    const answers = answersOf(batches);
    expect([...answers].filter(([, { state }]) => state !== "fitted")).toEqual([
      [2, { state: "timed_out", attempt: 0 }],
    ]);
    expect([...answers.values()].map(({ attempt }) => attempt)).toEqual([0, 0, 0, 1, 1]);
    const batch = batches.find(({ errors }) => errors.length > 0)!;
    const message = "fit took longer than 1.5 s (--timeout)";
    expect(batch.errors).toEqual([{ row: 0, code: "timed_out", message, stack: null }]);
    expect([batch.rowsRead[0], batch.rowsUsed[0], batch.rowsDropped[0], batch.rowsHeldOut[0]]).toEqual([
      NaN,
      NaN,
      NaN,
      NaN,
    ]);
    expect(events.find((event) => event.type === "attempt.lost")).toMatchObject({
      partition: 2,
      cause: `worker 0 was ended: ${message}`,
      counts: { fitted: 2, timed_out: 1 },
    });
    expect(pool.deaths).toBe(1);
  });

  test("tries what took too much memory again with nothing else on its worker, then gives it up", async () => {
    const sentWhileAlone: number[] = [];
    const { batches, pool } = await play([bucketOf(0, 5), bucketOf(5, 5), bucketOf(10, 5)], 1, {
      fate: noDeath,
      order: first,
      meddle: (pool, dispatcher) => {
        const fit = dispatcher.fitOf(0);
        if (fit?.partition !== 2) return;
        const last = pool.sent.at(-1)!.message;
        if (last.attempt === 1 && last.task === fit.task) sentWhileAlone.push(last.task);
        pool.end(0, { kind: "memory_exceeded", usedBytes: 412_300_000, allowedBytes: 256e6 });
      },
    });
    expect(sentWhileAlone.length).toBeGreaterThan(0);
    expect(pool.deaths).toBe(2);
    const others = [...answersOf(batches)].filter(([, { state }]) => state !== "fitted");
    expect(others).toEqual([[2, { state: "failed", attempt: 1 }]]);
    expect(batches.flatMap(({ errors }) => errors)).toEqual([
      {
        row: 0,
        code: "memory_exceeded",
        message:
          "worker 0 took 413 MB of memory while it was fitted alone, 256 MB are allowed (--memory-per-worker); raise --memory-per-worker, with fewer --workers where the machine has no more; or give the partition fewer rows or columns",
        stack: null,
      },
    ]);
  });

  test("blames the only partition of a task for memory that is taken before it begins, others not", async () => {
    const endBeforeItBegins = (pool: MortalPool): void => {
      if (pool.busy.includes(0)) pool.end(0, { kind: "memory_exceeded", usedBytes: 2e9, allowedBytes: 1e9 });
    };
    const one = await play([bucketOf(0, 1)], 1, { fate: noDeath, order: first, meddle: endBeforeItBegins });
    expect([...answersOf(one.batches)]).toEqual([[0, { state: "failed", attempt: 1 }]]);
    const five = await play([bucketOf(0, 5)], 1, { fate: noDeath, order: first, meddle: endBeforeItBegins });
    expect(five.error).toMatchObject({
      code: "memory_exceeded",
      message: expect.stringMatching(/^worker 0 took 2000 MB of memory, 1000 MB are allowed .*3rd worker/),
    });
  });
});
