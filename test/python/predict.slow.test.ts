import { describe, expect } from "vitest";
import type { PythonRemark } from "../../src/protocol/python-message.ts";
import { type PythonFixtures, test } from "./python-test.ts";
import type { PythonTalk } from "./talk.ts";
import { columnsOf } from "./work-of.ts";

const ROWS = { used: { x: [1, 2, 3], y: [4, 5, 6] } };

/** A model to predict with, of a trainer that fits nothing. */
async function anyModel(talk: PythonTalk): Promise<Uint8Array> {
  return (await talk.fit(ROWS))[0]!.model!;
}

/** What becomes of predictions that are these expressions, each of a partition of its own. */
async function predictEach(
  startWith: PythonFixtures["startWith"],
  cases: readonly (readonly [expression: string, expected: unknown])[],
) {
  const source = `import datetime, numpy as np, pandas as pd, pyarrow as pa, polars as pl
CASES = [${cases.map(([expression]) => `lambda df: ${expression}`).join(",\n")}]
def fit(df): return 1
def predict(model, df, key): return CASES[key["case"]](df)`;
  const talk = await startWith(source, { keys: ["case"] });
  const [fit] = await talk.fit({ ...ROWS, key: [0] });
  const partitions = cases.map((_, i) => ({ ...ROWS, key: [i] }));
  return talk.predict(
    [fit!.model!],
    cases.map(() => 0),
    partitions,
  );
}

describe("predictions", () => {
  test("may be of every form", async ({ startWith }) => {
    const cases: readonly (readonly [string, unknown])[] = [
      ["df['x'] * 2", { prediction: [2, 4, 6] }],
      ["(df['x'] * 2).to_numpy().reshape(-1, 1)", { prediction: [2, 4, 6] }],
      ["[1, None, float('nan')]", { prediction: [1, null, Number.NaN] }],
      ["[None, None, None]", { prediction: [null, null, null] }],
      ["['a', None, 'ü\\udc80']", { prediction: ["a", null, "ü\\udc80"] }],
      ["[True, None, np.bool_(False)]", { prediction: [true, null, false] }],
      ["np.array([True, False, True])", { prediction: [true, false, true] }],
      ["np.array(['a', 'bc', ''])", { prediction: ["a", "bc", ""] }],
      ["np.array([1, 2, 3], 'uint8')", { prediction: [1, 2, 3] }],
      ["np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])", { prediction: [1, null, 3] }],
      ["pd.array([1, None, 3])", { prediction: [1, null, 3] }],
      ["pd.Series(['a', None, 'b'])", { prediction: ["a", null, "b"] }],
      ["pd.Series(['a', 'b', 'a'], dtype='category')", { prediction: ["a", "b", "a"] }],
      ["pd.Series([1.5, np.nan, 2])", { prediction: [1.5, Number.NaN, 2] }],
      ["pd.Series([1, 2, 3], index=['a', 'b', 'c'])", { prediction: [1, 2, 3] }],
      ["pd.Series([1, 2, 3], index=[7, 7, 2])", { prediction: [1, 2, 3] }],
      ["df['x'].sort_values(ascending=False).sort_index()", { prediction: [1, 2, 3] }],
      ["{'low': df['x'], 'high': ['a', 'b', 'c']}", { low: [1, 2, 3], high: ["a", "b", "c"] }],
      [
        "pd.DataFrame({'p': [1, 2, 3], 'größe': [True, False, None]})",
        { p: [1, 2, 3], größe: [true, false, null] },
      ],
      ["pa.table({'p': [1, None, 3], 'q': ['a', None, '']})", { p: [1, null, 3], q: ["a", null, ""] }],
      ["pa.array([1.5, None, 2])", { prediction: [1.5, null, 2] }],
      ["pl.DataFrame({'p': [1, None, 3]})", { p: [1, null, 3] }],
      ["pl.Series([True, None, False])", { prediction: [true, null, false] }],
    ];
    expect(await predictEach(startWith, cases)).toEqual(cases.map(([, columns]) => columns));
  });

  test("cannot be what is not one value for each row", async ({ startWith }) => {
    const cases = [
      [
        "None",
        "predict returned prediction, which is None; it must return one value for each row, or columns of them by name",
      ],
      ["3.0", "predict returned prediction, which is a float; it must return one value"],
      ["[1, 2]", "predict returned prediction with 2 values, must have 3, one for each row"],
      [
        "np.zeros((3, 2))",
        "predict returned prediction with 2 dimensions, must have one: a column for each output",
      ],
      ["{}", "predict returned no column; it must return at least one"],
      ["{1: [1, 2, 3]}", "predict returned a column whose name is no text"],
      [
        "{'a': [1, 'b', 2]}",
        "predict returned a[1], a text; a value before it is a number, None is for none",
      ],
      [
        "[1, {}, 2]",
        "predict returned prediction[1], which is a dict, must be a number, text or boolean, or None",
      ],
      ["pd.to_datetime(['2020-01-01'] * 3)", "predict returned prediction of type datetime64["],
      [
        "[2 ** 53 + 1, 1, 1]",
        "predict returned prediction with integers beyond 2^53, which no double holds exactly",
      ],
      ["np.array([2 ** 60] * 3)", "predict returned prediction with integers beyond 2^53"],
      ["pd.DataFrame([[1, 2]] * 3, columns=['a', 'a'])", "predict returned two columns named a"],
      [
        "(df['x'] * 2).sort_values(ascending=False)",
        "predict returned prediction in another order than the rows: its index is that of df, which is 0 to 2; return it with .sort_index(), or as an array in the order of the rows",
      ],
      ["df.sort_values('x', ascending=False)[['x']]", "predict returned x in another order than the rows"],
      ["{'a': df['y'].iloc[[1, 0, 2]]}", "predict returned a in another order than the rows"],
      [
        "[[1], [2], [3]]",
        "predict returned prediction[0], which is a list, must be a number, text or boolean",
      ],
      ["[(1, 2), (3, 4), (5, 6)]", "predict returned prediction[0], which is a tuple, must be a number"],
      ["[np.timedelta64(1, 's')] * 3", "predict returned prediction[0], which is a timedelta64, must be"],
    ] as const;
    const found = await predictEach(startWith, cases);
    for (const [i, [, message]] of cases.entries()) {
      expect(found[i]).toMatchObject({ index: i, code: "result_invalid", stack: null });
      expect((found[i] as PythonRemark).message).toContain(message);
    }
  });

  test("load a model once for neighbours that have the same, and fail one by one", async ({ startWith }) => {
    const talk = await startWith(
      `frame = "numpy"
loads = 0
class Model:
    def __init__(self, n): self.n = n
    def __setstate__(self, state):
        global loads
        loads += 1
        if state["n"] == 2: raise OSError("broken model")
        self.__dict__ = state
def fit(df, seed): return Model(seed)
def predict(m, rows, key, params):
    if key["k"] == "bad": raise ValueError(key["k"])
    return {"n": rows["x"] + m.n, "loads": [float(loads)] * len(rows["x"])}`,
      { keys: ["k"], columns: columnsOf({ x: "double" }) },
    );
    const x = [1];
    const fits = await talk.fit(...[0, 1, 2].map((seed) => ({ used: { x }, seed, key: ["fit"] })));
    const models = fits.map(({ model }) => model!);
    const keys = ["a", "b", "bad", "c", "d", "e"];
    const found = await talk.predict(
      models,
      [1, 1, 1, 0, 2, 1],
      keys.map((key) => ({ used: { x }, key: [key] })),
    );
    expect(found.slice(0, 2)).toEqual([
      { n: [2], loads: [1] },
      { n: [2], loads: [1] },
    ]);
    expect(found[2]).toMatchObject({ index: 2, code: "trainer_threw", message: "ValueError: bad" });
    expect(found[3]).toEqual({ n: [1], loads: [2] });
    expect(found[4]).toMatchObject({ index: 4, message: "OSError: broken model" });
    expect(found[5]).toEqual({ n: [2], loads: [4] });
  });

  test("of many partitions come in several answers", async ({ startWith }) => {
    const source = `frame = "numpy"\nimport time\ndef fit(df): return 1\ndef predict(model, df): time.sleep(0.06); return df["x"]`;
    const talk = await startWith(source);
    const model = await anyModel(talk);
    const partitions = [0, 1, 2].map((x) => ({ used: { x: [x, x], y: [0, 0] } }));
    expect(await talk.predict([model], [0, 0, 0], partitions)).toEqual(
      [0, 1, 2].map((x) => ({ prediction: [x, x] })),
    );
  });

  test("print and warn as fits do, and see the same random numbers each time", async ({ startWith }) => {
    const source = `frame = "numpy"\nimport random
def fit(df): return 1
def predict(model, df):
    print("predicting")
    return [random.random()] * len(df["x"])`;
    const talk = await startWith(source);
    const model = await anyModel(talk);
    const [first, second] = await talk.predict([model], [0, 0], [ROWS, ROWS]);
    expect(second).toEqual(first);
    expect(talk.textOf(1, 0)).toBe("predicting\n");
  });
});
