import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect } from "vitest";
import { quoteText } from "../../src/duckdb/quote.ts";
import { type Prediction, predict } from "../../src/predict.ts";
import type { PredictOptions } from "../../src/predict-options.ts";
import { train } from "../../src/train.ts";
import type { TrainOptions } from "../../src/train-options.ts";
import { sklearn } from "../../src/trainer/sklearn.ts";
import { pythonWith } from "../python/environment.ts";
import { runPlainPython } from "../python/plain-python.ts";
import { test, testsWith, trainerFile } from "../python/python-test.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const GAPMINDER = fileURLToPath(new URL("../data/gapminder/gapminder_unfiltered.csv", import.meta.url));
const NEWEST = await pythonWith("newest");
const LOWEST = await pythonWith("lowest");

/** Rows of a file that was written, as objects. */
async function rowsOf(path: string): Promise<Record<string, unknown>[]> {
  const duckdb = await openTestDuckdb();
  const connection = await duckdb.connect();
  try {
    return await connection.rows(`select * from ${quoteText(path)}`);
  } finally {
    connection.close();
    duckdb.close();
  }
}

/** A table of texts as CSV. */
function csvOf(header: string, rows: readonly string[]): string {
  const path = join(temporaryFolder(), "rows.csv");
  writeFileSync(path, `${header}\n${rows.join("\n")}\n`);
  return path;
}

/** Trains with a trainer of this source, in the folder of whose files `beside` are. */
async function trained(
  { python, source, beside = {}, name = "train.py" }: TrainerText & { readonly python: string },
  options: Omit<TrainOptions, "trainer">,
): Promise<string> {
  const { path } = trainerFile(source, { name, beside });
  const { by, perFile, ...rest } = options;
  const run = await train({
    ...{ runs: temporaryFolder(), trainer: { module: path }, workers: 2, python },
    ...rest,
    ...(perFile === undefined ? { by } : { perFile }),
  } as TrainOptions);
  await run.close();
  return run.folder;
}

interface TrainerText {
  readonly source: string;
  readonly beside?: Readonly<Record<string, string>>;
  readonly name?: string;
}

async function predicted(
  options: Omit<PredictOptions, "out"> & { readonly run: string },
): Promise<Prediction & { readonly written: Record<string, unknown>[] }> {
  const out = join(temporaryFolder(), "out.parquet");
  const prediction = await predict({ workers: 2, ...options, out });
  return { ...prediction, written: await rowsOf(out) };
}

const LINEAR = `from sklearn.linear_model import LinearRegression
columns = ["x", "y"]
def fit(df): return LinearRegression().fit(df[["x"]], df["y"])
def predict(model, df): return model.predict(df[["x"]])
`;

const ROWS = ["a,1,2", "a,2,4.5", "a,3,6", "b,1,5", "b,2,4", "b,4,2.5"];

describe("predictions with models of Python", () => {
  test("are those of plain Python, bit by bit, with joblib.load and the same rows", async ({ python }) => {
    const source = csvOf("k,x,y", ROWS);
    const run = await trained({ python, source: LINEAR }, { source, by: "k" });
    const { written, warnings, rows, predicted: count } = await predicted({ run, source, python });
    expect({ rows, count, warnings }).toEqual({ rows: 6, count: 6, warnings: [] });
    const script = `import pandas as pd, joblib, io, json, pyarrow.parquet as pq
models = pq.read_table(${JSON.stringify(join(run, "models.parquet"))}).to_pylist()
rows = pd.read_csv(${JSON.stringify(source)})
out = []
for m in models:
    model = joblib.load(io.BytesIO(m["model_blob"]))
    out += model.predict(rows[rows.k == m["k"]][["x"]]).tolist()
print(json.dumps(out))`;
    expect(written.map((row) => row["prediction"])).toEqual(JSON.parse(runPlainPython(python, script)));
  });

  test("are those of plain Python for 187 countries, one model each", async ({ python }) => {
    const trainer = {
      source: `from sklearn.ensemble import GradientBoostingRegressor
columns = ["year", "lifeExp", "pop"]
def fit(df, seed): return GradientBoostingRegressor(n_estimators=5, random_state=seed).fit(df[["year", "pop"]], df["lifeExp"])
def predict(model, df): return {"expected": model.predict(df[["year", "pop"]]), "leaf": model.apply(df[["year", "pop"]])[:, 0]}
`,
    };
    const run = await trained({ python, ...trainer }, { source: GAPMINDER, by: "country" });
    const { written, rows, predicted: count } = await predicted({ run, source: GAPMINDER, python });
    expect(count).toBe(rows);
    const script = `import pandas as pd, joblib, io, json, pyarrow.parquet as pq
models = {m["country"]: joblib.load(io.BytesIO(m["model_blob"])) for m in pq.read_table(${JSON.stringify(join(run, "models.parquet"))}).to_pylist()}
rows = pd.read_csv(${JSON.stringify(GAPMINDER)}, keep_default_na=False)
expected, leaf = [0.0] * len(rows), [0.0] * len(rows)
for country, part in rows.groupby("country"):
    x = part[["year", "pop"]]
    for i, e, l in zip(part.index, models[country].predict(x), models[country].apply(x)[:, 0]):
        expected[i], leaf[i] = float(e), float(l)
print(json.dumps([expected, leaf]))`;
    const [expected, leaf] = JSON.parse(runPlainPython(python, script)) as [number[], number[]];
    expect(written.map((row) => row["expected"])).toEqual(expected);
    expect(written.map((row) => row["leaf"])).toEqual(leaf);
  });

  test("of a class need its features, and neither target nor weights", async ({ python }) => {
    const source = csvOf("k,x,y,w", ["a,1,2,1", "a,2,4.5,2", "a,3,6,1", "b,1,5,1", "b,2,4,1", "b,4,2.5,3"]);
    const trainer = sklearn({
      ...{ class: "sklearn.linear_model.LinearRegression", target: "y", features: ["x"], weights: "w" },
    });
    const trainOptions = { source, by: "k", runs: temporaryFolder(), trainer, workers: 1, python };
    const run = await train(trainOptions as unknown as TrainOptions);
    await run.close();
    const rows = csvOf("x,k", ["1.5,a", "2,b", "7,c"]);
    const { written, warnings } = await predicted({ run: run.folder, source: rows, python });
    expect(warnings).toEqual([]);
    const script = `import pandas as pd, joblib, io, json, pyarrow.parquet as pq
models = {m["k"]: joblib.load(io.BytesIO(m["model_blob"])) for m in pq.read_table(${JSON.stringify(join(run.folder, "models.parquet"))}).to_pylist()}
print(json.dumps([float(models[k].predict(pd.DataFrame({"x": [x]}))[0]) for k, x in [("a", 1.5), ("b", 2)]]))`;
    expect(written.map((row) => [row["prediction"], row["prediction_reason"]])).toEqual([
      ...(JSON.parse(runPlainPython(python, script)) as number[]).map((value) => [value, null]),
      [null, "unknown_key"],
    ]);
  });

  test("run the run's own copy of the trainer, with the modules beside it, when the files are gone", async ({
    python,
  }) => {
    const source = csvOf("k,x,y", ROWS);
    const folder = temporaryFolder();
    const files: Readonly<Record<string, string>> = {
      "train.py": `from shapes.lines import Line
from factor import FACTOR
class Scaled:
    def __init__(self, line): self.line = line
columns = ["x", "y"]
def fit(df): return Scaled(Line(float(df["y"].mean())))
def predict(model, df): return model.line.at(df["x"]) * FACTOR
`,
      "factor.py": "FACTOR = 2\n",
      "shapes/__init__.py": "",
      "shapes/lines.py": `class Line:
    def __init__(self, level): self.level = level
    def at(self, x): return self.level + 0 * x
`,
    };
    mkdirSync(join(folder, "shapes"));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const trainer = { module: join(folder, "train.py") };
    const options = { source, by: "k", runs: temporaryFolder(), trainer, workers: 1, python };
    const run = await train(options as unknown as TrainOptions);
    await run.close();
    expect(run.manifest!.job.module!.python!.sources!.map(({ name, file }) => [name, file])).toEqual([
      ["train.py", "trainer.py"],
      ["factor.py", "trainer-1.py"],
      ["shapes/__init__.py", "trainer-2.py"],
      ["shapes/lines.py", "trainer-3.py"],
    ]);
    rmSync(folder, { recursive: true });
    const { written } = await predicted({ run: run.folder, source, python });
    const [a, b] = [(2 + 4.5 + 6) / 3, (5 + 4 + 2.5) / 3];
    expect(written.map((row) => row["prediction"])).toEqual([a, a, a, b, b, b].map((level) => level * 2));
  });

  test("fail for the partition that is at fault, and for no other", async ({ python }) => {
    const keys = ["dies", "fine", "hangs", "raises", "short"];
    const source = csvOf(
      "k,x",
      keys.flatMap((key) => [`${key},1`, `${key},2`]),
    );
    const trainer = {
      source: `import os, time
columns = ["x"]
def fit(df): return {"level": float(df["x"].sum())}
def predict(model, df, key):
    if key["k"] == "dies": os._exit(9)
    if key["k"] == "hangs": time.sleep(600)
    if key["k"] == "raises": raise ValueError("no such shop")
    if key["k"] == "short": return [1.0]
    return {"level": df["x"] + model["level"], "word": ["a", None]}
`,
    };
    const run = await trained({ python, ...trainer }, { source, by: "k" });
    const { written, reasons, failures } = await predicted({ run, source, python, timeout: "3s" });
    expect(written.filter((row) => row["k"] === "fine").map((row) => [row["level"], row["word"]])).toEqual([
      [4, "a"],
      [5, null],
    ]);
    expect(reasons).toEqual({ predict_failed: 8 });
    const byKey = Object.fromEntries(failures.map(({ message, examples }) => [examples[0], message]));
    expect(byKey).toEqual({
      "k=dies": expect.stringContaining("exit code 9"),
      "k=hangs": expect.stringMatching(/timed_out|longer than 3 s/),
      "k=raises": "ValueError: no such shop",
      "k=short": expect.stringContaining("with 1 values, must have 2, one for each row"),
    });
  });

  test("are of each file, in a run with one model per file", async ({ python }) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "a.csv"), "x,y\n1,2\n2,4.5\n3,6\n");
    writeFileSync(join(folder, "b.csv"), "x,y\n1,5\n2,4\n4,2.5\n");
    const run = await trained({ python, source: LINEAR }, { source: folder, perFile: true });
    const { written } = await predicted({ run, source: folder, python });
    const script = `import pandas as pd, json
from sklearn.linear_model import LinearRegression
out = []
for name in ["a", "b"]:
    df = pd.read_csv(${JSON.stringify(folder)} + "/" + name + ".csv")
    out += LinearRegression().fit(df[["x"]].astype(df.x.dtype), df["y"]).predict(df[["x"]]).tolist()
print(json.dumps(out))`;
    expect(written.map((row) => row["prediction"])).toEqual(JSON.parse(runPlainPython(python, script)));
  });

  test("have keys of all types as they were trained with", async ({ python }) => {
    const header = "n,d,t,b,x";
    const rows = ["1,2024-01-02,a,true,1", "1,2024-01-02,a,true,2", "2,2024-02-03,,false,3"];
    const source = csvOf(header, rows);
    const text = `columns = ["x"]
def fit(df, key): return repr(list(key.values()))
def predict(model, df, key): return [model + "|" + str(model == repr(list(key.values())))] * len(df)
`;
    const types = { n: "integer", d: "date", b: "boolean" } as const;
    const run = await trained({ python, source: text }, { source, by: ["n", "d", "t", "b"], types });
    const { written } = await predicted({ run, source, python });
    const first = "[1, '2024-01-02', 'a', True]|True";
    expect(written.map((row) => row["prediction"])).toEqual([first, first, expect.stringContaining("|True")]);
  });
});

describe("models of Python that are not what was stored", () => {
  test("are not loaded at all where the table of models was changed", async ({ python }) => {
    const source = csvOf("k,x,y", ROWS);
    const run = await trained({ python, source: LINEAR }, { source, by: "k" });
    const path = join(run, "models.parquet");
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(path, bytes);
    await expect(predicted({ run, source, python })).rejects.toMatchObject({
      code: "run_damaged",
      message: expect.stringMatching(/models.parquet has sha256 .*no model is loaded/),
    });
  });

  test("fail their partition, and are not loaded, where they have another hash", async ({ python }) => {
    const source = csvOf("k,x,y", ROWS);
    const run = await trained({ python, source: LINEAR }, { source, by: "k" });
    await replaceModel(run, "a", { python, evil: join(run, "evil") });
    const { written, failures } = await predicted({ run, source, python });
    expect(existsSync(join(run, "evil"))).toBe(false);
    expect(failures).toEqual([
      expect.objectContaining({
        examples: ["k=a"],
        message: expect.stringMatching(/^model_damaged: .*is not loaded$/),
      }),
    ]);
    expect(written.map((row) => row["prediction"] === null)).toEqual([true, true, true, false, false, false]);
  });
});

/** Puts a pickle that writes a file in the place of a model, and its table's new hash into the manifest. */
async function replaceModel(
  run: string,
  key: string,
  { python, evil }: { readonly python: string; readonly evil: string },
): Promise<void> {
  const path = join(run, "models.parquet");
  const script = `import os, pickle, pyarrow as pa, pyarrow.parquet as pq
class Evil:
    def __reduce__(self): return (open, (${JSON.stringify(evil)}, "w"))
table = pq.read_table(${JSON.stringify(path)})
blobs = [pickle.dumps(Evil()) if k == ${JSON.stringify(key)} else blob
         for k, blob in zip(table["k"].to_pylist(), table["model_blob"].to_pylist())]
at = table.column_names.index("model_blob")
pq.write_table(table.set_column(at, "model_blob", pa.array(blobs, pa.binary())), ${JSON.stringify(path)})`;
  runPlainPython(python, script);
  const bytes = readFileSync(path);
  const manifestPath = join(run, "manifest.json");
  const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
  const file = manifest.files.find((candidate: { name: string }) => candidate.name === "models.parquet");
  Object.assign(file, { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
  writeFileSync(manifestPath, JSON.stringify(manifest));
}

describe("other versions", () => {
  const lowestTest = testsWith(LOWEST);

  lowestTest("are told once for each package, with both", async ({ python: lowest }) => {
    if (!("path" in NEWEST)) throw new Error(NEWEST.reason);
    const source = csvOf("k,x,y", ROWS);
    const run = await trained({ python: lowest, source: LINEAR }, { source, by: "k" });
    const told: string[] = [];
    const options = { run, source, python: NEWEST.path, onWarning: (text: string) => told.push(text) };
    const { warnings } = await predicted(options);
    expect(told).toEqual(warnings);
    const named = warnings.map((text) => /^models were fitted with (\S+) /.exec(text)?.[1]);
    expect(new Set(named).size).toBe(named.length);
    expect(named).toEqual(expect.arrayContaining(["scikit-learn", "numpy", "pandas", "joblib"]));
    expect(warnings.join("\n")).toMatch(/fitted with scikit-learn 1\.4\.\d+, here it is 1\.\d+/);
  });
});
