import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { type OpenedRun, type SklearnOptions, sklearn, type TrainOptions, train } from "../../src/index.ts";
import { needPython, type PythonForTests, pythonWith } from "../python/environment.ts";
import { runPlainPython } from "../python/plain-python.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const GAPMINDER = fileURLToPath(new URL("../data/gapminder/gapminder_unfiltered.csv", import.meta.url));

let environment: PythonForTests;
beforeAll(async () => {
  environment = await pythonWith("newest");
}, 600_000);

function trainClass(
  python: string,
  spec: SklearnOptions,
  options: Partial<TrainOptions> = {},
): Promise<OpenedRun> {
  return train({
    ...{
      source: GAPMINDER,
      by: "country",
      trainer: sklearn(spec),
      python,
      runs: temporaryFolder(),
      workers: 2,
    },
    ...options,
  } as TrainOptions);
}

const LINE = { class: "sklearn.linear_model.LinearRegression", target: "lifeExp", features: ["year", "pop"] };

describe("a class of scikit-learn, trained by key", () => {
  test("gives the bits of the same fit in plain Python", async (context) => {
    const python = needPython(context, environment);
    const run = await trainClass(python, LINE);
    const found = await run.query(
      "select country, json_extract(model, '$.intercept'), json_extract(model, '$.coefficients.year'), json_extract(model, '$.coefficients.pop') from models",
    );
    const plain = `
import json, sys, pandas as pd
from sklearn.linear_model import LinearRegression
df = pd.read_csv(sys.stdin.read().strip())
found = {}
for key, group in df.groupby("country"):
    model = LinearRegression().fit(group[["year", "pop"]], group["lifeExp"])
    found[key] = [float(model.intercept_), *model.coef_.tolist()]
print(json.dumps(found))`;
    const expected = JSON.parse(runPlainPython(python, plain, GAPMINDER)) as Record<string, number[]>;
    const got = Object.fromEntries(found.rows.map(([key, ...numbers]) => [String(key), numbers.map(Number)]));
    expect(got).toEqual(expected);
    expect(found.rows).toHaveLength(187);
    expect(run.manifest!.job.module).toMatchObject({ name: LINE.class, hasPredict: true, hasScore: true });
    expect(run.manifest!.job.trainerColumns).toEqual({
      target: "lifeExp",
      features: ["year", "pop"],
      weights: null,
    });
    run.close();
  });

  test("with a seed is the same for any number of workers", async (context) => {
    const python = needPython(context, environment);
    const spec = {
      class: "sklearn.ensemble.RandomForestRegressor",
      target: "lifeExp",
      features: ["year"],
      params: { n_estimators: 3 },
    };
    const digests = [];
    for (const workers of [0, 1, 3]) {
      const run = await trainClass(python, spec, { workers, limit: 20 });
      digests.push(run.manifest!.digest);
      run.close();
    }
    expect(new Set(digests).size).toBe(1);
  });

  test("may explain nothing, and then has no metrics", async (context) => {
    const python = needPython(context, environment);
    const run = await trainClass(
      python,
      { class: "sklearn.cluster.KMeans", features: ["pop", "lifeExp"], params: { n_clusters: 1 } },
      { limit: 5 },
    );
    expect(run.manifest!.counts.states.fitted).toBe(5);
    expect(run.manifest!.resultSchema.metrics).toEqual([]);
    run.close();
  });

  test("may classify texts, scored on rows that are held out", async (context) => {
    const python = needPython(context, environment);
    const run = await trainClass(
      python,
      { class: "sklearn.tree.DecisionTreeClassifier", target: "country", features: ["pop", "lifeExp"] },
      { by: "continent", holdout: 0.2 },
    );
    expect(run.manifest!.resultSchema.metrics.map(({ name }) => name)).toEqual(["holdout_accuracy"]);
    run.close();
  });

  test.each<[SklearnOptions, Partial<TrainOptions>, string]>([
    [
      { ...LINE, class: "sklearn.linear_model.Ridg" },
      {},
      "sklearn.linear_model.Ridg: sklearn.linear_model has no Ridg; did you mean Ridge?",
    ],
    [
      { class: LINE.class },
      {},
      `${LINE.class}: needs a target, the column to explain; name it with --target`,
    ],
    [
      { ...LINE, target: "continent", features: ["year"] },
      {},
      `target "continent" is text, ${LINE.class} is a regressor and needs numbers; if they are numbers, tell --type continent=double`,
    ],
    [{ ...LINE, features: ["continent"] }, {}, `feature "continent" is text, ${LINE.class} needs numbers`],
    [
      { class: "sklearn.cluster.KMeans", features: ["pop"] },
      { holdout: 0.2 },
      "--holdout needs a class that can score: sklearn.cluster.KMeans is neither a regressor nor a classifier; leave --holdout out",
    ],
    [
      { ...LINE, params: { fit_intercep: false } },
      {},
      `${LINE.class}: has no param fit_intercep; did you mean fit_intercept?`,
    ],
  ])("is refused before the run: %o %o", async (spec, options, message) => {
    if (!("path" in environment)) return expect(process.env["CI"]).not.toBe("true");
    await expect(trainClass(environment.path, spec, options)).rejects.toThrow(message);
  });
});
