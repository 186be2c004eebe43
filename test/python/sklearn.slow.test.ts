import { describe, expect } from "vitest";
import type { PythonTrainerSpec } from "../../src/protocol/python-message.ts";
import { loadByJoblib, runPlainPython } from "./plain-python.ts";
import { test } from "./python-test.ts";
import { type Cells, columnsOf } from "./work-of.ts";

type Sklearn = Extract<PythonTrainerSpec, { kind: "sklearn" }>;

const SCHEMA = [
  { name: "x", type: "double" },
  { name: "z", type: "double" },
  { name: "w", type: "double" },
  { name: "y", type: "double" },
  { name: "label", type: "text" },
] as const;

const COLUMNS = columnsOf({ w: "double", x: "double", label: "text", z: "integer", y: "double" });

const ROWS: Cells = {
  x: [1, 2, 3, 4, 5, 6],
  z: [2, 1, 4, 3, 6, 5],
  w: [1, 0, 1, 1, 1, 1],
  y: [3, 100, 7, 9.5, 11, 13],
  label: ["a", "a", "a", "b", "b", "b"],
};

function specOf(name: string, rest: Partial<Sklearn> = {}): Sklearn {
  return {
    kind: "sklearn",
    class: `sklearn.${name}`,
    target: "y",
    features: ["x", "z"],
    weights: null,
    ...rest,
  };
}

describe("a class of scikit-learn", () => {
  test("says what it reads and what it can", async ({ start }) => {
    const described = await start().describe(specOf("linear_model.Ridge", { weights: "w" }), {
      ...{ schema: SCHEMA, params: { alpha: 2 } },
    });
    expect(described).toMatchObject({
      ...{
        type: "described",
        columns: ["x", "z", "y", "w"],
        hasPredict: true,
        hasScore: true,
        isLinear: true,
      },
      ...{ frame: "pandas", params: { alpha: 2 }, minRows: 1, sources: [] },
    });
    const forest = await start().describe(specOf("cluster.KMeans"), { schema: SCHEMA });
    expect(forest).toMatchObject({ hasPredict: true, hasScore: false, isLinear: false });
  });

  test("that cannot be used is refused, with what to do", async ({ start }) => {
    const talk = start();
    const cases: readonly [string, Partial<Sklearn>, Record<string, number>, string, string][] = [
      [
        "linear_model.Ridg",
        {},
        {},
        "trainer_invalid",
        "sklearn.linear_model.Ridg: sklearn.linear_model has no Ridg; did you mean Ridge?",
      ],
      [
        "linear_models.Ridge",
        {},
        {},
        "trainer_invalid",
        "sklearn.linear_models.Ridge: cannot be imported: No module named 'sklearn.linear_models'",
      ],
      [
        "linear_model.ridge_regression",
        {},
        {},
        "trainer_invalid",
        "sklearn.linear_model.ridge_regression: is no estimator, which is a class",
      ],
      [
        "linear_model.Ridge",
        {},
        { alhpa: 1 },
        "invalid_option",
        "sklearn.linear_model.Ridge: has no param alhpa; did you mean alpha? (there are: alpha",
      ],
      [
        "linear_model.Ridge",
        {},
        { alpha: -1 },
        "invalid_option",
        "sklearn.linear_model.Ridge: sklearn.utils._param_validation.InvalidParameterError: The 'alpha' parameter of Ridge must be",
      ],
      [
        "neighbors.KNeighborsRegressor",
        { weights: "w" },
        {},
        "invalid_option",
        "sklearn.neighbors.KNeighborsRegressor: takes no weights (sample_weight of fit); leave --weights out",
      ],
      [
        "linear_model.Ridge",
        { features: ["xx"] },
        {},
        "unknown_column",
        "sklearn.linear_model.Ridge: column xx is not in the source; did you mean x?",
      ],
    ];
    for (const [name, rest, params, code, message] of cases) {
      const answer = await talk.describe(specOf(name, rest), { schema: SCHEMA, params });
      expect(answer).toEqual({ type: "broken", code, message: expect.stringContaining(message) });
    }
  });

  test("that no package has says which package", async ({ start, python }) => {
    const answer = await start().describe(specOf("", { class: "lightgbm.LGBMRegressor" }), {
      schema: SCHEMA,
    });
    expect(answer).toMatchObject({
      message: `lightgbm.LGBMRegressor: needs the package lightgbm, which is not installed for ${python}; install it with ${python} -m pip install lightgbm`,
    });
  });

  test("is fitted with weights, and scored in sample where nothing is held out", async ({
    start,
    python,
  }) => {
    const talk = start();
    await talk.init(specOf("linear_model.LinearRegression", { weights: "w" }), { columns: COLUMNS });
    const [inSample, heldOut] = await talk.fit({ used: ROWS }, { used: ROWS, heldOut: ROWS });
    const plain = `
import json, sys, pandas as pd
from sklearn.linear_model import LinearRegression
df = pd.DataFrame(json.load(sys.stdin))
model = LinearRegression().fit(df[["x", "z"]], df["y"], sample_weight=df["w"])
print(json.dumps([*model.coef_.tolist(), float(model.intercept_), model.score(df[["x", "z"]], df["y"], df["w"])]))`;
    const [x, z, intercept, r2] = JSON.parse(runPlainPython(python, plain, JSON.stringify(ROWS))) as number[];
    const readable = { class: "sklearn.linear_model.LinearRegression", intercept, coefficients: { x, z } };
    expect(inSample).toMatchObject({ error: null, readable, metrics: { r2_in_sample: r2 } });
    expect(Object.keys(inSample!.metrics)).toEqual(["r2_in_sample"]);
    expect(heldOut).toMatchObject({ readable, metrics: { holdout_r2: r2 } });
    expect(Object.keys(heldOut!.metrics)).toEqual(["holdout_r2"]);
  });

  test("that may write over its rows is scored by what they were", async ({ start }) => {
    const scores: unknown[] = [];
    for (const copy of [true, false]) {
      const talk = start();
      await talk.init(specOf("linear_model.LinearRegression"), {
        columns: columnsOf({ x: "double", z: "double", y: "double" }),
        params: { copy_X: copy },
      });
      const { x, z, y } = ROWS;
      const [fit] = await talk.fit({ used: { x: x!, z: z!, y: y! } });
      scores.push([fit!.error, fit!.metrics, (fit!.readable as { intercept: number }).intercept]);
    }
    expect(scores[1]).toEqual(scores[0]);
  });

  test("may be a classifier of texts", async ({ start }) => {
    const talk = start();
    const spec = specOf("linear_model.LogisticRegression", { target: "label", features: ["x"] });
    expect(await talk.describe(spec, { schema: SCHEMA })).toMatchObject({ isLinear: false, hasScore: true });
    await talk.init(spec, { columns: COLUMNS });
    const [fit] = await talk.fit({ used: ROWS });
    expect(fit).toMatchObject({ error: null, metrics: { accuracy_in_sample: 1 }, readable: null });
    const [predicted] = await talk.predict(
      [fit!.model!],
      [0],
      [{ used: { ...ROWS, y: [0, 0, 0, 0, 0, 0] } }],
    );
    expect(predicted).toEqual({ prediction: ["a", "a", "a", "b", "b", "b"] });
  });

  test("gets the seed as random_state, unless one is given", async ({ start, python }) => {
    const spec = specOf("ensemble.RandomForestRegressor");
    const partitions = [1, 2, 1].map((seed) => ({ used: ROWS, seed }));
    const states = async (params: Record<string, number>) => {
      const talk = start();
      await talk.init(spec, { columns: COLUMNS, params });
      const fits = await talk.fit(...partitions);
      return loadByJoblib(
        python,
        fits.map(({ model }) => model!),
        "print(model.random_state, len(model.estimators_))",
      ).split("\n");
    };
    expect(await states({ n_estimators: 3 })).toEqual(["1 3", "2 3", "1 3"]);
    expect(await states({ n_estimators: 3, random_state: 9 })).toEqual(["9 3", "9 3", "9 3"]);
  });

  test("takes numpy frames where the host says so, to the same bits", async ({ start }) => {
    const readable = [];
    for (const frame of [null, "numpy"]) {
      const talk = start();
      await talk.init(specOf("linear_model.LinearRegression"), { columns: COLUMNS, frame });
      readable.push((await talk.fit({ used: ROWS }))[0]!.readable);
    }
    expect(readable[1]).toEqual(readable[0]);
  });

  test("whose fit fails says so for each partition", async ({ start }) => {
    const talk = start();
    await talk.init(specOf("linear_model.LinearRegression"), { columns: COLUMNS });
    const [broken, fit] = await talk.fit({ used: { ...ROWS, x: [1, null, 3, 4, 5, 6] } }, { used: ROWS });
    expect(broken!.error).toMatchObject({ code: "trainer_threw" });
    expect(broken!.error!.message).toMatch(
      /^ValueError: Input X contains NaN\.\nLinearRegression does not accept/,
    );
    expect(broken!.error!.stack).toMatch(
      /^Traceback \(most recent call last\):\n {2}File "sklearn\/utils\/validation\.py"/,
    );
    expect(fit!.error).toBeNull();
  });
});

describe("what can be read of a model", () => {
  test("is class, intercept and coefficients of what is linear with one output", async ({ startWith }) => {
    const cases: readonly (readonly [expression: string, readable: unknown])[] = [
      ["Lasso(alpha=0.01).fit(df[['x']], df['y'])", { coefficients: { x: expect.any(Number) } }],
      [
        "SGDRegressor(random_state=1).fit(df[['x', 'y']].to_numpy(), df['y'])",
        {
          class: "sklearn.linear_model.SGDRegressor",
          intercept: expect.any(Number),
          coefficients: { x0: expect.any(Number), x1: expect.any(Number) },
        },
      ],
      ["Own(np.array([1, 2]))", { class: "train.Own", intercept: 3, coefficients: { x0: 1, x1: 2 } }],
      ["Own(np.array([np.nan]))", null],
      ["Own(np.array(['a']))", null],
      ["Own([1, 2])", null],
      ["Ridge().fit(df[['x']], df[['x', 'y']])", null],
      ["Hostile()", null],
      ["{'coef_': 1}", null],
    ];
    const source = `import numpy as np
from sklearn.linear_model import Lasso, Ridge, SGDRegressor
class Own:
    intercept_ = 3
    def __init__(self, coef): self.coef_ = coef
class Hostile:
    @property
    def coef_(self): raise SystemError("no")
CASES = [${cases.map(([expression]) => `lambda df: ${expression}`).join(",\n")}]
def fit(df, key): return CASES[key["case"]](df)`;
    const talk = await startWith(source, { keys: ["case"] });
    const used = { x: [1, 2, 3], y: [1, 2, 2] };
    const fits = await talk.fit(...cases.map((_, i) => ({ used, key: [i] })));
    for (const [i, [, readable]] of cases.entries()) {
      expect(fits[i]!.error).toBeNull();
      if (readable === null) expect(fits[i]!.readable).toBeNull();
      else expect(fits[i]!.readable).toMatchObject(readable as object);
    }
  });
});
