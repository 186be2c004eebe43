import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openEngine } from "../../src/open-engine.ts";
import { resolveRun } from "../../src/store/run-folder.ts";
import { trainWith } from "../../src/train.ts";
import { requestFrom } from "../../src/train-options.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { GAPMINDER, runCli } from "./run-cli.ts";

const WRITE_RUN = fileURLToPath(new URL("../store/fixtures/write-run.mjs", import.meta.url));

describe("query of a run that is not committed", () => {
  test("that was killed says so, and answers from what is there", async () => {
    const cwd = temporaryFolder();
    const runs = join(cwd, "runs");
    expect(spawnSync(process.execPath, [WRITE_RUN, runs, "part.renamed"]).signal).toBe("SIGKILL");
    const note = "run the-run is not committed (crashed): 4 of 10 partitions are answered\n";
    const sql = "select state, count(*) as n from ledger group by all";
    expect(await runCli(["query", "the-run", sql, "--format", "csv"], { cwd })).toEqual({
      code: 0,
      stdout: "state,n\nfitted,4\n",
      stderr: note,
    });
    expect(await runCli(["query", "the-run", sql, "--file", "out.csv"], { cwd })).toEqual({
      code: 0,
      stdout: "",
      stderr: `${note}1 row written to out.csv\n`,
    });
    expect(readFileSync(join(cwd, "out.csv"), "utf8")).toBe("state,n\nfitted,4\n");
    expect(await runCli(["query", "the-run", "select * from nothing"], { cwd })).toMatchObject({ code: 1 });
  });

  test("that died before its keys were written is an error that says what is there", async () => {
    const cwd = temporaryFolder();
    spawnSync(process.execPath, [WRITE_RUN, join(cwd, "runs"), "job.written"]);
    const { code, stdout, stderr } = await runCli(["query", "select 1"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("0 of an unknown number of partitions are answered");
    expect(stderr).toContain("run the-run died before the commit; nothing was committed; it has no keys");
  });

  test("that is under way answers from what is there, without disturbing it", async () => {
    const cwd = temporaryFolder();
    const runs = join(cwd, "runs");
    const request = requestFrom({
      ...{ source: GAPMINDER, by: "country", runs, workers: 0 },
      trainer: linearRegression({ target: "lifeExp", features: ["year"] }),
    });
    const asked: unknown[] = [];
    const ask = async (): Promise<void> => {
      const id = (await resolveRun("latest", runs)).split(sep).at(-1)!;
      const sql = "select state, count(*) as n from ledger group by all order by all";
      const { code, stdout, stderr } = await runCli(["query", sql, "--format", "csv"], { cwd });
      asked.push({ code, stdout, stderr: stderr.replace(id, "ID") });
    };
    const opened = await openEngine(0);
    const onWritePoint = async (point: string): Promise<void> => {
      if (point === "keys.written" || point === "tables.written") await ask();
    };
    const run = await trainWith(opened, request, { onWritePoint }).finally(() => opened.close());
    const note = "run ID is not committed (running):";
    expect(asked).toEqual([
      { code: 0, stdout: "state,n\n", stderr: `${note} 0 of 187 partitions are answered\n` },
      {
        code: 0,
        stdout: "state,n\nfitted,184\nskipped,3\n",
        stderr: `${note} 187 of 187 partitions are answered\n`,
      },
    ]);
    expect(await run.verify()).toEqual([]);
    expect(await runCli(["query", "select count(*) as n from models"], { cwd })).toMatchObject({
      stderr: "",
    });
    await run.close();
  });
});
