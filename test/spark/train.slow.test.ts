import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import { endSessions } from "../../src/engine/spark/shared-session.ts";
import { plan } from "../../src/plan-job.ts";
import { train } from "../../src/train.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { test as base } from "../python/python-test.ts";
import { openTestDuckdb, writeSource } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { needCluster } from "./spark-test.ts";
import { statesOf, trained } from "./trained.ts";

const TWO_LINES = fileURLToPath(new URL("../../examples/two-lines/", import.meta.url));

/** On the cluster and with a Python here that is asked what trainers read. */
const test = base.extend<{ readonly server: string }>({
  server: async ({ skip }, use) => {
    await use(needCluster({ skip }));
  },
});

/** 20,000 rows in a random order of keys, with NULLs in keys and features, texts, and one large partition. */
const ROWS = `
  select i as n,
    case when h % 5 = 0 then 0 else (h % 900)::integer end as store,
    case when h % 100 = 1 then null else 'ite''m ü ' || (h % 3) end as item,
    sin(i) * 100 as x, case when i % 31 = 0 then null else cos(i * 7) + i % 13 end as z,
    3 * sin(i) + (i % 29) / 7.0 + 1e6 as y, (i * 7919) % 20000 as shuffled
  from (select i, hash(i) as h from range(20000) t(i)) order by i`;

const LINEAR = linearRegression({ target: "y", features: ["x", "z"] });

let connection: Connection;
let parquet: string[];

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
  parquet = await writeSource(connection, ROWS, { format: "parquet", files: 3 });
});

afterAll(endSessions);

function writeTrainer(name: string, source: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, source);
  return path;
}

describe("keys on a cluster", () => {
  test("give the digest, the ledger and the models of a local run", async ({ server }) => {
    const job = { source: parquet, by: ["store", "item"], trainer: LINEAR, holdout: 0.1 };
    const [here, there] = [await trained(job), await trained({ ...job, engine: { spark: server } })];
    expect(there.ledger).toEqual(here.ledger);
    expect(there.models).toEqual(here.models);
    expect(there.manifest.digest).toBe(here.manifest.digest);
    expect(there.manifest.counts).toEqual(here.manifest.counts);
    expect(there.manifest.environment).toMatchObject({ engine: "spark", spark: { server: server.slice(5) } });
    expect(there.manifest.environment.spark?.version).toMatch(/^4\.\d/);
  });

  test("give the same by any number of tasks", async ({ server }) => {
    const job = { source: parquet, by: "store", trainer: LINEAR };
    const digests: string[] = [];
    for (const tasks of [1, 7]) {
      const { manifest } = await trained({ ...job, engine: { spark: server, tasks } });
      digests.push(manifest.digest);
    }
    expect(new Set([...digests, (await trained(job)).manifest.digest]).size).toBe(1);
  });

  test("of a query give the digest of a local run where rows have an order", async ({ server }) => {
    const told = { by: ["store", "item"], trainer: LINEAR, orderBy: "shuffled" };
    const here = await trained({ ...told, source: parquet });
    const folder = parquet[0]!.replace(/[^/]*$/, "");
    const query = `sql:select * from parquet.\`file:${folder}\``;
    const there = await trained({ ...told, source: query, engine: { spark: server } });
    expect(there.manifest.digest).toBe(here.manifest.digest);
    expect(there.manifest.sources).toEqual([]);
  });

  test.for([
    ["integer", "(n % 7 - 3)::integer"],
    ["bigint", "(n % 7 - 3) * 1000000000000"],
    ["text", "'é' || n % 7"],
    ["date", "date '1969-12-30' + (n % 7)::integer"],
    ["timestamptz", "timestamptz '1969-12-31 23:59:58.999999Z' + interval (n % 7) second"],
    ["boolean", "n % 2 = 0"],
    ["decimal", "((n % 7)::decimal(18, 3) - 3) / 8"],
    ["double", "[1.5, -0.0, 0.0, 'nan'::double, 'inf'::double, -1e300, 5e-324][n % 7 + 1]"],
  ])("of type %s, NULL among them, are those of a local run", async ([, key], { server }) => {
    const rows = `select n, case when n % 11 = 0 then null else ${key} end as k, sin(n) as x, cos(n) as y from range(300) t(n)`;
    const source = await writeSource(connection, rows, { format: "parquet", files: 2 });
    const job = { source, by: "k", trainer: linearRegression({ target: "y", features: ["x"] }) };
    const [here, there] = [await trained(job), await trained({ ...job, engine: { spark: server } })];
    expect(there.ledger).toEqual(here.ledger);
    expect(there.manifest.digest).toBe(here.manifest.digest);
  });

  test("that are none but all rows are one model", async ({ server }) => {
    const job = { source: parquet, pooled: true as const, trainer: LINEAR };
    const [here, there] = [
      await trained(job as never),
      await trained({ ...job, engine: { spark: server } } as never),
    ];
    expect(there.manifest.digest).toBe(here.manifest.digest);
  });
});

describe("files on a cluster", () => {
  test("two gzip files are two models, as on this machine", async ({ server }) => {
    const job = {
      source: join(TWO_LINES, "line-*.csv.gz"),
      perFile: true,
      trainer: linearRegression({ target: "y", features: ["x"] }),
    } as const;
    const [here, there] = [
      await trained(job as never),
      await trained({ ...job, engine: { spark: server } } as never),
    ];
    expect(there.models.map(({ coefficients }) => (coefficients as number[])[0]!.toFixed(1))).toEqual([
      ...["2.5", "3.0"],
    ]);
    expect(there.ledger).toEqual(here.ledger);
    expect(there.manifest.digest).toBe(here.manifest.digest);
    expect(there.manifest.sources.map(({ sha256, rows }) => ({ sha256, rows }))).toEqual(
      here.manifest.sources.map(({ sha256, rows }) => ({ sha256, rows })),
    );
  });

  test("two hundred gzip files are two hundred models, though Spark packs them into few tasks", async ({
    server,
  }) => {
    const folder = join(temporaryFolder(), "many");
    mkdirSync(folder);
    for (let i = 0; i < 200; i++) {
      const lines = Array.from({ length: 20 }, (_, x) => `${x},${i * x + 1}`);
      writeFileSync(join(folder, `line-${i}.csv.gz`), gzipSync(`x,y\n${lines.join("\n")}\n`));
    }
    const job = {
      source: folder,
      perFile: true,
      trainer: linearRegression({ target: "y", features: ["x"] }),
    };
    const there = await trained({ ...job, engine: { spark: server } } as never);
    expect(there.models).toHaveLength(200);
    for (const { file, coefficients } of there.models)
      expect((coefficients as number[])[0]).toBeCloseTo(Number(/\d+/.exec(String(file))![0]), 9);
    expect(there.manifest.digest).toBe((await trained(job as never)).manifest.digest);
  });

  test("a file that is broken costs its own model", async ({ server }) => {
    const folder = join(temporaryFolder(), "some");
    mkdirSync(folder);
    const whole = gzipSync("x,y\n1,2\n2,4\n3,6\n");
    writeFileSync(join(folder, "a.csv.gz"), whole);
    writeFileSync(join(folder, "b.csv.gz"), whole.subarray(0, whole.length - 12));
    writeFileSync(join(folder, "c.csv.gz"), whole);
    const job = {
      source: folder,
      perFile: true,
      trainer: linearRegression({ target: "y", features: ["x"] }),
    };
    const there = await trained({ ...job, engine: { spark: server } } as never);
    expect(statesOf(there)).toEqual(["fitted", "failed", "fitted"]);
    expect(there.ledger[1]).toMatchObject({ error_code: "source_unreadable" });
  });
});

describe("trainers of the user's on a cluster", () => {
  const SKLEARN = `
import joblib
from sklearn.linear_model import LinearRegression
columns = ["x", "y"]
def fit(df):
    return LinearRegression().fit(df[["x"]], df["y"])
`;

  test("in Python leave models that are loaded back", async ({ server, python }) => {
    const source = await writeSource(
      connection,
      "select n, n % 5 as k, (n % 17)::double as x, (n % 5 + 1) * (n % 17) + 3.0 as y from range(500) t(n)",
      { format: "parquet", files: 2 },
    );
    const trainer = { module: writeTrainer("train.py", SKLEARN), params: {} };
    const job = { source, by: "k", trainer, python };
    const there = await trained({ ...job, engine: { spark: server } });
    expect(statesOf(there)).toEqual(Array(5).fill("fitted"));
    const folder = temporaryFolder();
    for (const [i, { model_blob }] of there.models.entries())
      writeFileSync(join(folder, `${i}.joblib`), Buffer.from(model_blob as string, "hex"));
    const code = `import glob, joblib, sys\nfor path in sorted(glob.glob(sys.argv[1] + "/*.joblib")):\n    m = joblib.load(path); print(round(m.coef_[0], 9), round(m.intercept_, 9))`;
    const { stdout, stderr } = spawnSync(python, ["-c", code, folder], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toEqual(["1.0 3.0", "2.0 3.0", "3.0 3.0", "4.0 3.0", "5.0 3.0"]);
    expect(readdirSync(there.folder)).toContain("trainer.py");
  });

  test("as a class of scikit-learn's are fitted", async ({ server, python }) => {
    const job = {
      ...{ source: parquet, by: "item", python },
      trainer: {
        sklearn: "sklearn.linear_model.Ridge",
        target: "y",
        features: ["x"],
        weights: null,
        params: { alpha: 0.5 },
      },
    };
    const [here, there] = [await trained(job), await trained({ ...job, engine: { spark: server } })];
    expect(statesOf(there)).toEqual(statesOf(here));
    expect(there.ledger.map(({ metrics }) => metrics)).toEqual(here.ledger.map(({ metrics }) => metrics));
  });

  test("in JavaScript see the rows of a local run in its order", async ({ server }) => {
    const module = writeTrainer(
      "order.mjs",
      `export default { columns: ["n", "x"], fit({ table, key, seed }) {
        console.log("fits");
        return { model: { n: Array.from(table.numbers("n").slice(0, 50)), key, seed }, metrics: { rows: table.rowCount } };
      } };`
        .replace(
          "export default {",
          'import { defineTrainer } from "manyfit";\nexport default defineTrainer({',
        )
        .replace(/\};$/, "});"),
    );
    const job = { source: parquet, by: ["store", "item"], trainer: { module, params: {} } };
    const [here, there] = [await trained(job), await trained({ ...job, engine: { spark: server } })];
    expect(there.models).toEqual(here.models);
    expect(there.manifest.digest).toBe(here.manifest.digest);
    const logged = there.events.filter(({ type }) => type === "trainer.logged");
    expect(logged.length).toBeGreaterThan(0);
  });

  test("that fail, hang, leave or are killed cost their own partition", async ({ server }) => {
    const module = writeTrainer(
      "bad.mjs",
      `import { defineTrainer } from "manyfit";
      export default defineTrainer({ columns: ["what", "y"], fit({ table }) {
        const what = table.texts("what")[0];
        if (what === "throws") throw new Error("no model for this");
        if (what === "hangs") for (;;);
        if (what === "leaves") process.exit(7);
        if (what === "killed") process.kill(process.pid, "SIGKILL");
        return { model: { what }, metrics: {} };
      } });`,
    );
    const names = ["a", "hangs", "killed", "leaves", "m", "throws", "z"];
    const list = names.map((name) => `'${name}'`).join(", ");
    const rows = `select n, [${list}][n % 7 + 1] as k, [${list}][n % 7 + 1] as what, n * 1.0 as y from range(70) t(n)`;
    const source = await writeSource(connection, rows, { format: "parquet", files: 1 });
    const there = await trained({
      ...{ source, by: "k", trainer: { module, params: {} }, timeout: "2s" },
      engine: { spark: server, tasks: 2 },
    });
    expect(Object.fromEntries(there.ledger.map(({ k, state }) => [k, state]))).toEqual({
      ...{ a: "fitted", hangs: "timed_out", killed: "lost", leaves: "lost", m: "fitted" },
      ...{ throws: "failed", z: "fitted" },
    });
    expect(there.ledger[5]).toMatchObject({ error_message: expect.stringContaining("no model for this") });
  });
});

test("a model that could stop the driver is a failed partition, others are fitted", async ({ server }) => {
  const module = writeTrainer(
    "large.mjs",
    `import { defineTrainer } from "manyfit";
    export default defineTrainer({ columns: ["size"], fit({ table }) {
      return { model: "m".repeat(table.numbers("size")[0]), metrics: {} };
    } });`,
  );
  // With its two quotes a model of 2^25 - 2 letters is as large as may be.
  const query = `sql:select id as k, element_at(array(3D, ${2 ** 25 - 2}D, ${2 ** 25 - 1}D), int(id) + 1) as size from range(3)`;
  const there = await trained({
    ...{ source: query, by: "k", trainer: { module, params: {} } },
    engine: { spark: server, tasks: 1 },
  });
  expect(statesOf(there)).toEqual(["fitted", "fitted", "failed"]);
  expect(there.ledger[2]).toMatchObject({
    error_code: "model_too_large",
    error_message: expect.stringContaining(`model has ${2 ** 25 + 1} bytes, at most ${2 ** 25} are allowed`),
  });
});

describe("what cannot be done on a cluster", () => {
  const trainer = linearRegression({ target: "y", features: ["x"] });

  test("is said at once of a server that is not there", async () => {
    const runs = temporaryFolder();
    const job = { source: "s3a://bucket/rows.parquet", by: "k", trainer, runs };
    await expect(train({ ...job, engine: { spark: "sc://127.0.0.1:1" } })).rejects.toMatchObject({
      code: "spark_unreachable",
      message: expect.stringContaining("127.0.0.1:1"),
    });
    expect(readdirSync(runs)).toEqual([]);
  });

  test("is said of a path that the cluster does not have", async ({ server }) => {
    const job = { source: "/no/such/rows.parquet", by: "k", trainer, runs: temporaryFolder() };
    await expect(train({ ...job, engine: { spark: server } })).rejects.toMatchObject({
      code: "source_not_found",
      message: expect.stringContaining("/no/such/rows.parquet"),
    });
  });

  test("is said of a key, a target and a sample", async ({ server }) => {
    const job = { source: parquet, runs: temporaryFolder(), engine: { spark: server } };
    await expect(train({ ...job, by: "sotre", trainer })).rejects.toMatchObject({
      code: "unknown_column",
      message: expect.stringMatching(/"sotre" is not a column.*store/),
    });
    const wrong = linearRegression({ target: "nosuch", features: ["x"] });
    await expect(train({ ...job, by: "store", trainer: wrong })).rejects.toMatchObject({
      code: "unknown_column",
    });
    await expect(plan({ ...job, by: "store", trainer, sample: 3 })).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining("a sample is fitted on this machine alone"),
    });
  });

  test("is said of Node that is not where it was told to be", async ({ server }) => {
    const job = { source: parquet, by: "store", trainer: LINEAR, runs: temporaryFolder() };
    await expect(train({ ...job, engine: { spark: server, node: "/no/such/node" } })).rejects.toMatchObject({
      message: expect.stringMatching(/\/no\/such\/node/),
    });
    const [run] = readdirSync(job.runs).filter((name) => !name.startsWith("."));
    const events = readFileSync(join(job.runs, run!, "events.ndjson"), "utf8");
    expect(events).toContain('"type":"run.stopped"');
  });
});

test("a plan says how the work is divided", async ({ server }) => {
  const trainer = linearRegression({ target: "y", features: ["x"] });
  const options = { source: parquet, by: "store", trainer, engine: { spark: server, tasks: 5 } } as const;
  const here = await plan({ ...options, engine: "local" });
  const found = await plan(options);
  expect(found).toMatchObject({ engine: "spark", partitions: here.partitions, rows: 20_000, memory: null });
  expect(found.cluster).toMatchObject({ server: server.slice(5), tasks: 5, isShuffled: true, node: null });
});
