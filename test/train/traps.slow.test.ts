import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import { plan } from "../../src/plan-job.ts";
import { eventsFrom } from "../../src/run/event-log.ts";
import { train } from "../../src/train.ts";
import type { TrainOptions } from "../../src/train-options.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const ROWS = "store,x,y\n1,1,2\n1,2,4\n2,1,5\n2,2,7\n";
const Y_BY_X = linearRegression({ target: "y", features: ["x"] });

let connection: Connection;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
});

function file(path: string, content: string): string {
  const absolute = join(temporaryFolder(), path);
  mkdirSync(dirname(absolute), { recursive: true });
  writeFileSync(absolute, content);
  return absolute;
}

async function parquet(path: string, query: string): Promise<string> {
  const absolute = file(path, "");
  await connection.run(`copy (${query}) to '${absolute}'`);
  return absolute;
}

type Options = Partial<Omit<TrainOptions, "by" | "perFile" | "pooled">>;

/** Trains `y ~ x` by `store` with workers and in place, and gives `store: slope` of both, which must be the same. */
async function slopes(source: string | string[], options: Options = {}): Promise<string[]> {
  const found: string[][] = [];
  for (const workers of [2, 0]) {
    const runs = temporaryFolder();
    const run = await train({ source, by: "store", trainer: Y_BY_X, runs, workers, ...options });
    const { rows } = await run.query(
      "select store || ': ' || coalesce(round(coefficients[1], 6)::text, state) from ledger left join models using (partition, store) order by partition",
    );
    found.push(rows.map((row) => String(row[0])));
    await run.close();
  }
  expect(found[0]).toEqual(found[1]);
  return found[0]!;
}

describe("what a reader might take for something else", () => {
  test.each(["csv", "parquet"])(
    "a folder called name=value does not overwrite a %s column",
    async (format) => {
      const query = "select * from (values (1, 1, 2), (1, 2, 4), (2, 1, 5), (2, 2, 7)) t(store, x, y)";
      for (const folder of ["store=9", "x=9", "year=2013"]) {
        const source =
          format === "csv" ? file(`${folder}/a.csv`, ROWS) : await parquet(`${folder}/a.parquet`, query);
        expect(await slopes(source)).toEqual(["1: 2.0", "2: 2.0"]);
        const { trainerColumns } = await plan({
          source,
          by: "store",
          trainer: linearRegression({ target: "y" }),
        });
        expect(trainerColumns?.features).toEqual(["x"]);
      }
    },
  );

  test.each(["csv", "parquet"])("a %s path that looks like a pattern is that file", async (format) => {
    const rows = (factor: number) =>
      `select 1 as store, x, ${factor} * x as y from (values (1), (2), (3)) t(x)`;
    const folder = temporaryFolder();
    for (const [name, factor] of [
      ["s[12]", 2],
      ["s1", 20],
      ["a*", 3],
      ["ab", 30],
      ["q?", 4],
    ] as const) {
      await connection.run(`copy (${rows(factor)}) to '${folder}/${name}.${format}'`);
    }
    expect(await slopes(join(folder, `s[12].${format}`))).toEqual(["1: 2.0"]);
    expect(await slopes(join(folder, `a*.${format}`))).toEqual(["1: 3.0"]);
    expect(await slopes(join(folder, `q?.${format}`))).toEqual(["1: 4.0"]);
  });

  test("a field of a struct does not stand for the column of its name", async () => {
    const a = await parquet("a.parquet", "select 1 as store, 1 as x, 2 as y, {'y': 1.5::double} as s");
    const b = await parquet(
      "b.parquet",
      "select 1 as store, 2 as x, 2.5::double as y, {'y': 1.5::double} as s",
    );
    await expect(slopes([a, b])).rejects.toThrow(/column "y" is (DOUBLE|INT32)/);
  });

  test("an unnamed column, as pandas writes its row numbers, is read over and is no feature by default", async () => {
    const source = file("pandas.csv", ",store,x,y\n0,1,1,2\n1,1,2,4\n2,1,3,6\n");
    expect(await slopes(source)).toEqual(["1: 2.0"]);
    const { trainerColumns } = await plan({
      source,
      by: "store",
      trainer: linearRegression({ target: "y" }),
    });
    expect(trainerColumns?.features).toEqual(["x"]);
    const index = await parquet("p.parquet", 'select 1 as store, 1 as x, 2 as y, 0 as "__index_level_0__"');
    const found = await plan({ source: index, by: "store", trainer: linearRegression({ target: "y" }) });
    expect(found.trainerColumns?.features).toEqual(["x"]);
  });

  test("a column that has the name of a row's place is refused", async () => {
    const source = file("place.csv", "store,x,y,file_index\n1,1,2,0\n");
    await expect(slopes(source)).rejects.toThrow(/column "file_index" has a reserved name/);
  });

  test("a header without rows beside a full file does not decide the types", async () => {
    const empty = file("0.csv", "store,x,y\n");
    expect(await slopes([empty, file("1.csv", ROWS)])).toEqual(["1: 2.0", "2: 2.0"]);
  });

  test("names that the database uses within itself are names like others", async () => {
    const source = file(
      "names.csv",
      'k0,c0,position,partition,"x ""y""\n"\n1,1,2,7,1\n1,2,3,5,2\n1,3,5,8,5\n',
    );
    const run = await train({
      source,
      by: ["k0", "partition"],
      trainer: linearRegression({ target: "c0", features: ["position", 'x "y"\n'] }),
      where: "k0 = '1' and position > 0",
      runs: temporaryFolder(),
    });
    expect(run.manifest!.counts).toMatchObject({ partitions: 3, rowsRead: 3 });
    expect(run.manifest!.keys.map((key) => key.column)).toEqual(["k0", "key_partition"]);
    await run.close();
  });
});

describe("a type that is told never merges keys that differ", () => {
  test.each<[string, string, string, RegExp]>([
    ["text", "'1.5'", "integer", /has 1\.5, which is not of type integer/],
    ["text", "'1.54'", "decimal(5,1)", /has 1\.54, which is not of type decimal\(5,1\)/],
    ["integers", "2", "boolean", /has 2, which is not of type boolean/],
    ["integers", "9007199254740993", "double", /has 9007199254740993, which is not of type double/],
    [
      "nanoseconds",
      "timestamp_ns '2020-01-01 00:00:00.123456789'",
      "timestamp",
      /which is not of type timestamp/,
    ],
    ["text", "'2020-01-01 00:00:00.1234567'", "timestamp", /which is not of type timestamp/],
  ])("Parquet %s: %s as %s", async (_, value, type, message) => {
    const source = await parquet("t.parquet", `select ${value} as store, 1 as x, 2 as y`);
    const types = { store: type } as NonNullable<TrainOptions["types"]>;
    await expect(slopes(source, { types })).rejects.toThrow(message);
  });

  test.each<[string, string, string]>([
    ["2020-01-01 00:00:00.123456", "timestamp", "2020-01-01 00:00:00.123456"],
    ["2020-01-01T10:00:00Z", "timestamptz", "2020-01-01 10:00:00+00"],
    ["1e3", "double", "1000.0"],
    ["yes", "boolean", "true"],
    ["-007", "integer", "-7"],
  ])("CSV text %s as %s is %s", async (text, type, expected) => {
    const source = file("t.csv", `store,x,y\n${text},1,2\n${text},2,3\n`);
    const types = { store: type } as NonNullable<TrainOptions["types"]>;
    expect(await slopes(source, { types })).toEqual([`${expected}: 1.0`]);
  });

  test("a type that does not exist is refused by name", async () => {
    const types = { store: "int" } as unknown as NonNullable<TrainOptions["types"]>;
    await expect(slopes(file("t.csv", ROWS), { types })).rejects.toThrow(
      /type of column "store" is int, allowed/,
    );
  });
});

describe("a filter", () => {
  test.each([
    ["true); copy (select 1) to 'stolen.csv'; select (1", /query has 3 statements/],
    ["c0 > 1", /c0/],
    ["x >", /--where x >: /],
  ])("that is no expression over the source's columns is refused: %s", async (where, message) => {
    await expect(slopes(file("f.csv", ROWS), { where })).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringMatching(message),
    });
  });
});

describe("a run", () => {
  const source = (): string => file("r.csv", ROWS);

  test.each([
    ["phase.started", "exchanging"],
    ["phase.started", "committing"],
  ])("that is told to stop at %s %s stops there", async (type, phase) => {
    for (const workers of [2, 0]) {
      const runs = temporaryFolder();
      const controller = new AbortController();
      const job = train({
        source: source(),
        by: "store",
        trainer: Y_BY_X,
        runs,
        workers,
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === type && "phase" in event && event.phase === phase) controller.abort();
        },
      });
      await expect(job).rejects.toMatchObject({ code: "interrupted" });
      const folder = join(runs, readdirSync(runs)[0]!);
      expect(readdirSync(folder)).not.toContain("manifest.json");
      expect(readdirSync(folder)).not.toContain("lock");
      const events = eventsFrom(readFileSync(join(folder, "events.ndjson"), "utf8"));
      expect(events.at(-1)).toMatchObject({ type: "run.stopped", reason: "interrupted" });
    }
  });

  test("is not ended by a listener that throws", async () => {
    const run = await train({
      source: source(),
      by: "store",
      trainer: Y_BY_X,
      runs: temporaryFolder(),
      onEvent: () => {
        throw new Error("the listener is broken");
      },
    });
    expect(run.status).toBe("committed");
    await run.close();
  });

  test("refuses a feature that has the name of the intercept's term", async () => {
    const odd = file("odd.csv", "store,(intercept),y\n1,1,2\n1,2,3\n");
    const trainer = linearRegression({ target: "y", features: ["(intercept)"] });
    await expect(plan({ source: odd, by: "store", trainer })).rejects.toThrow(/name of the intercept's term/);
  });

  test("says how many bytes its rows take while they are brought together", async () => {
    const { exchangeBytes } = await plan({ source: source(), by: "store", trainer: Y_BY_X, workers: 2 });
    // Four rows of position, two columns and partition number.
    expect(exchangeBytes).toBe(4 * (8 + 16 + 4));
  });
});
