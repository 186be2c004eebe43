import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Duckdb } from "../../src/duckdb/duckdb.ts";
import { type OpenedRun, openRun } from "../../src/store/open-run.ts";
import { createRunWriter } from "../../src/store/run-writer.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { batchesOf, factsOf, jobOf, type MadeRun, ORIGIN, plainRun } from "./made-run.ts";

let duckdb: Duckdb;
let run: OpenedRun;

/** Writes a run into a folder of runs with a name full of signs that patterns and paths give a meaning. */
async function writeRun(made: MadeRun): Promise<string> {
  const runsFolder = join(temporaryFolder(), "runs [1] *?", "a=b", "it's");
  const { keyFields, keys, resultSchema } = made;
  const writer = await createRunWriter({
    duckdb,
    runsFolder,
    id: "the-run",
    keyFields,
    keys,
    resultSchema,
    job: jobOf(made),
    origin: ORIGIN,
    seed: 42,
  });
  for (const batch of batchesOf(made)) await writer.append(batch);
  await writer.commit(factsOf(made));
  return writer.folder;
}

beforeAll(async () => {
  duckdb = await openTestDuckdb();
  run = await openRun(await writeRun(plainRun(5000)));
});

afterAll(async () => {
  await run.close();
  duckdb.close();
});

describe("a query of a run", () => {
  test("gives names, types and rows", async () => {
    const { columns, rows } = await run.query(
      "select partition, store, state, metrics.r2, coefficients from ledger join models using (partition, store) where partition < 2",
    );
    expect(columns).toEqual([
      { name: "partition", type: "INTEGER" },
      { name: "store", type: "BIGINT" },
      { name: "state", type: "VARCHAR" },
      { name: "r2", type: "DOUBLE" },
      { name: "coefficients", type: "DOUBLE[]" },
    ]);
    expect(rows).toEqual([
      [0, -5, "fitted", 0.5, [1 / 7, 2 / 7, 3 / 7]],
      [1, -2, "fitted", 1.5, [1 + 1 / 7, 1 + 2 / 7, 1 + 3 / 7]],
    ]);
  });

  test("sees the columns of the tables and no others", async () => {
    const names = async (table: string): Promise<string[]> =>
      (await run.query(`from ${table} limit 0`)).columns.map((column) => column.name);
    expect(await names("ledger")).toEqual([
      ...["partition", "store", "state", "reason", "rows_read", "rows_used", "rows_dropped", "rows_held_out"],
      ...[
        "attempts",
        "worker",
        "task",
        "started_at",
        "duration_ms",
        "model_bytes",
        "seed",
        "metrics",
        "warnings",
      ],
      ...["error_code", "error_message", "error_stack"],
    ]);
    expect(await names("models")).toEqual(["partition", "store", "intercept", "coefficients", "nothing"]);
    const termNumbers = ["estimate", "std_error", "statistic", "p_value"];
    expect(await names("terms")).toEqual(["partition", "store", "term", ...termNumbers]);
  });

  test("gives every value in a form that JSON keeps", async () => {
    const { rows } = await run.query(`select 9007199254740991::bigint, 9007199254740992::bigint, 1::hugeint,
      170141183460469231731687303715884105727::hugeint, 'nan'::double, '-infinity'::double, 0.1::double, null,
      1.50::decimal(9,2), 12345678901234567.5::decimal(38,1), date '2026-11-22', timestamp '2026-11-22 01:02:03',
      timestamptz '2026-11-22 01:02:03+01', [1, null], {'a': 1, 'b': [2]}, map {'k': 1}, '\\x00\\xff'::blob, true,
      interval 1 day, uuid '00000000-0000-0000-0000-000000000001'`);
    expect(JSON.parse(JSON.stringify(rows))).toEqual(rows);
    expect(rows[0]!.slice(0, 18)).toEqual([
      ...[9007199254740991, "9007199254740992", 1, "170141183460469231731687303715884105727"],
      ...["NaN", "-Infinity", 0.1, null, 1.5, "12345678901234567.5", "2026-11-22", "2026-11-22 01:02:03"],
      ...[
        "2026-11-22 00:02:03+00",
        [1, null],
        { a: 1, b: [2] },
        [{ key: "k", value: 1 }],
        "\\x00\\xFF",
        true,
      ],
    ]);
  });

  test.each([
    ["with a comment and a semicolon", "select 1 as one; -- done"],
    ["that describes a table", "describe ledger"],
    ["that sums a table up", "summarize terms"],
    ["that begins with from", "from models limit 1"],
    ["with a common table", "with a as (from ledger) select count(*) from a"],
    ["without a table", "values (1)"],
    ["that pivots told values", "pivot ledger on state in ('fitted', 'failed') using count(*)"],
  ])("may be one %s", async (_, sql) => {
    expect((await run.query(sql)).rows.length).toBeGreaterThan(0);
  });

  test("streams a result that is larger than what it keeps in memory", async () => {
    const { columns, batches } = await run.stream("select a.partition from ledger a, range(300)");
    expect(columns).toEqual([{ name: "partition", type: "INTEGER" }]);
    let sum = 0;
    let largest = 0;
    for await (const batch of batches) {
      largest = Math.max(largest, batch.length);
      for (const [partition] of batch) sum += Number(partition);
    }
    expect(sum).toBe((300 * 5000 * 4999) / 2);
    expect(largest).toBeLessThanOrEqual(2048);
  });

  test("can be read to its end after its run was closed", async () => {
    const closed = await openRun(run.folder);
    const { batches } = await closed.stream("select a.partition from ledger a, range(300)");
    let rows = 0;
    for await (const batch of batches) {
      if (rows === 0) await closed.close();
      rows += batch.length;
    }
    expect(rows).toBe(300 * 5000);
  });

  test("can be left before its end, and several run at once", async () => {
    const { batches } = await run.stream("select a.partition from ledger a, ledger b");
    for await (const batch of batches) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    const sqls = [1, 2, 3].map((n) => run.query(`select ${n}, count(*) from ledger`));
    expect((await Promise.all(sqls)).map(({ rows }) => rows[0])).toEqual([1, 2, 3].map((n) => [n, 5000]));
  });

  test("says what DuckDB does not understand, with its hint and what there is", async () => {
    await expect(run.query("select stor from ledger")).rejects.toMatchObject({
      code: "query_refused",
      message: expect.stringMatching(
        /query failed: Binder Error: .*"stor" not found[\s\S]*Candidate bindings: .*store/,
      ),
    });
    await expect(run.query("select * from ledgers")).rejects.toMatchObject({
      code: "query_refused",
      message: expect.stringMatching(
        /Table with name ledgers does not exist!\nthere are: ledger, models, terms\n\nLINE 1/,
      ),
    });
    await expect(run.query("selct 1")).rejects.toMatchObject({
      code: "query_refused",
      message: expect.stringContaining('query failed: Parser Error: syntax error at or near "selct"'),
    });
  });

  test("says of an error when it comes, also behind rows that were fine", async () => {
    const late = "select case when a.partition = 4999 then a.state::int end from range(300), ledger a";
    let rows = 0;
    const read = async (): Promise<void> => {
      for await (const batch of (await run.stream(late)).batches) rows += batch.length;
    };
    await expect(read()).rejects.toMatchObject({
      code: "query_refused",
      message: expect.stringContaining("Could not convert string 'fitted' to INT32"),
    });
    expect(rows).toBeGreaterThan(0);
  });

  test.each(["", " \n", "-- nothing", ";"])("is refused when it is empty: %j", async (sql) => {
    await expect(run.query(sql)).rejects.toMatchObject({
      code: "query_refused",
      message: "query is empty: a single select is needed",
    });
  });
});

describe("SQL that does more than read the run is refused:", () => {
  const outside = join(temporaryFolder(), "outside.csv");
  writeFileSync(outside, "a\n1\n");

  test.each([
    `select * from read_csv('/etc/passwd')`,
    `select * from '${outside}'`,
    `select * from read_text('${outside}')`,
    `select * from read_blob('/etc/*')`,
    `select * from glob('/*')`,
    `select * from sniff_csv('${outside}')`,
    `select * from parquet_metadata('${outside}')`,
    `select * from query('from read_csv(''${outside}'')')`,
    `select * from read_csv('http://127.0.0.1:1/x.csv')`,
    `select getenv('HOME')`,
    `copy ledger to '${outside}.copy'`,
    `copy (select 1) to '${outside}.copy'`,
    `explain select 1`,
    `explain analyze copy (select 1 as partition) to 'LEDGER' (format parquet, use_tmp_file false)`,
    `explain analyze drop view ledger`,
    `attach '${outside}.db' as x`,
    `attach ':memory:' as x`,
    "install httpfs",
    "load httpfs",
    "set threads = 1",
    "set global enable_external_access = true",
    "reset lock_configuration",
    "pragma enable_profiling",
    "call enable_logging()",
    "create table t as select 1",
    "create view v as from ledger",
    "create macro f() as 1",
    "drop view ledger",
    "delete from ledger",
    "insert into ledger select * from ledger",
    "select 1; select 2",
    "select 1; drop view ledger",
    "begin",
    "use memory",
    "vacuum",
    "checkpoint",
    "prepare p as select 1",
    `export database '${outside}.all'`,
    `import database '${outside}.all'`,
  ])("%s", async (template) => {
    const before = readFileSync(join(run.folder, "ledger.parquet"));
    const sql = template.replace("LEDGER", join(run.folder, "ledger.parquet").replaceAll("'", "''"));
    await expect(run.query(sql)).rejects.toMatchObject({ code: "query_refused" });
    await expect(run.queryTo(sql, `${outside}.parquet`)).rejects.toMatchObject({ code: "query_refused" });
    expect(readFileSync(join(run.folder, "ledger.parquet")).equals(before)).toBe(true);
    expect(readdirSync(join(outside, ".."))).toEqual(["outside.csv"]);
    expect((await run.query("select count(*) from ledger")).rows).toEqual([[5000]]);
  });

  test("a file that is beyond the run, with a message that names what is not", async () => {
    await expect(run.query("select * from read_csv('/etc/passwd')")).rejects.toThrow(
      /query reaches beyond the run: .*"\/etc\/passwd".*; only ledger, models, terms can be read/,
    );
  });
});

describe("a query into a file", () => {
  const sql =
    "select partition, state, coefficients from ledger join models using (partition) order by partition desc limit 3; ";

  test("writes Parquet, CSV and JSON, and says how many rows", async () => {
    const folder = temporaryFolder();
    for (const name of ["out.parquet", "out.csv", "OUT.JSON"]) {
      expect(await run.queryTo(sql, join(folder, name))).toBe(3);
    }
    expect(readdirSync(folder).sort()).toEqual(["OUT.JSON", "out.csv", "out.parquet"]);
    expect((JSON.parse(readFileSync(join(folder, "OUT.JSON"), "utf8")) as unknown[])[0]).toMatchObject({
      partition: 4999,
      state: "fitted",
    });
    expect(readFileSync(join(folder, "out.csv"), "utf8").split("\n").slice(0, 2)).toEqual([
      "partition,state,coefficients",
      expect.stringMatching(/^4999,fitted,"\[4999\.14/),
    ]);
    const connection = await duckdb.connect();
    expect(await connection.rows(`select partition from '${join(folder, "out.parquet")}'`)).toEqual(
      [4999, 4998, 4997].map((partition) => ({ partition })),
    );
  });

  test("does not replace a file unless it is told to", async () => {
    const file = join(temporaryFolder(), "out.csv");
    writeFileSync(file, "dear");
    await expect(run.queryTo("select 1 as a", file)).rejects.toMatchObject({
      code: "invalid_option",
      message: `file ${file}: exists already; choose another name or overwrite it (--overwrite)`,
    });
    expect(readFileSync(file, "utf8")).toBe("dear");
    await expect(run.queryTo("select x", file, { overwrite: true })).rejects.toMatchObject({
      code: "query_refused",
    });
    expect(readFileSync(file, "utf8")).toBe("dear");
    await run.queryTo("select 1 as a", file, { overwrite: true });
    expect(readFileSync(file, "utf8")).toBe("a\n1\n");
  });

  test("leaves a file that has the name of an unfinished one, whether it succeeds or not", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "out.csv.tmp"), "dear");
    await run.queryTo("select 1 as a", join(folder, "out.csv"));
    await expect(run.queryTo("select 1 as a from nowhere", join(folder, "b.csv"))).rejects.toThrow();
    expect(readFileSync(join(folder, "out.csv.tmp"), "utf8")).toBe("dear");
    expect(readdirSync(folder).sort()).toEqual(["out.csv", "out.csv.tmp"]);
  });

  test("does not write into the run folder, by whatever way", async () => {
    const folder = temporaryFolder();
    const link = join(folder, "link");
    symlinkSync(run.folder, link);
    mkdirSync(join(run.folder, "deeper"));
    for (const file of [
      join(run.folder, "ledger.parquet"),
      join(run.folder, "deeper", "x.csv"),
      join(link, "x.csv"),
    ]) {
      await expect(run.queryTo("select 1 as a", file, { overwrite: true })).rejects.toMatchObject({
        code: "invalid_option",
        message: expect.stringContaining("is inside the run folder"),
      });
    }
    expect(existsSync(join(run.folder, "x.csv"))).toBe(false);
  });

  test.each([
    ["out.xlsx", 'ends in ".xlsx", must end in one of .parquet, .csv, .json'],
    ["out", 'ends in "", must end in one of'],
    ["missing/out.csv", "its folder does not exist"],
  ])("is refused for %s", async (name, message) => {
    await expect(run.queryTo("select 1", join(temporaryFolder(), name))).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining(message),
    });
  });
});
