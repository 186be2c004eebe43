import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli, runShell } from "./run-cli.ts";

const cwd = temporaryFolder();
const JOB = ["train", "sales.csv", "--by", "store", "--target", "y", "--features", "x", "--null-text", "NA"];

/** Stores of nine rows each; one x of store a is missing, so that of its eight usable rows two are held out. */
beforeAll(async () => {
  const rows = ["a", "b", "c"].flatMap((store) =>
    Array.from({ length: 9 }, (_, i) => `${store};${i};${store === "a" && i === 3 ? "NA" : i};${i ** 2}`),
  );
  writeFileSync(join(cwd, "sales.csv"), `${["store;day;x;y", ...rows].join("\n")}\n`);
  const rules = ["--holdout", "0.25", "--order-by", "day", "--limit", "2", "--max-failed", "1"];
  expect(await runCli([...JOB, ...rules, "--nulls", "drop", "--quiet"], { cwd })).toMatchObject({ code: 0 });
});

describe("rows that were held out are told of every partition", () => {
  test("as text", async () => {
    const { stdout } = await runCli(["models", "latest", "--key", "store=a"], { cwd });
    expect(stdout).toMatch(
      /^ {2}rows +9 rows read, 6 used; 2 held out; 1 dropped: no value, or no finite one, in a used column$/m,
    );
    const other = await runCli(["models", "latest", "--key", "store=b"], { cwd });
    expect(other.stdout).toMatch(/^ {2}rows +9 rows read, 7 used; 2 held out$/m);
  });

  test("as JSON, and what was read is used, dropped or held out", async () => {
    const { stdout } = await runCli(["models", "--format", "json"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject([
      { key: { store: "a" }, rowsRead: 9, rowsUsed: 6, rowsDropped: 1, rowsHeldOut: 2 },
      { key: { store: "b" }, rowsRead: 9, rowsUsed: 7, rowsDropped: 0, rowsHeldOut: 2 },
    ]);
  });

  test("as CSV", async () => {
    const { stdout } = await runCli(["models", "--format", "csv"], { cwd });
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(
      /^partition,store,state,reason,rows_read,rows_used,rows_dropped,rows_held_out,error_code,/,
    );
    expect(lines[1]).toMatch(/^0,a,fitted,,9,6,1,2,,/);
  });
});

test("show says by which rules a run was made", async () => {
  const { stdout } = await runCli(["show"], { cwd });
  expect(stdout).toContain(
    "\n  rules   rows with NULL, NaN or an infinity are dropped; 0.25 of each partition's rows held out, the last; rows ordered by day; the first 2 partitions in key order; stops when more than 1 partition fails\n",
  );
});

test("a run that stopped is to be looked at by the program as it was called", async () => {
  writeFileSync(join(cwd, "weighted.csv"), "store,x,y,w\na,1,1,-1\na,2,3,1\na,3,4,1\n");
  const job = ["--by", "store", "--target", "y", "--features", "x", "--weights", "w"];
  const { code, stderr } = await runCli(
    ["train", "weighted.csv", ...job, "--max-failed", "0", "--quiet", "--out", "stopped"],
    { cwd, env: { npm_lifecycle_event: "npx" } },
  );
  expect(code).toBe(3);
  expect(stderr).toMatch(/; npx manyfit show \S+ --out stopped says what is there\n$/);
});

test("what is proposed to be done next can be done", async () => {
  const { stdout: printed } = await runCli([...JOB, "--out", "all runs"], { cwd });
  const steps = printed.slice(printed.indexOf("what next")).trim().split("\n").slice(1);
  expect(steps).toHaveLength(4);
  for (const step of steps) {
    const line = step.trim().replace(/^(?:npx )?manyfit/, () => "$manyfit");
    expect(await runShell(line, { cwd })).toMatchObject({ code: 0 });
  }
});
