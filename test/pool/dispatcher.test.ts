import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Dispatcher } from "../../src/pool/dispatcher.ts";
import { WorkQueue } from "../../src/pool/work-queue.ts";
import type { ResultBatch } from "../../src/run/result-batch.ts";
import { DOCUMENT_SCHEMA } from "../../src/run/result-schema.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { answeredCount, foldEvent, INITIAL_RUN_STATE } from "../../src/run/run-state.ts";
import { MortalPool, type NextFate } from "./mortal-pool.ts";
import { answersOf, bucketOf, dice, filesOf, first, noDeath, play, someWorks } from "./play-dispatcher.ts";

const FATES = ["work", "work", "work", "die", "flush", "decline"] as const;

describe("a dispatcher", () => {
  test("answers every partition exactly once, whoever dies and whenever", async () => {
    let lost = 0;
    let deaths = 0;
    await fc.assert(
      fc.asyncProperty(someWorks, fc.integer({ min: 1, max: 3 }), fc.nat(), async (works, size, seed) => {
        const draw = dice(seed);
        // At most two deaths before a task begins: a third is no partition's fault, and fails the run.
        const silent = new Map<number, number>();
        const fate: NextFate = ({ at, message }) => {
          const drawn = FATES[draw(FATES.length)]!;
          if (at !== "task" || drawn !== "die") return drawn;
          const deaths = silent.get(message!.task) ?? 0;
          silent.set(message!.task, deaths + 1);
          return deaths < 2 ? "die" : "work";
        };
        const run = await play(
          works.map(({ work }) => work),
          size,
          { fate, order: () => draw(6) },
        );
        expect(run.error).toBe(null);
        const count = works.reduce((sum, work) => sum + work.count, 0);
        const answers = answersOf(run.batches);
        expect([...answers.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        const state = run.events.reduce(foldEvent, INITIAL_RUN_STATE);
        expect(answeredCount(state.counts)).toBe(count);
        expect(state.counts.lost).toBe(
          [...answers.values()].filter((answer) => answer.state === "lost").length,
        );
        expect(state.attemptsLost).toBeLessThanOrEqual(run.pool.deaths);
        for (const { state: became, attempt } of answers.values())
          if (became === "lost") expect(attempt).toBeGreaterThan(0);
        // A number and an attempt are one set of partitions on one worker.
        const begun = run.events.filter((event) => event.type === "task.started");
        const identities = begun.map(({ task, attempt }) => `${task}/${attempt}`);
        expect(new Set(identities).size).toBe(identities.length);
        expect(state.tasksStarted).toBe(state.tasksFinished + state.attemptsLost);
        lost += state.counts.lost;
        deaths += run.pool.deaths;
      }),
      { numRuns: 300 },
    );
    expect(deaths).toBeGreaterThan(100);
    expect(lost).toBeGreaterThan(10);
  });

  test("loses exactly the partition at which two workers died, and tries nothing else alone", async () => {
    const fate: NextFate = ({ at, partition }) => (at === "begun" && partition === 2 ? "die" : "work");
    const { batches, events, pool } = await play([bucketOf(0, 5)], 1, { fate, order: first });
    const answers = answersOf(batches);
    expect([...answers].filter(([, { state }]) => state === "lost")).toEqual([
      [2, { state: "lost", attempt: 1 }],
    ]);
    expect(answers.size).toBe(5);
    const batch = batches.find(({ errors }) => errors.length > 0)!;
    expect(batch.errors).toEqual([
      {
        row: 0,
        code: "worker_died",
        message: "worker 0 ended by signal SIGKILL while it was fitted, twice",
        stack: "last words",
      },
    ]);
    expect([batch.rowsRead[0], batch.rowsUsed[0], batch.rowsDropped[0]]).toEqual([NaN, NaN, NaN]);
    const deaths = events.filter((event) => event.type === "attempt.lost");
    expect(
      deaths.map(({ task, attempt, partition, counts }) => ({ task, attempt, partition, lost: counts.lost })),
    ).toEqual([
      { task: 0, attempt: 0, partition: 2, lost: 0 },
      { task: 3, attempt: 1, partition: 2, lost: 1 },
    ]);
    const ranges = pool.sent.map(({ message }) =>
      message.type === "data" ? [message.from, message.to, message.attempt] : [],
    );
    expect([...new Set(ranges.map(String))].sort()).toEqual(["0,2,1", "0,5,0", "2,3,1", "3,5,1"]);
  });

  test("keeps what was answered before a death and fits only the rest again", async () => {
    let hasDied = false;
    const fate: NextFate = ({ at, partition }) => {
      if (at === "fitted" && partition === 1) return "flush";
      if (at !== "begun" || partition !== 3 || hasDied) return "work";
      hasDied = true;
      return "die";
    };
    const { batches, events } = await play([filesOf(0, 5)], 1, { fate, order: first });
    const answers = answersOf(batches);
    expect([0, 1, 2, 3, 4].map((partition) => answers.get(partition)!.attempt)).toEqual([0, 0, 1, 1, 1]);
    expect([...answers.values()].every(({ state }) => state === "fitted")).toBe(true);
    const lost = events.find((event) => event.type === "attempt.lost")!;
    expect(lost).toMatchObject({
      task: 0,
      worker: 0,
      attempt: 0,
      partition: 3,
      counts: { fitted: 2, lost: 0 },
    });
  });

  test("gives parts of a list of files with their own keys", async () => {
    let hasDied = false;
    const fate: NextFate = ({ at, partition }) => {
      if (at !== "begun" || partition !== 7 || hasDied) return "work";
      hasDied = true;
      return "die";
    };
    const { pool } = await play([filesOf(5, 5)], 1, { fate, order: first });
    const parts = pool.sent.map(({ message }) => {
      if (message.type !== "files" || message.keys === null) throw new Error("expected files with keys");
      const { offsets, bytes } = message.keys;
      expect(offsets[0]).toBe(0);
      expect(offsets.length).toBe(message.files.length + 1);
      expect([...bytes]).toEqual(message.files.map(({ partition }) => partition));
      return [...bytes].join(" ");
    });
    expect(parts.sort()).toEqual(["5 6", "5 6 7 8 9", "7", "8 9"]);
  });

  test("gives out what a dead worker had not begun again as it was", async () => {
    let hasDied = false;
    const fate: NextFate = ({ at, partition }) => {
      if (at !== "begun" || partition !== 0 || hasDied) return "work";
      hasDied = true;
      return "die";
    };
    const { batches } = await play([bucketOf(0, 2), bucketOf(2, 1)], 1, { fate, order: first });
    const behind = batches.find(({ partition }) => partition[0] === 2)!;
    expect([behind.task, behind.attempt]).toEqual([1, 0]);
  });

  test("tries a task whole again when its worker died before it began, under the same number", async () => {
    let deaths = 0;
    const fate: NextFate = ({ at }) => (at === "task" && deaths++ < 2 ? "die" : "work");
    const { batches, events } = await play([bucketOf(0, 3)], 1, { fate, order: first });
    expect(batches.map(({ task, attempt }) => [task, attempt])).toEqual([[0, 2]]);
    expect(events.filter((event) => event.type === "attempt.lost").map(({ partition }) => partition)).toEqual(
      [null, null],
    );
  });

  test("gives up after three workers in a row that died before they began, and says how", async () => {
    const fate: NextFate = ({ at }) => (at === "task" ? "die" : "work");
    const { error, pool } = await play([bucketOf(0, 3), bucketOf(3, 3)], 2, { fate, order: first });
    expect(error).toMatchObject({
      code: "worker_failed",
      message:
        "worker 0 ended by signal SIGKILL, the 3rd worker in a row to end before it fitted anything; it wrote last:\nlast words",
    });
    // Of the other worker's task at most one more.
    expect(pool.deaths).toBeLessThanOrEqual(4);
  });

  test("gives up after three workers in a row that died with nothing to do, with no answer between them", async () => {
    const fate: NextFate = ({ at }) => (at === "idle" ? "die" : "work");
    const results = new WorkQueue<RunEvent | ResultBatch>();
    const dispatcher = new Dispatcher({ results, resultSchema: DOCUMENT_SCHEMA });
    const pool = new MortalPool(1, dispatcher, fate);
    dispatcher.attach(pool);
    for (let i = 0; i < 2; i++) pool.step(0);
    dispatcher.add(bucketOf(0, 1));
    while (pool.busy.length > 0) pool.step(0);
    for (let i = 0; i < 2; i++) pool.step(0);
    dispatcher.add(bucketOf(1, 1));
    expect(pool.sent.length).toBe(2);
    while (pool.busy.length > 0) pool.step(0);
    // The first of these has fitted something.
    for (let i = 0; i < 4; i++) pool.step(0);
    dispatcher.add(bucketOf(2, 1));
    expect(pool.sent.length).toBe(2);
    const drained = (async () => {
      for await (const _ of results.drain(() => undefined));
    })();
    await expect(drained).rejects.toThrow(/the 3rd worker in a row/);
  });

  test("leaves declined files to the engine and ends when these are answered", async () => {
    const fate: NextFate = ({ at, partition }) =>
      at === "fitted" && partition! % 2 === 0 ? "decline" : "work";
    const { batches, declined } = await play([filesOf(0, 5)], 2, { fate, order: first });
    expect(declined).toEqual(
      [0, 2, 4].map((partition) => ({ partition, path: `/${partition}`, reason: "odd" })),
    );
    expect(answersOf(batches).size).toBe(5);
  });

  test("gives the largest first and equals in the order in which they came", async () => {
    const works = [1, 3, 2, 3].map((count, i) => bucketOf(10 * i, count));
    const results = new WorkQueue<RunEvent | ResultBatch>();
    const dispatcher = new Dispatcher({ results, resultSchema: DOCUMENT_SCHEMA });
    for (const work of works) dispatcher.add(work);
    dispatcher.finish();
    const pool = new MortalPool(4, dispatcher, noDeath);
    dispatcher.attach(pool);
    const order = pool.sent.map(({ message }) =>
      message.type === "data" ? message.bucket.firstPartition : -1,
    );
    expect(order).toEqual([10, 30, 20, 0]);
  });

  test("gives each worker two tasks at a time, and none while results wait", () => {
    const results = new WorkQueue<RunEvent | ResultBatch>();
    const dispatcher = new Dispatcher({ results, resultSchema: DOCUMENT_SCHEMA });
    const pool = new MortalPool(2, dispatcher, noDeath);
    dispatcher.attach(pool);
    for (let i = 0; i < 200; i++) dispatcher.add(bucketOf(i, 1));
    expect(pool.sent.length).toBe(4);
    for (let { busy } = pool; busy.length > 0; { busy } = pool) pool.step(busy[0]!);
    // Three items for every task, 32 of which may wait before no more is given.
    expect(pool.sent.length).toBeGreaterThan(10);
    expect(pool.sent.length).toBeLessThan(20);
  });

  test.each([
    ["a partition twice", [0, 0], /answered partition 0 twice/],
    ["a partition of another task", [5], /answered partition 5, which is not in it/],
    ["too few partitions", [0], /ended task 0 with 1 partitions left/],
  ])("fails the run when a worker answers %s", async (_, partitions, expected) => {
    const results = new WorkQueue<RunEvent | ResultBatch>();
    const dispatcher = new Dispatcher({ results, resultSchema: DOCUMENT_SCHEMA });
    dispatcher.attach(new MortalPool(1, dispatcher, noDeath));
    dispatcher.add(bucketOf(0, 2));
    const partition = Int32Array.from(partitions);
    const batch = {
      type: "result.batch",
      task: 0,
      worker: 0,
      attempt: 0,
      partition,
      state: new Uint8Array(partition.length),
      documents: null,
    };
    dispatcher.onMessage(0, { type: "result", batch: batch as unknown as ResultBatch, isLast: true });
    const drained = (async () => {
      for await (const _ of results.drain(() => undefined));
    })();
    await expect(drained).rejects.toThrow(expected);
  });
});
