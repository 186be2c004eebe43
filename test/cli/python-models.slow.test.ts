import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { test, trainerFile } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";

const TRAINER = `from sklearn.linear_model import LinearRegression
columns = ["x", "y"]
def fit(df, key): return {"level": 1.0} if key["k"] == "c" else LinearRegression().fit(df[["x"]], df["y"])
def predict(model, df): return model.predict(df[["x"]])
`;

test("models of Python are shown, asked for, predicted with and exported on the command line", async ({
  python,
}) => {
  const folder = temporaryFolder();
  const source = join(folder, "rows.csv");
  const rows = ["a", "b", "c"].flatMap((key) => [1, 2, 4].map((x) => `${key},${x},${2 * x + 1}`));
  writeFileSync(source, `k,x,y\n${rows.join("\n")}\n`);
  const { path } = trainerFile(TRAINER);
  const run = async (...args: string[]) => {
    const result = await runCli(args, { cwd: folder });
    expect(result).toMatchObject({ code: 0 });
    return result;
  };
  await run("train", source, "--by", "k", "--trainer", path, "--workers", "1", "--python", python);

  expect((await run("show")).stdout).toMatch(
    /models +sklearn\.linear_model\.LinearRegression \(2\), \S*dict \(1\)/,
  );
  const one = (await run("models", "latest", "--key", "k=a")).stdout;
  expect(one).toMatch(/\(intercept\) +1/);
  expect(one).toContain("LinearRegression");
  const json = JSON.parse((await run("models", "latest", "--key", "k=a", "--format", "json")).stdout);
  expect(json.terms.map(({ term }: { term: string }) => term)).toEqual(["(intercept)", "x"]);
  expect(json.modelBlob.sha256).toBe(json.model.sha256);
  const slopes = (
    await run("query", "select k, round(estimate, 9) as s from terms where term = 'x'", "--format", "csv")
  ).stdout;
  expect(slopes).toBe("k,s\na,2.0\nb,2.0\n".replaceAll(".0", slopes.includes(".0") ? ".0" : ""));

  const out = join(folder, "out.csv");
  const predicted = await run(
    "predict",
    "latest",
    source,
    "--out",
    out,
    "--python",
    python,
    "--workers",
    "1",
    "--json",
  );
  expect(JSON.parse(predicted.stdout)).toMatchObject({
    rows: 9,
    predicted: 6,
    warnings: [],
    reasons: { predict_failed: 3 },
  });
  expect(existsSync(out)).toBe(true);

  const exported = await run(
    "export",
    "latest",
    "--to",
    "joblib",
    "--out",
    join(folder, "models"),
    "--where",
    "k = 'a'",
  );
  expect(exported.stdout).toContain("1 model exported");
  expect(JSON.parse(readFileSync(join(folder, "models", "index.json"), "utf8")).models).toHaveLength(1);
});
