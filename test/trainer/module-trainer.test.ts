import { describe, expect, test } from "vitest";
import type { Params } from "../../src/job/job.ts";
import { partitionSeed } from "../../src/key/partition-seed.ts";
import type { PartitionResult } from "../../src/trainer/trainer.ts";
import { KEY, numbers, rowsOf, SEED, texts, trainerOf } from "./one-partition.ts";
import { fixture, loadedFile, loadedMembers } from "./written-trainer.ts";

/** The fit of rows with one column x of 1, 2, 3 by a trainer with these members. */
async function fitMembers(members: string, params: Params = {}): Promise<PartitionResult> {
  const trainer = trainerOf(await loadedMembers(members, params), ["x"]);
  return trainer.fitPartition(rowsOf(numbers(1, 2, 3)), KEY);
}

/** The fit by a trainer whose fit returns what the text says. */
function fitReturning(output: string): Promise<PartitionResult> {
  return fitMembers(`fit: () => (${output})`);
}

const COUNTS = { rowsRead: 3, rowsUsed: 3, rowsDropped: 0, rowsHeldOut: 0 };

describe("a fit of a user's trainer", () => {
  test("has model, metrics and the counts of all rows", async () => {
    const loaded = await loadedFile(fixture("line-trainer.ts"), { x: "x", y: "y" });
    const trainer = trainerOf(loaded, ["x", "y"]);
    expect(trainer.minRows).toBe(2);
    const result = trainer.fitPartition(rowsOf(numbers(1, 2, 4), numbers(3, 5, 9)), KEY);
    const seed = partitionSeed(SEED, KEY);
    expect(result).toEqual({
      state: "fitted",
      document: {
        model: `{"intercept":1,"key":{"day":"1970-01-02","store":17},"seed":${seed},"slope":2}`,
        metrics: { rows: 3 },
        warnings: [],
      },
      ...COUNTS,
    });
  });

  test("is a promise only where fit gives one", async () => {
    const sync = trainerOf(await loadedMembers("fit: () => ({ model: 1 })"), ["x"]);
    expect(sync.fitPartition(rowsOf(numbers(1)), KEY)).toMatchObject({ state: "fitted" });
    const later = trainerOf(await loadedFile(fixture("distance-trainer.js")), ["name"]);
    const result = later.fitPartition(rowsOf(texts("berta", "hanna", "otto")), KEY);
    expect(result).toBeInstanceOf(Promise);
    expect(await result).toMatchObject({
      state: "fitted",
      document: { model: '{"closest":"hanna"}' },
      ...COUNTS,
    });
  });

  test("waits for anything with a then", async () => {
    const result = await fitReturning("{ then(resolve) { resolve({ model: 'later' }) } }");
    expect(result).toMatchObject({ state: "fitted", document: { model: '"later"' } });
  });

  test("is given the empty key and its seed in a pooled run, and the signal of the run", async () => {
    const loaded = await loadedMembers(
      "fit: ({ key, seed, signal }) => ({ model: [key, seed, signal.aborted] })",
    );
    for (const keyBytes of [null, new Uint8Array()]) {
      const result = trainerOf(loaded, ["x"], []).fitPartition(rowsOf(numbers(1)), keyBytes);
      const model = `[{},${partitionSeed(SEED, new Uint8Array())},false]`;
      expect(result).toMatchObject({ state: "fitted", document: { model } });
    }
  });

  test("is skipped below minRows, by the rows that were read, NULLs included", async () => {
    const loaded = await loadedMembers(
      "minRows: 3, fit: ({ table }) => ({ model: table.validity('x') === null })",
    );
    const trainer = trainerOf(loaded, ["x"]);
    expect(trainer.fitPartition(rowsOf(), KEY)).toEqual({
      ...{ state: "skipped", reason: "no_rows", rowsRead: 0, rowsUsed: 0, rowsDropped: 0, rowsHeldOut: 0 },
    });
    expect(trainer.fitPartition(rowsOf(numbers(1, 2)), KEY)).toEqual({
      ...{
        state: "skipped",
        reason: "too_few_rows",
        rowsRead: 2,
        rowsUsed: 2,
        rowsDropped: 0,
        rowsHeldOut: 0,
      },
    });
    expect(trainer.fitPartition(rowsOf(numbers(1, null, 3)), KEY)).toMatchObject({
      document: { model: "false" },
      ...COUNTS,
    });
  });

  test("changes neither the rows nor what the next fit gets", async () => {
    const loaded = await loadedMembers(
      `fit({ table, key }) {
        const x = table.numbers("x");
        const sum = x.reduce((a, b) => a + b);
        x.fill(0); key.store = 5; table.schema[0].name = "other";
        return { model: sum };
      }`,
    );
    const trainer = trainerOf(loaded, ["x"]);
    const rows = rowsOf(numbers(1, 2, 3));
    for (let i = 0; i < 2; i++)
      expect(trainer.fitPartition(rows, KEY)).toMatchObject({ document: { model: "6" } });
  });

  test("keeps bytes as they are, as a copy", async () => {
    const loaded = await loadedMembers(
      "fit: (() => { const bytes = Buffer.from('abc'); return () => ({ model: bytes }); })()",
    );
    const result = trainerOf(loaded, ["x"]).fitPartition(rowsOf(numbers(1)), KEY) as {
      document: { model: Uint8Array };
    };
    expect(Object.getPrototypeOf(result.document.model)).toBe(Uint8Array.prototype);
    expect([...result.document.model]).toEqual([97, 98, 99]);
    expect(result.document.model.buffer.byteLength).toBe(3);
  });

  test("has the metrics of an object of the trainer's own class", async () => {
    const output = "{ model: 1, metrics: new (class Quality { r2 = 0.5 })() }";
    expect(await fitReturning(output)).toMatchObject({ document: { metrics: { r2: 0.5 } } });
  });

  test("has warnings, and metrics that are not finite as null with a warning each", async () => {
    const metrics = "{ r2: 0.5, aic: NaN, bic: -Infinity, none: null }";
    const warnings = "['few rows', { code: 'slow', message: 'took 30 steps' }]";
    expect(await fitReturning(`{ model: null, metrics: ${metrics}, warnings: ${warnings} }`)).toMatchObject({
      document: {
        metrics: { r2: 0.5, aic: null, bic: null, none: null },
        warnings: [
          { code: "trainer_warning", message: "few rows" },
          { code: "slow", message: "took 30 steps" },
          { code: "metric_not_finite", message: "metric aic is NaN, stored as null" },
          { code: "metric_not_finite", message: "metric bic is -Infinity, stored as null" },
        ],
      },
    });
  });
});

describe("a fit that returns something else is result_invalid", () => {
  test.each<[string, string]>([
    ["undefined", "fit returned undefined, must return an object such as { model, metrics }"],
    ["[1, 2]", "fit returned a list, must return an object such as { model, metrics }"],
    ["{}", "fit returned no model; a partition without one has the model null"],
    [
      "{ model: 1, metric: {} }",
      'fit returned a member "metric"; did you mean metrics? (there are: model, metrics, warnings)',
    ],
    ["{ model: { w: [1, NaN] } }", "model.w[1] is NaN, which JSON cannot carry; use null"],
    [
      "{ model: new Float32Array(2) }",
      "model is a Float32Array, which JSON cannot carry; use Array.from, or return a Uint8Array as the whole model",
    ],
    ["{ model: new Uint8Array(2 ** 29 + 1) }", "model has 536870913 bytes, at most 536870912 can be stored"],
    ["{ model: 1, metrics: [1] }", "metrics is a list, must be an object of numbers by name"],
    ["{ model: 1, metrics: new Map() }", "metrics is a Map, must be an object of numbers by name"],
    ["{ model: 1, metrics: new Set([1]) }", "metrics is a Set, must be an object of numbers by name"],
    ["{ model: 1, metrics: new Date() }", "metrics is a Date, must be an object of numbers by name"],
    [
      "{ model: 1, metrics: Promise.resolve({ r2: 1 }) }",
      "metrics is a Promise, must be an object of numbers by name",
    ],
    [
      "{ model: 1, metrics: new Int8Array([1]) }",
      "metrics is an Int8Array, must be an object of numbers by name",
    ],
    ["{ model: 1, metrics: { r2: '1' } }", "metrics.r2 is a string, must be a number or null"],
    ["{ model: 1, metrics: { r2: undefined } }", "metrics.r2 is undefined, must be a number or null"],
    ["{ model: 1, metrics: { '': 1 } }", "metrics has a member whose name is empty"],
    [
      "{ model: 1, metrics: Object.fromEntries(Array.from({ length: 101 }, (_, i) => ['m' + i, i])) }",
      "metrics has 101 members, at most 100; keep lists in the model",
    ],
    ["{ model: 1, warnings: 'few' }", "warnings is a string, must be a list of texts"],
    [
      "{ model: 1, warnings: ['a', { code: 'b' }] }",
      "warnings[1] is an object, must be a text or { code, message }, both texts",
    ],
  ])("%s", async (output, message) => {
    const expected = { state: "failed", code: "result_invalid", message, stack: null, ...COUNTS };
    expect(await fitReturning(output)).toEqual(expected);
    expect(await fitReturning(`Promise.resolve(${output})`)).toEqual(expected);
  });

  test("but for 100 metrics, which are allowed", async () => {
    const hundred = "Object.fromEntries(Array.from({ length: 100 }, (_, i) => ['m' + i, i]))";
    expect(await fitReturning(`{ model: 1, metrics: ${hundred} }`)).toMatchObject({ state: "fitted" });
  });
});

describe("a fit that throws", () => {
  test("tells message and the user's own frames, in the files as they were written", async () => {
    const trainer = trainerOf(await loadedFile(fixture("bytes-trainer.ts")), ["x"]);
    const result = trainer.fitPartition(rowsOf(numbers(1, 2, 3, 4)), KEY);
    expect(result).toMatchObject({
      state: "failed",
      code: "trainer_threw",
      message: "not converged after 4 rows",
    });
    const { stack } = result as { stack: string };
    expect(stack.replace(/at \S+\.fit/, "at fit")).toBe(
      [
        "NotConverged: not converged after 4 rows",
        "    at exactSum (bytes-trainer.ts:12:32)",
        "    at fit (bytes-trainer.ts:22:46)",
      ].join("\n"),
    );
  });

  test("leaves out manyfit's own frames in the midst", async () => {
    const loaded = await loadedMembers("fit({ table }) { return { model: table.numbers('z') } }");
    const result = trainerOf(loaded, ["x"]).fitPartition(rowsOf(numbers(1)), KEY) as {
      message: string;
      stack: string;
    };
    expect(result.message).toMatch(/^column "z" is not among those that the trainer reads/);
    expect(result.stack.split("\n")).toHaveLength(2);
    expect(result.stack).toMatch(/\n {4}at \S+\.fit \(trainer\.ts:2:\d+\)$/);
  });

  test("later, in a promise, is told the same way, and what caused it with it", async () => {
    const result = await fitMembers(
      `async fit() {
        await null;
        try { JSON.parse("{") } catch (cause) { throw new Error("no settings", { cause }) }
      }`,
    );
    expect(result).toMatchObject({
      state: "failed",
      code: "trainer_threw",
      message: "no settings",
      ...COUNTS,
    });
    expect((result as { stack: string }).stack).toMatch(
      /^Error: no settings\n {4}at .*fit \(trainer\.ts:4:\d+\)\ncaused by SyntaxError: .*JSON.*\n {4}at .*fit \(trainer\.ts:4:\d+\)$/,
    );
  });

  test.each<[string, string]>([
    ["'just text'", "just text"],
    ["undefined", "threw undefined, which is no Error"],
    ["null", "threw null, which is no Error"],
    ["12n", "threw 12n, which is no Error"],
    ["{ code: 7 }", "threw { code: 7 }, which is no Error"],
    ["Object.freeze(new TypeError('frozen'))", "frozen"],
    ["new RangeError()", "RangeError without a message"],
    ["Object.assign(new Error(), { message: 7, stack: 8 })", "Error without a message"],
    ["Object.defineProperty(new Error('a'), 'stack', { get() { throw 1 } })", "a"],
    ["Object.defineProperty(new Error('a'), 'message', { get() { throw 1 } })", "Error without a message"],
    ["Object.defineProperty(new Error('a'), 'name', { get() { throw 1 } })", "a"],
    [
      "new Proxy(new Error('a'), { get() { throw 1 }, getPrototypeOf() { throw 2 }, ownKeys() { throw 3 } })",
      "threw ",
    ],
    ["new Proxy({}, new Proxy({}, { get() { throw 1 } }))", "threw "],
    ["(() => { const e = new Error('loop'); e.cause = e; return e })()", "loop"],
    ["new Error('a\\ud800b')", "a\ufffdb"],
    ["new Error('x'.repeat(1e6))", `${"x".repeat(2000)}…`],
  ])("%s is a failure that can be told", async (thrown, message) => {
    for (const fit of [
      `fit() { throw ${thrown} }`,
      `fit: () => Promise.reject(${thrown})`,
      `async fit() { throw ${thrown} }`,
    ]) {
      const result = await fitMembers(fit);
      expect(result).toMatchObject({ state: "failed", code: "trainer_threw", ...COUNTS });
      const told = (result as { message: string }).message;
      expect(message === "threw " ? told.slice(0, 6) : told).toBe(message);
    }
  });

  test.each([
    "{ get model() { throw new Error('got') } }",
    "{ model: { get a() { throw new Error('got') } } }",
    "{ model: 1, metrics: new Proxy({}, { ownKeys() { throw new Error('got') } }) }",
    "{ get then() { throw new Error('got') } }",
    "{ then() { throw new Error('got') } }",
    "new Proxy({ model: 1 }, { ownKeys() { throw new Error('got') } })",
  ])("when its result %s is read has thrown, too", async (output) => {
    expect(await fitReturning(output)).toMatchObject({
      state: "failed",
      code: "trainer_threw",
      message: "got",
    });
  });

  test("because its stack overflows is a failure, too", async () => {
    expect(await fitMembers("fit: function deep() { return deep() }")).toMatchObject({
      ...{ state: "failed", code: "trainer_threw", message: "Maximum call stack size exceeded" },
    });
  });

  test("is no fault of the trainer's where the key cannot be read", async () => {
    const trainer = trainerOf(await loadedMembers("fit: () => ({ model: 1 })"), ["x"]);
    const result = trainer.fitPartition(rowsOf(numbers(1)), Uint8Array.of(255));
    expect(result).toMatchObject({ state: "failed", code: "internal" });
  });
});
