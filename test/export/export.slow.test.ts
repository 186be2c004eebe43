import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { exportModels } from "../../src/export-models.ts";
import { openRun } from "../../src/store/open-run.ts";
import { train } from "../../src/train.ts";
import type { TrainOptions } from "../../src/train-options.ts";
import { runPlainPython } from "../python/plain-python.ts";
import { test } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const FILES: Readonly<Record<string, string>> = {
  "train.py": `from sklearn.linear_model import LinearRegression
from scaled import Scaled
class Own:
    def __init__(self, level): self.level = level
    def predict(self, df): return df["x"] * 0 + self.level
columns = ["x", "y"]
def fit(df, key):
    if key["k"] == "own": return Own(float(df["y"].mean()))
    if key["k"] == "beside": return Scaled(3)
    if key["k"] == "none": raise ValueError("no model")
    return LinearRegression().fit(df[["x"]], df["y"])
def predict(model, df): return model.predict(df[["x"]])
`,
  "scaled.py":
    "class Scaled:\n    def __init__(self, by): self.by = by\n    def predict(self, df): return df['x'] * self.by\n",
};

const HOSTILE = ["../up", "a/b", "A/B", "two\nlines", "x".repeat(10_000), "own", "beside", "none", "ü"];

/** A run whose models are of every kind, under hostile keys; the trainer's files are gone. */
async function hostileRun(python: string): Promise<string> {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content);
  const source = join(temporaryFolder(), "rows.csv");
  const rows = HOSTILE.flatMap((key) => [1, 2, 4].map((x) => `"${key}",${x},${x * x}`));
  writeFileSync(source, `k,x,y\n${rows.join("\n")}\n`);
  const trainer = { module: join(folder, "train.py") };
  const options = { source, by: "k", runs: temporaryFolder(), trainer, workers: 1, python };
  const run = await train(options as unknown as TrainOptions);
  await run.close();
  rmSync(folder, { recursive: true });
  return run.folder;
}

describe("an export to joblib", () => {
  test("has a file for each model that plain joblib.load opens, and an index of them", async ({ python }) => {
    const run = await hostileRun(python);
    const out = join(temporaryFolder(), "models");
    const exported = await exportModels({ run, to: "joblib", out });
    expect(exported).toMatchObject({ models: 8, hasTrainer: true, folder: out });
    const index = JSON.parse(readFileSync(join(out, "index.json"), "utf8"));
    expect(index).toMatchObject({ format: "manyfit-export", version: 1, to: "joblib", trainer: "train.py" });
    const { models } = index as { models: { key: { k: string }; file: string; class: string }[] };
    expect(models.map(({ key }) => key.k).toSorted()).toEqual(
      HOSTILE.filter((key) => key !== "none").toSorted(),
    );
    expect(readdirSync(out).toSorted()).toEqual(
      ["index.json", "trainer", ...models.map(({ file }) => file)].toSorted(),
    );
    const folded = models.map(({ file }) => file.toLowerCase());
    expect(new Set(folded).size).toBe(folded.length);
    const script = `import sys, json, hashlib
folder = ${JSON.stringify(out)}
sys.path.insert(0, folder + "/trainer")
import joblib, pandas as pd
index = json.load(open(folder + "/index.json"))
assert "manyfit_host" not in sys.modules
out = {}
for m in index["models"]:
    path = folder + "/" + m["file"]
    assert hashlib.sha256(open(path, "rb").read()).hexdigest() == m["sha256"], m
    model = joblib.load(path)
    assert m["class"].split(".")[-1] == type(model).__qualname__, (type(model), m["class"])
    out[m["key"]["k"]] = round(float(list(model.predict(pd.DataFrame({"x": [4]})))[0]), 6)
print(json.dumps(out))`;
    const predictions = JSON.parse(runPlainPython(python, script)) as Record<string, number>;
    expect(predictions).toMatchObject({ own: 7, beside: 12 });
    expect(predictions["two\nlines"]).toBeCloseTo(predictions["ü"]!, 12);
  });

  test("is of some partitions where that is told", async ({ python }) => {
    const run = await hostileRun(python);
    const out = join(temporaryFolder(), "models");
    const { models } = await exportModels({ run, to: "joblib", out, where: "k in ('own', 'none')" });
    expect(models).toBe(1);
    const again = { run, to: "joblib", out } as const;
    await expect(exportModels(again)).rejects.toMatchObject({
      message: expect.stringContaining("--overwrite"),
    });
    await expect(exportModels({ ...again, overwrite: true, where: "nonsense" })).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining("nonsense"),
    });
    expect(readdirSync(out)).toHaveLength(3);
    expect(await exportModels({ ...again, overwrite: true })).toMatchObject({ models: 8 });
    expect(readdirSync(out)).toHaveLength(10);
  });

  test("leaves nothing where it cannot be whole, and touches nothing of anybody else's", async ({
    python,
  }) => {
    const run = await hostileRun(python);
    const folder = temporaryFolder();
    const mine = join(folder, "mine");
    mkdirSync(mine);
    writeFileSync(join(mine, "notes.txt"), "mine");
    const to = "joblib" as const;
    await expect(exportModels({ run, to, out: mine, overwrite: true })).rejects.toMatchObject({
      message: expect.stringContaining("never replaced"),
    });
    await expect(exportModels({ run, to: "json", out: join(folder, "new") })).rejects.toMatchObject({
      message: expect.stringContaining("allowed is --to joblib"),
    });
    await expect(exportModels({ run, to, out: join(run, "new") })).rejects.toMatchObject({
      message: expect.stringContaining("inside the run folder"),
    });
    const path = join(run, "models.parquet");
    const bytes = readFileSync(path);
    bytes[100]! ^= 1;
    writeFileSync(path, bytes);
    await expect(exportModels({ run, to, out: join(folder, "new") })).rejects.toMatchObject({
      code: "run_damaged",
    });
    expect(readdirSync(folder)).toEqual(["mine"]);
    expect(existsSync(join(mine, "notes.txt"))).toBe(true);
  });
});

test("linear models of Python have terms", async ({ python }) => {
  const run = await openRun(await hostileRun(python));
  try {
    const sql = "select k, term, estimate, std_error from terms where k in ('ü', 'own')";
    const { rows } = await run.query(sql);
    expect(rows.map(([k, term, , error]) => [k, term, error])).toEqual([
      ["ü", "(intercept)", null],
      ["ü", "x", null],
    ]);
    const [model] = (await run.query("select model from models where k = 'ü'")).rows;
    const { intercept, coefficients } = (
      typeof model![0] === "string" ? JSON.parse(model![0]) : model![0]
    ) as {
      intercept: number;
      coefficients: { x: number };
    };
    expect(rows.map(([, , estimate]) => estimate)).toEqual([intercept, coefficients.x]);
  } finally {
    await run.close();
  }
});
