import { describe, expect, test } from "vitest";
import type { RowPolicy } from "../../src/job/policy.ts";
import type { PartitionResult } from "../../src/trainer/trainer.ts";
import { KEY, numbers, rowsOf, STORE, texts, trainerOf } from "./one-partition.ts";
import { loadedMembers } from "./written-trainer.ts";

const POLICY: RowPolicy = { nulls: "drop", minRows: 0, holdout: { share: 0.4, rows: "last" } };

/** 1, 2, 4 are fitted, 5 and 6 held out. */
const ROWS = rowsOf(numbers(1, 2, null, 4, 5, 6));
const COUNTS = { rowsRead: 6, rowsUsed: 3, rowsDropped: 1, rowsHeldOut: 2 };

async function scored(members: string, rows = ROWS): Promise<PartitionResult> {
  return trainerOf(await loadedMembers(members), ["x"], STORE, POLICY).fitPartition(rows, KEY);
}

/** By a trainer whose score gives what the text says. */
function scoreReturning(
  output: string,
  fit = "({ model: 1, metrics: { rows: 3 } })",
): Promise<PartitionResult> {
  return scored(`fit: () => ${fit}, score: ({ model, table, key, params }) => (${output})`);
}

describe("a score of a user's trainer", () => {
  test("is given the model as it comes back, the rows held out and the key; its metrics stand beside those of the fit", async () => {
    const result = await scored(`
      fit({ table }) { return { model: { xs: [...table.numbers("x")], zero: -0 }, metrics: { rmse: 0.5 } }; },
      score({ model, table, key, params }) {
        const x = table.numbers("x");
        if (Object.is(model.zero, -0)) throw new Error("the model is not as it is stored");
        return { rmse: x[0] * 100 + x[1], fitted: model.xs.join("") * 1, key: key.store, params: Object.keys(params).length };
      }`);
    expect(result).toEqual({
      state: "fitted",
      document: {
        model: '{"xs":[1,2,4],"zero":0}',
        metrics: { rmse: 0.5, holdout_rmse: 506, holdout_fitted: 124, holdout_key: 17, holdout_params: 0 },
        warnings: [],
      },
      ...COUNTS,
    });
  });

  test("cannot change the model that is stored, neither JSON nor bytes", async () => {
    const json = await scored("fit: () => ({ model: [1] }), score({ model }) { model.push(2); return {}; }");
    expect(json).toMatchObject({ document: { model: "[1]", metrics: {} } });
    const bytes = await scored(
      "fit: () => ({ model: Buffer.from([1]) }), score({ model }) { model[0] = 2; return { b: model.length }; }",
    );
    expect(bytes).toMatchObject({ document: { model: Uint8Array.of(1), metrics: { holdout_b: 1 } } });
  });

  test("is a promise only where fit or score gives one", async () => {
    const create = async (members: string) =>
      trainerOf(await loadedMembers(members), ["x"], STORE, POLICY).fitPartition(ROWS, KEY);
    const sync = trainerOf(
      await loadedMembers("fit: () => ({ model: 1 }), score: () => ({ a: 1 })"),
      ["x"],
      STORE,
      POLICY,
    ).fitPartition(ROWS, KEY);
    expect(sync).toMatchObject({ document: { metrics: { holdout_a: 1 } } });
    for (const [fit, score] of [
      ["async () =>", "() =>"],
      ["() =>", "async () =>"],
      ["async () =>", "async () =>"],
    ]) {
      const later = await create(`fit: ${fit} ({ model: 1 }), score: ${score} ({ a: 1 })`);
      expect(later).toMatchObject({ document: { metrics: { holdout_a: 1 } }, ...COUNTS });
    }
  });

  test("is not asked for where no row is held out, where the fit failed, and where the partition is skipped", async () => {
    const told = 'score() { throw new Error("nobody asked"); }';
    const one = rowsOf(numbers(1));
    expect(await scored(`fit: () => ({ model: 1 }), ${told}`, one)).toMatchObject({
      document: { metrics: {} },
    });
    expect(await scored(`fit() { throw new Error("no fit"); }, ${told}`)).toMatchObject({
      message: "no fit",
    });
    expect(await scored(`fit: () => ({ modle: 1 }), ${told}`)).toMatchObject({ code: "result_invalid" });
    expect(await scored(`minRows: 4, fit: () => ({ model: 1 }), ${told}`)).toMatchObject({
      ...{ state: "skipped", reason: "too_few_rows" },
      ...COUNTS,
    });
  });

  test("has null for what is not finite, with a warning behind those of the fit", async () => {
    const fit = '({ model: 1, warnings: ["few rows"] })';
    expect(await scoreReturning("{ a: NaN, b: null }", fit)).toMatchObject({
      document: {
        metrics: { holdout_a: null, holdout_b: null },
        warnings: [
          { code: "trainer_warning", message: "few rows" },
          { code: "metric_not_finite", message: "metric a is NaN, stored as null" },
        ],
      },
    });
  });

  test.each<[string, string]>([
    ["undefined", "score(…) is undefined, must be an object of numbers by name"],
    ["0.5", "score(…) is a number, must be an object of numbers by name"],
    ["[1]", "score(…) is a list, must be an object of numbers by name"],
    ["{ a: '1' }", "score(…).a is a string, must be a number or null"],
    ["{ '': 1 }", "score(…) has a member whose name is empty"],
    [
      "Object.fromEntries(Array.from({ length: 101 }, (_, i) => ['m' + i, i]))",
      "score(…) has 101 members, at most 100; keep lists in the model",
    ],
  ])("is result_invalid when score returns %s, and no model is kept", async (output, message) => {
    expect(await scoreReturning(output)).toEqual({
      state: "failed",
      code: "result_invalid",
      message,
      stack: null,
      ...COUNTS,
    });
  });

  test("may not have the name of a metric of the fit", async () => {
    const fit = "({ model: 1, metrics: { holdout_rmse: 1 } })";
    expect(await scoreReturning("{ rmse: 2 }", fit)).toMatchObject({
      ...{ state: "failed", code: "result_invalid" },
      message: "metrics.holdout_rmse has the name of what score gives as rmse",
    });
    expect(await scoreReturning("{ mae: 2 }", fit)).toMatchObject({
      document: { metrics: { holdout_rmse: 1, holdout_mae: 2 } },
    });
  });

  test.each(["(() => { throw new Error('bad model'); })()", "Promise.reject(new Error('bad model'))"])(
    "is trainer_threw when it is %s, and says that score threw",
    async (output) => {
      const result = await scoreReturning(output);
      expect(result).toMatchObject({
        ...{ state: "failed", code: "trainer_threw", message: "score threw: bad model" },
        ...COUNTS,
      });
      expect((result as { stack: string }).stack).toMatch(/^Error: bad model\n {4}at .*\(?trainer\.ts:2:/);
    },
  );

  test("sees NULL where rows are kept, and texts in their order", async () => {
    const loaded = await loadedMembers(
      `fit: ({ table }) => ({ model: table.texts("name") }),
       score: ({ model, table }) => ({ same: table.texts("name").join() === "d," ? 1 : 0, fitted: model.length })`,
    );
    const rows = rowsOf(texts("a", null, "c", "d", null));
    const trainer = trainerOf(loaded, ["name"], STORE, { ...POLICY, nulls: "keep" });
    expect(await trainer.fitPartition(rows, KEY)).toMatchObject({
      document: { model: '["a",null,"c"]', metrics: { holdout_same: 1, holdout_fitted: 3 } },
      ...{ rowsRead: 5, rowsUsed: 3, rowsDropped: 0, rowsHeldOut: 2 },
    });
  });
});
