import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { GAPMINDER_JOB, runCli, runShell } from "./run-cli.ts";

const cwd = temporaryFolder();

/** One row with values of many kinds. */
const KINDS = `select 1 as n, null as nothing, 12345678901234567890 as big, 0.1::double + 0.2::double as d, 'nan'::double as nan, ''  as empty,
  'a "b", c' || chr(10) || 'd' as text, [1, 2] as list, {'a': 1} as struct, date '2013-01-31' as day, 1 as n`;

beforeAll(async () => {
  await runCli([...GAPMINDER_JOB, "--quiet"], { cwd });
});

describe("query", () => {
  test("shows a table with numbers to the right", async () => {
    const sql =
      "select state, reason, count(*) as n, avg(rows_used) as rows from ledger group by all order by all";
    const { code, stdout, stderr } = await runCli(["query", sql], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`\
state    reason          n    rows
fitted   –             184  17.989
skipped  too_few_rows    3   1.000

2 rows
`);
  });

  test("takes a run before the query", async () => {
    const { stdout } = await runCli(["query", "latest", "select count(*) as n from models"], { cwd });
    expect(stdout).toBe("  n\n184\n\n1 row\n");
  });

  test("as JSON keeps every value", async () => {
    const { stdout } = await runCli(["query", KINDS, "--format", "json"], { cwd });
    expect(JSON.parse(stdout)).toEqual([
      {
        ...{
          n: 1,
          nothing: null,
          big: "12345678901234567890",
          d: 0.30000000000000004,
          nan: "NaN",
          empty: "",
        },
        ...{ text: 'a "b", c\nd', list: [1, 2], struct: { a: 1 }, day: "2013-01-31", n_1: 1 },
      },
    ]);
  });

  test("as CSV follows RFC 4180", async () => {
    const { stdout } = await runCli(["query", KINDS, "--format", "csv"], { cwd });
    expect(stdout).toBe(
      'n,nothing,big,d,nan,empty,text,list,struct,day,n_1\n1,,12345678901234567890,0.30000000000000004,NaN,"","a ""b"", c\nd","[1,2]","{""a"":1}",2013-01-31,1\n',
    );
  });

  test("without rows is an empty table, array or header", async () => {
    const sql = "select country from models where false";
    expect((await runCli(["query", sql], { cwd })).stdout).toBe("country\n\n0 rows\n");
    expect((await runCli(["query", sql, "--format", "json"], { cwd })).stdout).toBe("[]\n");
    expect((await runCli(["query", sql, "--format", "csv"], { cwd })).stdout).toBe("country\n");
  });

  test("names the columns for which there is no room", async () => {
    const { stdout } = await runCli(["query", "select * from ledger limit 1"], {
      cwd,
      env: { COLUMNS: "60" },
    });
    const lines = stdout.trimEnd().split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(lines.slice(3, 5)).toEqual([
      "1 row",
      "no room for: rows_dropped, rows_held_out, attempts, worker,",
    ]);
  });

  test("shows a thousand rows of a longer table and says so; JSON and CSV have all", async () => {
    const sql = "select i from range(5000) t(i)";
    const table = await runCli(["query", sql], { cwd });
    expect(table.stdout.split("\n")).toHaveLength(1 + 1000 + 3);
    expect(table.stdout).toMatch(
      /\n999\n\nthe first 1,000 rows; all with --format csv or json, or with --file\n$/,
    );
    const csv = await runCli(["query", sql, "--format", "csv"], { cwd });
    expect(csv.stdout.split("\n")).toHaveLength(5002);
  });

  test("streams: a result without end is cut by its reader", async () => {
    const line = `set -o pipefail; $manyfit query "select i from range(100000000000) t(i)" --format csv | head -2`;
    expect(await runShell(line, { cwd })).toEqual({ code: 0, stdout: "i\n0\n", stderr: "" });
  });

  test("writes a file and does not replace one unasked", async () => {
    const sql = "select country, intercept from models order by country limit 2";
    const args = ["query", sql, "--file", "fits.csv"];
    const first = await runCli(args, { cwd });
    expect(first).toEqual({ code: 0, stdout: "", stderr: "2 rows written to fits.csv\n" });
    expect(readFileSync(join(cwd, "fits.csv"), "utf8")).toMatch(
      /^country,intercept\nAfghanistan,-507\.5342715\d+\nAlbania,.*\n$/,
    );
    writeFileSync(join(cwd, "fits.csv"), "dear to me");
    const second = await runCli(args, { cwd });
    expect(second).toMatchObject({ code: 2, stdout: "" });
    expect(second.stderr).toMatch(/^manyfit: file fits\.csv: exists already; .*overwrite.*\n$/);
    expect(readFileSync(join(cwd, "fits.csv"), "utf8")).toBe("dear to me");
    expect(await runCli([...args, "--overwrite"], { cwd })).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, "fits.csv"), "utf8")).toContain("Albania");
    for (const file of ["fits.parquet", "fits.json"]) {
      expect(await runCli(["query", sql, "--file", file], { cwd })).toMatchObject({ code: 0 });
      expect(existsSync(join(cwd, file))).toBe(true);
    }
  });

  test.each([
    [
      "select * from ledgr",
      "query failed: Catalog Error: Table with name ledgr does not exist! there are: ledger, models, terms",
    ],
    ["selec 1", "query failed: Parser Error"],
    ["select 1; select 2", "query has 2 statements, one is allowed"],
    ["drop view ledger", "query does more than read"],
    ["insert into ledger select * from ledger", "query does more than read"],
    ["update nothing set n = 1", "query does more than read"],
    ["delete from models", "query does more than read"],
    ["create table t as select * from nothing", "query does more than read"],
    ["copy models to 'models.csv'", "query does more than read"],
    ["select * from read_text('/etc/passwd')", "query reaches beyond the run"],
  ])("refuses %s with 1", async (sql, message) => {
    const { code, stdout, stderr } = await runCli(["query", sql], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^manyfit: .*\n$/);
    expect(stderr).toContain(message);
  });
});
