import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openRun } from "../../src/store/open-run.ts";
import { createRunWriter } from "../../src/store/run-writer.ts";
import { type CliResult, runCli } from "../cli/run-cli.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { jobOf, ORIGIN, plainRun } from "../store/made-run.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const RACE_RUN = fileURLToPath(new URL("fixtures/race-run.mjs", import.meta.url));
const ROUNDS = 100;

interface Answer {
  readonly code: string | null;
  readonly message: string;
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`child ended with ${code} before it answered`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message);
    });
  });
}

function trainAs(child: ChildProcess, name: string): Promise<Answer> {
  const answer = nextMessage(child) as Promise<Answer>;
  child.send({ name });
  return answer;
}

function writeStores(folder: string): string {
  const path = join(folder, "stores.csv");
  const rows = [1, 2, 3, 4].flatMap((x) => [`a,${x},${x}`, `b,${x},${2 * x + (x % 2)}`]);
  writeFileSync(path, `${["store,x,y", ...rows].join("\n")}\n`);
  return path;
}

/** What the one that came too late says. */
const TAKEN =
  /^run folder \S+: the name is taken: run \S+ (is under way there since \S+Z \(process \d+ on \S+\)|was committed there at \S+Z); choose another --name, or another folder with --out$/;

describe("a name", () => {
  test(`is had by one of two processes that take it at once, ${ROUNDS} times`, async () => {
    const folder = temporaryFolder();
    const [source, runs] = [writeStores(folder), join(folder, "runs")];
    const children = [0, 1].map(() => fork(RACE_RUN, [source, runs]));
    for (const ready of await Promise.all(children.map(nextMessage))) expect(ready).toBe("ready");
    const codes = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const name = `race-${round}`;
      const answers = await Promise.all(children.map((child) => trainAs(child, name)));
      const losers = answers.filter(({ code }) => code !== null);
      expect(losers).toHaveLength(1);
      expect(losers[0]!.message).toMatch(TAKEN);
      codes.add(losers[0]!.code!);
      const run = await openRun(join(runs, name));
      expect(run.status).toBe("committed");
      expect(await run.verify()).toEqual([]);
      await run.close();
    }
    expect([...codes].filter((code) => code !== "run_locked" && code !== "run_unwritable")).toEqual([]);
    expect(codes).toContain("run_locked");
    expect(readdirSync(runs)).toHaveLength(ROUNDS);
    for (const child of children) child.disconnect();
  }, 180_000);

  test("is had by one of three command lines, and is what the run is called from then on", async () => {
    const cwd = temporaryFolder();
    writeStores(cwd);
    const job = ["train", "stores.csv", "--by", "store", "--target", "y", "--features", "x"];
    const flags = ["--workers", "1", "--name", "night"];
    const start = (): Promise<CliResult> => runCli([...job, ...flags], { cwd });
    const results = await Promise.all([start(), start(), start()]);
    expect(results.map(({ code }) => code).sort()).toEqual([0, 1, 1]);
    for (const { code, stderr } of results) {
      if (code === 1) expect(stderr.trimEnd().split("\n").at(-1)!.replace("manyfit: ", "")).toMatch(TAKEN);
    }
    const winner = results.find(({ code }) => code === 0)!;
    expect(winner.stdout).toContain("manyfit show night\n");
    const shown = await runCli(["show"], { cwd });
    expect(shown.stdout).toMatch(/^run night\n/);
    // Before anything is read.
    const again = await runCli(["train", "no-such-file.csv", ...job.slice(2), ...flags], { cwd });
    expect(again).toMatchObject({ code: 1, stdout: "" });
    expect(again.stderr.replace("manyfit: ", "").trimEnd()).toMatch(TAKEN);
  });

  test("that stopped before its commit, or that is no run's, is taken too", async () => {
    const duckdb = await openTestDuckdb();
    const run = plainRun(2);
    const { keyFields, keys, resultSchema } = run;
    const runsFolder = temporaryFolder();
    const create = (id: string) =>
      createRunWriter({
        ...{ duckdb, runsFolder, id, keyFields, keys, resultSchema, seed: 1 },
        ...{ job: jobOf(run), origin: ORIGIN, startedAtMs: 1e12 },
      });
    const writer = await create("night");
    await expect(create("night")).rejects.toMatchObject({
      code: "run_locked",
      message: expect.stringMatching(TAKEN),
    });
    await writer.stop();
    await expect(create("night")).rejects.toMatchObject({
      code: "run_unwritable",
      message: `run folder ${writer.folder}: the name is taken: run night stopped there, begun at 2001-09-09T01:46:40.000Z, before its commit; choose another --name, or another folder with --out`,
    });
    mkdirSync(join(runsFolder, "notes"));
    writeFileSync(join(runsFolder, "file"), "");
    for (const id of ["notes", "file"]) {
      await expect(create(id)).rejects.toMatchObject({
        code: "run_unwritable",
        message: expect.stringContaining(
          `run ${id} is not what is there, but something that is no run; choose another --name`,
        ),
      });
    }
    expect(readdirSync(runsFolder).sort()).toEqual(["file", "night", "notes"]);
    duckdb.close();
  });
});
