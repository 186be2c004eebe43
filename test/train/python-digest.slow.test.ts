import { describe, expect } from "vitest";
import { test } from "../python/python-test.ts";
import { sourceOf, trainPython } from "./train-python.ts";

/** Models that hold all that could differ: rows and their order, where they lie in memory, what is drawn, how sets are ordered. */
const TRAINER = `
import random
import numpy as np

columns = ["x", "name", "y"]


def fit(df, key, params, seed):
    numbers = df[["x", "y"]].to_numpy()
    beta = np.linalg.lstsq(np.column_stack([np.ones(len(df)), df["x"]]), df["y"], rcond=None)[0]
    return {
        "key": key,
        "seed": seed,
        "index": list(df.index),
        "rows": [[float(x), str(name), float(y)] for x, name, y in df.itertuples(index=False)],
        "at": [df["x"].to_numpy().ctypes.data % 64, df["y"].to_numpy().ctypes.data % 8],
        "strides": [numbers.strides, df["x"].to_numpy().strides],
        "drawn": [random.random(), float(np.random.normal())],
        "set": set(df["name"].dropna()),
        "beta": beta,
        "sum": float(df["x"].sum()),
    }


def score(model, df, params):
    return {"sum": float(df["y"].sum())}
`;

/** Sizes that leave rows in other places of messages when they are packed otherwise. */
const rows = (k: number): string[] =>
  Array.from({ length: 1 + ((k * 37) % 50) }, (_, i) => {
    const x = (k * 7919 + i * 104_729) % 10_007;
    return `${x / 7},${i % 5 === 4 ? "" : `name ${x % 13}`},${(x % 101) / 3}`;
  });

const PARTITIONS = new Map(Array.from({ length: 150 }, (_, k) => [`k${k}`, rows(k)]));

describe("the digest of a run of a Python trainer", () => {
  test.for([
    ["by key", "by", {}],
    ["per file", "per-file", {}],
    ["in an order", "by", { orderBy: ["y", "x"] }],
    ["with rows held out", "by", { holdout: 0.25, nulls: "drop", minRows: 2 }],
  ] as const)(
    "is the same for any number of workers, %s",
    { timeout: 120_000 },
    async ([, layout, told], { python }) => {
      const source = sourceOf(layout, "x,name,y", PARTITIONS);
      const digests: (string | undefined)[] = [];
      const states: unknown[] = [];
      for (const workers of layout === "by" && !("orderBy" in told) ? [0, 1, 2, 8] : [1, 3]) {
        const run = await trainPython(TRAINER, { ...source, ...told, python, workers } as Parameters<
          typeof trainPython
        >[1]);
        digests.push(run.manifest.digest);
        states.push(run.manifest.counts.states);
      }
      expect(new Set(digests).size).toBe(1);
      expect(states).toEqual(states.map(() => states[0]));
      expect((states[0] as { fitted: number }).fitted).toBeGreaterThan(140);
    },
  );
});
