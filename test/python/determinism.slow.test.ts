import { createHash } from "node:crypto";
import { describe, expect } from "vitest";
import { loadByJoblib, runPlainPython } from "./plain-python.ts";
import { test } from "./python-test.ts";
import type { Fit } from "./talk.ts";
import { columnsOf, type TestPartition } from "./work-of.ts";

const NUMPY = 'frame = "numpy"\n';

/** Numbers that look like noise, the same in every run. */
function noise(count: number, seed: number): number[] {
  let state = seed + 1;
  return Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  });
}

function noisyPartition(seed: number, rows = 20 + (seed % 7)): TestPartition {
  return { used: { x: noise(rows, seed), z: noise(rows, seed + 1000), y: noise(rows, seed + 2000) }, seed };
}

const COLUMNS = columnsOf({ x: "double", z: "double", y: "double" });

function hashes(fits: readonly Fit[]): string[] {
  return fits.map(({ model, error }) => error?.message ?? createHash("sha256").update(model!).digest("hex"));
}

describe("the same partition gives the same bytes", () => {
  test.for([
    [
      "a pandas frame",
      `
from sklearn.linear_model import LinearRegression
def fit(df): return LinearRegression().fit(df[["x", "z"]], df["y"])`,
    ],
    [
      "a numpy frame and random numbers",
      `
import random, numpy as np
frame = "numpy"
def fit(df): return {"r": random.random(), "n": np.random.normal(size=3), "set": {"a", "b", "c"}, "x": df["x"]}`,
    ],
    [
      "a forest with the seed",
      `
from sklearn.ensemble import RandomForestRegressor
def fit(df, seed): return RandomForestRegressor(3, random_state=seed).fit(df[["x", "z"]].to_numpy(), df["y"])`,
    ],
    ["a whole frame as the model", "def fit(df): return df"],
  ])(
    "of %s, one by one, 64 in a message, in another order and another process",
    async ([, source], { startWith }) => {
      const partitions = Array.from({ length: 64 }, (_, seed) => noisyPartition(seed));
      const together = await startWith(source!, { columns: COLUMNS });
      const expected = hashes(await together.fit(...partitions));
      expect(new Set(expected).size).toBe(64);
      expect(hashes(await together.fit(...partitions.toReversed())).toReversed()).toEqual(expected);
      const alone = await startWith(source!, { columns: COLUMNS });
      const found: string[] = [];
      for (const partition of partitions.slice(0, 12)) found.push(...hashes(await alone.fit(partition)));
      expect(found).toEqual(expected.slice(0, 12));
    },
  );

  test("of code that draws more numbers in another partition", async ({ startWith }) => {
    const source = `${NUMPY}import random, numpy as np
def fit(df, seed):
    for _ in range(seed): random.random(); np.random.random()
    np.random.seed(None) if seed == 5 else None
    return 1, {"random": random.random(), "numpy": np.random.random()}`;
    const talk = await startWith(source, { columns: COLUMNS });
    const [first, , again] = await talk.fit(noisyPartition(3), noisyPartition(5), noisyPartition(3));
    expect(again!.metrics).toEqual(first!.metrics);
    const plain =
      "import random, numpy; random.seed(0); numpy.random.seed(0); print(random.random(), numpy.random.random())";
    const [zero] = await talk.fit(noisyPartition(0));
    const { python } = talk;
    expect(Object.values(zero!.metrics)).toEqual(runPlainPython(python, plain).split(" ").map(Number));
  });
});

describe("memory of a frame", () => {
  test("begins at a multiple of 64 bytes, is contiguous, and may be written to", async ({ startWith }) => {
    const source = `${NUMPY}def fit(df, seed):
    first = df["x"]
    place = first.__array_interface__["data"][0] % 64
    gap = df["z"].__array_interface__["data"][0] - first.__array_interface__["data"][0]
    metrics = {"place": place, "gap": gap, "sum": sum(map(float.__float__, map(float, df["y"]))), "writable": first.flags.writeable}
    for values in df.values(): values[:] = 1e300
    return 1, metrics`;
    const talk = await startWith(source, { columns: COLUMNS });
    const partitions = Array.from({ length: 20 }, (_, seed) => ({
      ...noisyPartition(seed),
      heldOut: noisyPartition(99).used,
    }));
    for (const [i, { metrics }] of (await talk.fit(...partitions)).entries()) {
      const y = partitions[i]!.used["y"] as number[];
      expect(metrics).toMatchObject({ place: 0, gap: 8 * y.length, writable: 1 });
      expect(metrics["sum"]).toBeCloseTo(
        y.reduce((sum, value) => sum + value, 0),
        12,
      );
    }
  });

  test("of pandas is one block without a copy, which may be written to", async ({ startWith }) => {
    const source = `import numpy as np
def fit(df, seed):
    blocks, values = df._mgr.nblocks, df._mgr.blocks[0].values
    base = values.base is not None
    df.loc[0, "x"] = 7.0
    df["new"] = 1
    df.columns.name = f"name {seed}"
    return 1, {"blocks": blocks, "view": base, "fortran": values.flags.c_contiguous, "place": values.__array_interface__["data"][0] % 64,
               "set": df["x"].iloc[0], "columns": df.shape[1], "names": len(df.columns.name)}
`;
    const talk = await startWith(source, { columns: COLUMNS });
    const fits = await talk.fit(noisyPartition(1), noisyPartition(2));
    const metrics = { blocks: 1, view: 1, fortran: 1, place: 0, set: 7, columns: 4, names: 6 };
    expect(fits.map((fit) => fit.metrics)).toEqual([metrics, metrics]);
  });

  test("has columns whose names a partition may name, which the next one does not see", async ({
    startWith,
  }) => {
    const source = `def fit(df, seed):
    found = df.columns.name
    df.columns.name = "mine"
    return 1, {"found": found is not None}`;
    const talk = await startWith(source, { columns: COLUMNS });
    const fits = await talk.fit(noisyPartition(1), noisyPartition(2));
    expect(fits.map((fit) => fit.metrics)).toEqual([{ found: 0 }, { found: 0 }]);
  });
});

describe("coefficients are bit for bit those of plain Python", () => {
  test.for([["pandas"], ["numpy"]] as const)("from a %s frame", async ([frame], { startWith, python }) => {
    const X = frame === "pandas" ? 'df[["x", "z"]]' : 'np.column_stack([df["x"], df["z"]])';
    const fit = `LinearRegression().fit(${X}, df["y"])`;
    const source = `frame = "${frame}"\nimport numpy as np\nfrom sklearn.linear_model import LinearRegression\ndef fit(df): return ${fit}`;
    const talk = await startWith(source, { columns: COLUMNS });
    const partitions = Array.from({ length: 30 }, (_, seed) => noisyPartition(seed, 100 + seed));
    const fits = await talk.fit(...partitions);
    const script = `
import json, sys, numpy as np, pandas as pd
from sklearn.linear_model import LinearRegression
for rows in json.load(sys.stdin):
    df = pd.DataFrame(rows)
    model = ${fit}
    print(json.dumps([float(model.intercept_), *model.coef_.tolist()]))
`;
    const lines = runPlainPython(python, script, JSON.stringify(partitions.map(({ used }) => used))).split(
      "\n",
    );
    const names = frame === "pandas" ? ["x", "z"] : ["x0", "x1"];
    for (const [i, { readable }] of fits.entries()) {
      const [intercept, ...coefficients] = JSON.parse(lines[i]!) as number[];
      expect(readable).toEqual({
        class: "sklearn.linear_model.LinearRegression",
        intercept,
        coefficients: Object.fromEntries(names.map((name, at) => [name, coefficients[at]])),
      });
    }
    const loaded = loadByJoblib(
      python,
      [fits[3]!.model!],
      "import json; print(json.dumps([float(model.intercept_), *model.coef_.tolist()]))",
    );
    expect(loaded).toBe(lines[3]);
  });
});
