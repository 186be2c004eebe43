import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import { linearRegression, type TrainerSpec, type TrainOptions, train } from "../../src/index.ts";
import { plan } from "../../src/plan-job.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

let duckdb: Duckdb;
let connection: Connection;

beforeAll(async () => {
  duckdb = await openTestDuckdb();
  connection = await duckdb.connect();
});

afterAll(() => {
  connection.close();
  duckdb.close();
});

/** A folder of CSV files by name. */
function csvs(files: Readonly<Record<string, string>>): string {
  const folder = join(temporaryFolder(), "csv");
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** A folder of Parquet files by name, each the result of a query. */
async function parquets(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(temporaryFolder(), "parquet");
  mkdirSync(folder);
  for (const [name, query] of Object.entries(files)) {
    await connection.run(`copy (${query}) to '${join(folder, name)}'`);
  }
  return folder;
}

/** A trainer whose model is what it sees of a column, or JavaScript that makes something of it. */
function seen(column: string, shown = "x"): TrainerSpec {
  const module = join(temporaryFolder(), "seen.ts");
  writeFileSync(
    module,
    `import { defineTrainer } from "manyfit";
     export default defineTrainer({
       columns: ${JSON.stringify([column])},
       fit({ table }) {
         const { name, type } = table.schema[0]!;
         const x = type === "text" ? table.texts(name) : [...table.numbers(name)];
         return { model: ${shown} };
       },
     });`,
  );
  return { module, params: {} };
}

const LINE = ["x,y", ...Array.from({ length: 40 }, (_, x) => `${x},${2 * x + 1}`), ""].join("\n");
const Y_BY_X = linearRegression({ target: "y", features: ["x"] });

interface Answer {
  readonly file: string;
  readonly state: string;
  readonly model: unknown;
  readonly error: string | null;
}

type Options = Pick<TrainOptions, "source" | "trainer" | "types" | "where">;

/** One model per file, by workers and in place, which must say the same of every file. */
async function answers(options: Options): Promise<Answer[]> {
  const found: Answer[][] = [];
  for (const workers of [2, 0]) {
    const run = await train({ ...options, perFile: true, runs: temporaryFolder(), workers });
    const { rows } = await run.query(
      `select file, state, ${"module" in options.trainer ? "model" : "coefficients[1]::text"} as model, error_message
       from ledger left join models using (partition, file) order by partition`,
    );
    found.push(
      rows.map(([file, state, model, error]) => ({
        file: String(file),
        state: String(state),
        model: typeof model === "string" ? (JSON.parse(model) as unknown) : model,
        error: error as string | null,
      })),
    );
    await run.close();
  }
  expect(found[0]).toEqual(found[1]);
  return found[0]!;
}

describe("a type that was told for files that are partitions", () => {
  test("is asked of every file, also where it is what the largest has anyway", async () => {
    const source = csvs({ "a.csv": LINE, "b.csv": "x,y\n1,2\n2.5,4\n3,6\n" });
    const [a, b] = await answers({ source, trainer: Y_BY_X, types: { x: "integer" } });
    expect(a!.state).toBe("fitted");
    expect(b!.error).toMatch(/column "x" has 2\.5, which is not of type integer/);
  });

  test("is asked of Parquet files whose own type is another", async () => {
    const source = await parquets({
      "a.parquet": "select i as x, 2 * i + 1 as y from range(4000) t(i)",
      "b.parquet": "select i + 0.5::double as x, i as y from range(9) t(i)",
      "c.parquet": "select i::text as x, i as y from range(9) t(i)",
    });
    const [a, b, c] = await answers({ source, trainer: Y_BY_X, types: { x: "integer" } });
    expect(a!.state).toBe("fitted");
    expect(b!.error).toMatch(/column "x" has 0\.5, which is not of type integer/);
    expect(c).toMatchObject({ state: "fitted", model: 1 });
  });
});

describe("a file whose own types are not those of the largest", () => {
  test.each([
    ["boolean", "hash(i) % 2 = 0", "i", "BIGINT"],
    ["date", "date '2020-01-01'", "timestamp '2020-01-01 13:00:00'", "TIMESTAMP"],
    ["text", "'some text ' || i", "i", "BIGINT"],
    ["double", "i::double", "i::text", "VARCHAR"],
    ["double", "i::double", "i % 2 = 0", "BOOLEAN"],
  ])("fails where it has no %s, and nothing is converted in silence", async (_, largest, other, type) => {
    const source = await parquets({
      "a.parquet": `select ${largest} as x from range(4000) t(i)`,
      "b.parquet": `select ${other} as x from range(3) t(i)`,
    });
    const [a, b] = await answers({ source, trainer: seen("x") });
    expect(a!.state).toBe("fitted");
    expect(b).toMatchObject({
      state: "failed",
      error: expect.stringContaining(`column "x" is ${type}, in the largest file it is`),
    });
  });

  test("is read where both are numbers, and refused where its integers would be rounded", async () => {
    const source = await parquets({
      "a.parquet": "select i::double as x from range(4000) t(i)",
      "b.parquet": "select i::integer as x from range(3) t(i)",
      "c.parquet": "select 9007199254740993 + i as x from range(3) t(i)",
      "d.parquet": "select i::decimal(9, 2) as x from range(3) t(i)",
    });
    const [, b, c, d] = await answers({ source, trainer: seen("x") });
    expect([b!.model, d!.model]).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(c!.error).toMatch(/column "x" has an integer that a number cannot hold exactly/);
  });

  test("keeps its large doubles, where the largest has integers", async () => {
    const source = await parquets({
      "a.parquet": "select i as x from range(4000) t(i)",
      "b.parquet": "select 1e300 as x",
    });
    expect((await answers({ source, trainer: seen("x") }))[1]!.model).toEqual([1e300]);
  });

  test("may have NaN and infinities among its integers, and quoted texts, whoever reads them", async () => {
    const source = csvs({
      "a.csv": `x,t\n${Array.from({ length: 40 }, (_, i) => `${i},text ${i}\n`).join("")}`,
      "b.csv": 'x,t\nNaN,"a ""b"""\n-inf,\n,""\n"7", padded \n',
      "c.csv": "x,t\n9007199254740993,a\n",
    });
    const numbers = await answers({ source, trainer: seen("x", "x.map(String)") });
    expect(numbers[1]!.model).toEqual(["NaN", "-Infinity", "NaN", "7"]);
    expect(numbers[2]!.error).toMatch(/column "x" has an integer that a number cannot hold exactly/);
    const texts = await answers({ source, trainer: seen("t") });
    expect(texts[1]!.model).toEqual(['a "b"', null, null, " padded "]);
  });

  test.each(["file_row_number", "FILE_INDEX"])("fails where it has a column %s", async (name) => {
    const source = await parquets({
      "a.parquet": "select i::double as x from range(4000) t(i)",
      "b.parquet": `select i::double as x, 10 - i as ${name} from range(3) t(i)`,
    });
    const [a, b] = await answers({ source, trainer: seen("x") });
    expect(a!.state).toBe("fitted");
    expect(b!.error).toBe(`column "${name}" has a reserved name; rename it`);
  });

  test("fails where it has a CSV column of a reserved name", async () => {
    const source = csvs({ "a.csv": LINE, "b.csv": "x,y,file_index\n1,2,9\n2,4,8\n3,6,7\n" });
    const [, b] = await answers({ source, trainer: Y_BY_X });
    expect(b!.error).toBe('column "file_index" has a reserved name; rename it');
  });
});

describe("a filter over files that are partitions", () => {
  test.each(["nosuch > 1", "x >"])("is refused before anything runs where it is none: %s", async (where) => {
    const source = csvs({ "a.csv": LINE, "b.csv": LINE });
    for (const workers of [2, 0]) {
      const options = { source, perFile: true, trainer: Y_BY_X, where, workers } as const;
      await expect(train({ ...options, runs: temporaryFolder() })).rejects.toMatchObject({
        code: "invalid_option",
      });
      await expect(plan(options)).rejects.toMatchObject({ code: "invalid_option" });
    }
  });

  test("leaves rows out in every file", async () => {
    const source = csvs({ "a.csv": LINE, "b.csv": "x,y\n1,1\n2,2\n3,3\n100,0\n" });
    const found = await answers({ source, trainer: Y_BY_X, where: "x < 50" });
    expect(found.map(({ model }) => model)).toEqual([2, 1]);
  });
});

describe("a column called file, as the key of files is", () => {
  const source = (): string =>
    csvs({ "a.csv": "file,y\n1,2\n2,4\n5,10\n", "b.csv": "file,y\n1,3\n2,6\n5,15\n" });

  test("is a feature like any other", async () => {
    const found = await answers({ source: source(), trainer: linearRegression({ target: "y" }) });
    expect(found.map(({ file, model }) => [file, model])).toEqual([
      ["a.csv", 2],
      ["b.csv", 3],
    ]);
    const { trainerColumns, leftOut } = await plan({
      source: source(),
      perFile: true,
      trainer: linearRegression({ target: "y" }),
    });
    expect(trainerColumns?.features).toEqual(["file"]);
    expect(leftOut).toEqual([]);
  });

  test("is seen by trainers", async () => {
    const found = await answers({ source: source(), trainer: seen("file") });
    expect(found.map(({ model }) => model)).toEqual([
      [1, 2, 5],
      [1, 2, 5],
    ]);
  });
});
