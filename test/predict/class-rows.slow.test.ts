import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { SqlValue } from "../../src/duckdb/duckdb.ts";
import { quoteText } from "../../src/duckdb/quote.ts";
import { type Prediction, predict } from "../../src/predict.ts";
import type { PredictOptions } from "../../src/predict-options.ts";
import { train } from "../../src/train.ts";
import type { TrainOptions } from "../../src/train-options.ts";
import { type SklearnOptions, sklearn } from "../../src/trainer/sklearn.ts";
import { runPlainPython } from "../python/plain-python.ts";
import { test } from "../python/python-test.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

type Written = Readonly<Record<string, SqlValue>>;

function csvOf(header: string, rows: readonly string[]): string {
  const path = join(temporaryFolder(), "rows.csv");
  writeFileSync(path, `${header}\n${rows.join("\n")}\n`);
  return path;
}

/** Rows that the class is trained on, by the key `k`. */
const ROWS = ["a,1,1,2", "a,2,1,4.5", "a,3,5,6", "a,4,2,7", "b,1,0,5", "b,2,1,4", "b,4,1,2.5"];

/** Trains a class on {@link ROWS}, of which y is to explain. */
async function trained(
  python: string,
  spec: Partial<SklearnOptions>,
  options: Partial<TrainOptions> = {},
): Promise<string> {
  const run = await train({
    ...{ source: csvOf("k,x,z,y", ROWS), by: "k", runs: temporaryFolder(), workers: 1, python },
    trainer: sklearn({ class: "sklearn.linear_model.LinearRegression", target: "y", ...spec }),
    ...options,
  } as TrainOptions);
  await run.close();
  return run.folder;
}

async function predicted(
  options: Omit<PredictOptions, "out">,
): Promise<Prediction & { readonly written: readonly Written[] }> {
  const out = join(temporaryFolder(), "out.parquet");
  const prediction = await predict({ workers: 1, ...options, out });
  const duckdb = await openTestDuckdb();
  const connection = await duckdb.connect();
  try {
    return { ...prediction, written: await connection.rows<Written>(`select * from ${quoteText(out)}`) };
  } finally {
    connection.close();
    duckdb.close();
  }
}

describe("rows to predict with a class, some of which lack a feature", () => {
  test("have a reason, and those beside them their predictions", async ({ python }) => {
    const run = await trained(python, {});
    const source = csvOf("k,x,z", ["a,,1", "a,2,3", "a,inf,1", "a,7,nan", "a,5,5", "b,,", "c,,1"]);
    const { written, reasons, examples } = await predicted({ run, source, python });
    const script = `import json, pandas as pd
from sklearn.linear_model import LinearRegression
rows = pd.DataFrame([r.split(",") for r in ${JSON.stringify(ROWS)}], columns=["k", "x", "z", "y"])
a = rows[rows.k == "a"]
model = LinearRegression().fit(a[["x", "z"]].astype(int), a["y"].astype(float))
print(json.dumps(model.predict(pd.DataFrame({"x": [2.0, 5.0], "z": [3.0, 5.0]})).tolist()))`;
    const [second, fifth] = JSON.parse(runPlainPython(python, script)) as number[];
    // BLAS sums rows of another layout in another order.
    expect(written[1]!["prediction"]).toBeCloseTo(second!, 12);
    expect(written[4]!["prediction"]).toBeCloseTo(fifth!, 12);
    expect(written.map((row) => [row["prediction"] === null, row["prediction_reason"]])).toEqual([
      [true, "null_feature"],
      [false, null],
      [true, "null_feature"],
      [true, "null_feature"],
      [false, null],
      [true, "null_feature"],
      [true, "unknown_key"],
    ]);
    expect(reasons).toEqual({ null_feature: 4, unknown_key: 1 });
    expect(examples["null_feature"]).toEqual(["k=a", "k=b"]);
  });

  test("are the class's own affair where the models were fitted on such rows", async ({ python }) => {
    const keeping = {
      ...{ class: "sklearn.ensemble.HistGradientBoostingRegressor", features: ["x"] },
      params: { max_iter: 3, min_samples_leaf: 1 },
    };
    const run = await trained(python, keeping, { nulls: "keep" });
    const { written, reasons } = await predicted({ run, source: csvOf("k,x", ["a,", "a,2"]), python });
    expect(reasons).toEqual({});
    expect(written.map((row) => typeof row["prediction"])).toEqual(["number", "number"]);
  });
});
