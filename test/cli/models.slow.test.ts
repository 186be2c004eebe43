import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { GAPMINDER_JOB, normalised, runCli, runShell } from "./run-cli.ts";

const cwd = temporaryFolder();
const TYPED = ["--out", "typed"];
const CLASHING = ["--out", "clashing"];

/** A row of `select` for each key, with all types that keys can have and some of their extremes. */
const TYPED_KEYS = `
  select * from (values
    (true, 9007199254740993, 1.50::decimal(18,3), 0.1::double, 'x y', date '2013-01-31', timestamp '2013-01-31 05:00:00.25'),
    (false, -1, -0.05::decimal(18,3), 'nan'::double, 'NULL', date '0044-03-15 (BC)', timestamp 'infinity'),
    (null, null, null, null, null, null, null)
  ) k(b, i, d, f, t, day, "at"), (values (1, 1), (2, 4), (3, 9)) v(x, y)`;

beforeAll(async () => {
  await runCli([...GAPMINDER_JOB, "--quiet"], { cwd });
  const duckdb = await openTestDuckdb();
  const connection = await duckdb.connect();
  await connection.run(`copy (${TYPED_KEYS}) to '${join(cwd, "typed.parquet")}'`);
  connection.close();
  const by = ["--by", "b,i,d,f,t,day,at", "--target", "y", "--features", "x", "--quiet"];
  expect(await runCli(["train", "typed.parquet", ...by, ...TYPED], { cwd })).toMatchObject({
    code: 0,
    stderr: "",
  });
  // A key named like a column of the ledger, a feature named like a key's column, and one like a metric.
  const rows = ["a", "b"].flatMap((key) =>
    [1, 2, 3, 4].map((x) => `${key},${x},${x * x},${x ** 3},${(x * 7) % 5}`),
  );
  writeFileSync(join(cwd, "clashing.csv"), `${["state,r2,key_state,rows_used,y", ...rows].join("\n")}\n`);
  const job = ["--by", "state", "--target", "y", "--features", "r2,key_state", "--quiet"];
  expect(await runCli(["train", "clashing.csv", ...job, ...CLASHING], { cwd })).toMatchObject({
    code: 0,
    stderr: "",
  });
});

describe("models", () => {
  test("lists partitions in the order of their keys, with what became of those without a model", async () => {
    const { code, stdout, stderr } = await runCli(["models"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(lines).toHaveLength(1 + 20 + 3);
    expect(lines.slice(0, 3)).toEqual([
      "country      state   intercept      year       r2  rows",
      "Afghanistan  fitted     -507.5   0.27533  0.94771    12",
      "Albania      fitted     -594.1   0.33468  0.91058    12",
    ]);
    expect(lines.slice(-3)).toEqual([
      "",
      "20 of 187 partitions (184 fitted); more with --limit, all with --format csv or json",
      "",
    ]);
    const all = await runCli(["models", "--limit", "1000"], { cwd });
    expect(all.stdout).toMatch(/^French Guiana +skipped \(too_few_rows\) +– +– +– +1$/m);
    expect(all.stdout).toMatch(/\n\n187 partitions \(184 fitted\)\n$/);
  });

  test("as JSON has every partition, with the true coefficients", async () => {
    const { stdout } = await runCli(["models", "latest", "--format", "json"], { cwd });
    const records = JSON.parse(stdout) as ModelJson[];
    const truth = gapminderTruth();
    expect(records).toHaveLength(187);
    for (const { key, state, model, rowsUsed, metrics } of records) {
      const group = truth.get(key["country"]!)!;
      expect(rowsUsed).toBe(group.n_used);
      if (group.state !== "fitted") {
        expect({ state, model, metrics }).toEqual({ state: "skipped", model: null, metrics: null });
        continue;
      }
      expect(relativeError(model!.intercept, group.coef["(intercept)"]!)).toBeLessThan(1e-8);
      expect(relativeError(model!.coefficients["year"]!, group.coef["year"]!)).toBeLessThan(1e-8);
      expect(relativeError(metrics!["r2"]!, group.metrics["r2"]!)).toBeLessThan(1e-8);
    }
  });

  test("as CSV has a record for each partition, with the header of the tables", async () => {
    const { stdout } = await runCli(["models", "--format", "csv", "--limit", "60"], { cwd });
    const lines = stdout.split("\n");
    expect(lines).toHaveLength(62);
    expect(lines[0]).toBe(
      "partition,country,state,reason,rows_read,rows_used,rows_dropped,rows_held_out,error_code,error_message,r2,adj_r2,sigma,rmse,rss,tss,df_resid,rank,condition_number,intercept,year",
    );
    expect(lines.find((line) => line.includes("French Guiana"))).toBe(
      "58,French Guiana,skipped,too_few_rows,1,1,0,0,,,,,,,,,,,,,",
    );
  });

  test("keeps names apart that clash", async () => {
    const table = await runCli(["models", ...CLASHING], { cwd });
    expect(table.stdout.split("\n")[0]).toMatch(/^state +intercept +coefficients\.r2 +key_state +r2 +rows$/);
    const { stdout } = await runCli(["models", ...CLASHING, "--format", "csv"], { cwd });
    const names = stdout.split("\n")[0]!.split(",");
    expect(new Set(names).size).toBe(names.length);
    expect(names.slice(-3)).toEqual(["intercept", "coefficients.r2", "coefficients.key_state"]);
    expect(names.slice(0, 3)).toEqual(["partition", "key_state", "state"]);
  });

  test("ends quietly where nobody reads on", async () => {
    const line = "set -o pipefail; $manyfit models --format csv | head -1";
    expect(await runShell(line, { cwd })).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("models --key", () => {
  test("shows one partition in full", async () => {
    const { code, stdout } = await runCli(["models", "--key", "country=Rwanda"], { cwd });
    expect(code).toBe(0);
    expect(normalised(stdout).replace("less than 1 ms", "T s")).toBe(`\
country=Rwanda
  state  fitted
  rows   12 rows read, 12 used
  fit    linear-regression: lifeExp ~ year, in less than T s

  term          estimate  std error         t        p
  (intercept)      132.2     217.13   0.60887  0.55619
  year         -0.045831    0.10969  -0.41784  0.68489

  r2                0.01716
  adj_r2            -0.081124
  sigma             6.5583
  rmse              5.9869
  rss               430.11
  tss               437.62
  df_resid          10
  rank              2
  condition_number  229.38
`);
  });

  test("says of a partition without a model why", async () => {
    const { code, stdout } = await runCli(["models", "--key", "country=French Guiana"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toBe(`\
country="French Guiana"
  state  skipped (too_few_rows): fewer usable rows than coefficients
  rows   1 row read, 1 used
  fit    linear-regression: lifeExp ~ year
`);
  });

  test("as JSON is one object, with terms", async () => {
    const { stdout } = await runCli(["models", "--key", "country=Rwanda", "--format", "json"], { cwd });
    const record = JSON.parse(stdout) as ModelJson & { terms: { term: string; pValue: number }[] };
    expect(record.key).toEqual({ country: "Rwanda" });
    expect(record.terms.map(({ term }) => term)).toEqual(["(intercept)", "year"]);
    expect(record.terms[1]!.pValue).toBeCloseTo(0.68489, 5);
  });

  test("as CSV is one record", async () => {
    const { stdout } = await runCli(["models", "--key", "country=Rwanda", "--format", "csv"], { cwd });
    expect(stdout.split("\n")).toHaveLength(3);
    expect(stdout.split("\n")[1]).toMatch(/^\d+,Rwanda,fitted,,12,12,0,0,,,0\.01715/);
  });

  test.each([
    ["b=true, i=9007199254740993, d=1.500, f=0.1, t=x y, day=2013-01-31, at=2013-01-31T05:00:00.25"],
    ["b=true, i=9007199254740993, d=1.5, f=0.1, t=x y, day=2013-01-31, at=2013-01-31 05:00:00.250000"],
    ['b=false, i=-1, d=-0.050, f=NaN, t="NULL", day=-000043-03-15, at=infinity'],
    ["b=NULL, i=NULL, d=NULL, f=NULL, t=NULL, day=NULL, at=NULL"],
  ])("finds keys of every type: %s", async (key) => {
    const { code, stdout, stderr } = await runCli(["models", ...TYPED, "--key", key], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("\n  state  fitted\n");
  });

  test("lists keys of every type as they are written", async () => {
    const { stdout } = await runCli(["models", ...TYPED, "--format", "json"], { cwd });
    expect((JSON.parse(stdout) as ModelJson[]).map((record) => record.key)).toEqual([
      { b: null, i: null, d: null, f: null, t: null, day: null, at: null },
      { b: false, i: -1, d: "-0.050", f: "NaN", t: "NULL", day: "-000043-03-15", at: "infinity" },
      {
        ...{ b: true, i: "9007199254740993", d: "1.500", f: 0.1, t: "x y" },
        ...{ day: "2013-01-31", at: "2013-01-31T05:00:00.250" },
      },
    ]);
  });

  test.each([
    ["country=Rwnda", 1, /^manyfit: run \S+ has no partition country=Rwnda; most like it: country=Rwanda; /],
    ["country=united kingdom", 1, /most like it: country="United Kingdom"; /],
    ["contry=Rwanda", 2, /^manyfit: --key contry is not a key of the run; did you mean country\? /],
    ["Rwanda", 2, /^manyfit: --key is Rwanda; write it as name=value, such as country=17\n$/],
  ])("%s is refused with %i", async (key, code, message) => {
    const result = await runCli(["models", "--key", key], { cwd });
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toMatch(message);
  });

  test("refuses a value of another type, and a field that is missing", async () => {
    const wrong = await runCli(["models", ...TYPED, "--key", "b=yes"], { cwd });
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--key b: yes is not a key of type boolean"),
    });
    const missing = await runCli(["models", ...TYPED, "--key", "b=true"], { cwd });
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("--key i is missing") });
  });
});

interface ModelJson {
  readonly key: Readonly<Record<string, string>>;
  readonly state: string;
  readonly rowsUsed: number;
  readonly model: {
    readonly intercept: number;
    readonly coefficients: Readonly<Record<string, number>>;
  } | null;
  readonly metrics: Readonly<Record<string, number>> | null;
}

interface TruthGroup {
  readonly key: readonly string[];
  readonly n_used: number;
  readonly state: string;
  readonly coef: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
}

function gapminderTruth(): Map<string, TruthGroup> {
  const path = new URL("../data/gapminder/truth_gapminder_unfiltered.json", import.meta.url);
  const { groups } = JSON.parse(readFileSync(path, "utf8")) as { groups: TruthGroup[] };
  return new Map(groups.map((group) => [group.key[0]!, group]));
}

function relativeError(found: number, truth: number): number {
  return Math.abs(found - truth) / Math.abs(truth);
}
