import { describe, expect, test } from "vitest";
import { KEY, numbers, rowsOf, trainerOf } from "./one-partition.ts";
import { fixture, loadedFile, loadedMembers } from "./written-trainer.ts";

describe("a prediction of a user's trainer", () => {
  async function predictReturning(output: string) {
    const loaded = await loadedMembers(
      `fit: () => ({ model: 1 }), predict: ({ model, key, table }) => (${output})`,
    );
    const trainer = trainerOf(loaded, ["x"]);
    if (!("predictPartition" in trainer)) throw new Error("it cannot predict");
    return trainer.predictPartition(rowsOf(numbers(1, 2, 3)), KEY, '{"a":2}');
  }

  test("undoes the fit: the model comes back as it was, from JSON and from bytes", async () => {
    const line = trainerOf(await loadedFile(fixture("line-trainer.ts"), { x: "x", y: "y" }), ["x", "y"]);
    const bytes = trainerOf(await loadedFile(fixture("bytes-trainer.ts")), ["x"]);
    for (const [trainer, rows, values] of [
      [line, rowsOf(numbers(1, 2, 4), numbers(3, 5, 9)), [3, 5, 9]],
      [bytes, rowsOf(numbers(0.1, 0.2, 0.3)), [0.6, Number.NaN, Number.NaN]],
    ] as const) {
      const fitted = (await trainer.fitPartition(rows, KEY)) as { document: { model: string | Uint8Array } };
      if (!("predictPartition" in trainer)) throw new Error("it cannot predict");
      const result = await trainer.predictPartition(rows, KEY, fitted.document.model);
      expect(result).toMatchObject({
        columns: [{ values: { type: "double", values: Float64Array.from(values) } }],
      });
    }
  });

  test("has a column of each type, with NULL apart from NaN", async () => {
    const output = `{
      f: table.numbers("x").map((x) => x === 2 ? NaN : x * model.a), n: [1, null, NaN], t: ["a", null, "b\\ud800"],
      b: [true, false, null], none: [null, null, null],
    }`;
    expect(await predictReturning(output)).toEqual({
      columns: [
        {
          name: "f",
          values: {
            type: "double",
            values: Float64Array.of(2, Number.NaN, 6),
            isValid: Uint8Array.of(1, 1, 1),
          },
        },
        {
          name: "n",
          values: {
            type: "double",
            values: Float64Array.of(1, Number.NaN, Number.NaN),
            isValid: Uint8Array.of(1, 0, 1),
          },
        },
        { name: "t", values: { type: "text", values: ["a", null, "b\ufffd"] } },
        {
          name: "b",
          values: { type: "boolean", values: Uint8Array.of(1, 0, 0), isValid: Uint8Array.of(1, 1, 0) },
        },
        {
          name: "none",
          values: {
            type: "double",
            values: new Float64Array(3).fill(Number.NaN),
            isValid: new Uint8Array(3),
          },
        },
      ],
    });
  });

  test("gets the key, and may be async", async () => {
    expect(await predictReturning("Promise.resolve({ store: [key.store, key.store, 0] })")).toMatchObject({
      columns: [{ name: "store", values: { values: Float64Array.of(17, 17, 0) } }],
    });
  });

  test.each<[string, string]>([
    [
      "undefined",
      "predict must return an object of columns by name, such as { prediction: new Float64Array(…) }",
    ],
    ["[1, 2, 3]", "predict must return an object of columns by name"],
    ["new Float64Array(3)", "predict must return an object of columns by name"],
    ["{}", "predict returned no column; it must return at least one"],
    ["{ '': [1, 2, 3] }", "predict returned a column whose name is no text"],
    ["{ p: [1, 2] }", "predict returned p with 2 values, must have 3, one for each row of the table"],
    ["{ p: 1 }", "predict returned p, which is no Float64Array and no list"],
    [
      "{ p: new Float32Array(3) }",
      "predict returned p, which is no Float64Array and no list; Float64Array.from",
    ],
    ["{ p: [1, 'a', 2] }", "predict returned p[1] is string, a value before it is number; null is for none"],
    ["{ p: [1, , 2] }", "predict returned p[1] is undefined, a value before it is number; null is for none"],
    ["{ p: [null, {}, 2] }", "predict returned p[1] is object, must be a number, text or boolean, or null"],
  ])("is result_invalid when predict returns %s", async (output, message) => {
    const result = await predictReturning(output);
    expect(result).toMatchObject({ failure: { code: "result_invalid", stack: null } });
    expect((result as { failure: { message: string } }).failure.message).toContain(message);
  });

  test("is trainer_threw when predict throws, and never rejects", async () => {
    const result = await predictReturning("(() => { throw new Error('cannot') })()");
    expect(result).toMatchObject({ failure: { code: "trainer_threw", message: "cannot" } });
    expect((result as { failure: { stack: string } }).failure.stack).toMatch(
      /^Error: cannot\n {4}at .*\(?trainer\.ts:2:/,
    );
  });

  test("is offered only by trainers that can", async () => {
    expect(trainerOf(await loadedFile(fixture("distance-trainer.js")), ["name"])).not.toHaveProperty(
      "predictPartition",
    );
  });
});
