import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { CLI_COMMAND, type CliResult, cliEnvironment, runCli } from "./run-cli.ts";

const cwd = temporaryFolder();

/** Enough rows that a run lasts for seconds. */
const ROWS = "select (hash(i) % 200000)::integer as store, sin(i) as x, cos(i) as y from range(6000000) t(i)";

beforeAll(async () => {
  const duckdb = await openTestDuckdb();
  const connection = await duckdb.connect();
  await connection.run(`copy (${ROWS}) to '${join(cwd, "many.parquet")}'`);
  connection.close();
});

/** Trains and calls `act` as soon as standard error says `word`. */
function trainUntil(word: string, out: string, act: (child: ChildProcess) => void): Promise<CliResult> {
  const line = `exec ${CLI_COMMAND} train many.parquet --by store --target y --features x --out ${out}`;
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-c", line], {
      cwd,
      env: cliEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    let isDone = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (isDone || !stderr.includes(word)) return;
      isDone = true;
      act(child);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

test.each([
  ["\nexchanging", "SIGINT"],
  ["\nfitting", "SIGTERM"],
] as const)(
  "an interrupt after %j ends with 130 and leaves a folder that show explains",
  async (word, signal) => {
    const out = `runs-${signal}`;
    const { code, stdout, stderr } = await trainUntil(word, out, (child) => child.kill(signal));
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    const [run] = readdirSync(join(cwd, out));
    const [stopping, last] = stderr.trimEnd().split("\n").slice(-2);
    expect(stopping).toBe("stopping; press Ctrl-C again to leave at once");
    expect(last).toMatch(
      /^manyfit: run was interrupted with [\d,]+ of 200,000 partitions answered; nothing is committed/,
    );
    expect(last!.endsWith(`manyfit show ${run} --out ${out} says what is there`)).toBe(true);

    const shown = await runCli(["show", run!, "--out", out], { cwd });
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(shown.stdout).toMatch(
      /^run \S+ interrupted\n {2}what {3}.*nothing was committed.*200000 partitions/,
    );
    expect(shown.stdout).toMatch(
      /\n {2}begun {2}\S+Z\n {2}ended {2}\S+Z\n {2}why {4}somebody stopped it, with Ctrl-C or a signal\n {2}done {3}[\d,]+ of 200,000 partitions answered/,
    );
    expect(shown.stdout).toContain(`\n  log    ${out}/${run}/events.ndjson\n`);
  },
);

test("a run that is killed is shown as one that died without a word", async () => {
  const { code } = await trainUntil("\nfitting", "runs-killed", (child) => child.kill("SIGKILL"));
  expect(code).toBeNull();
  const shown = await runCli(["show", "--out", "runs-killed"], { cwd });
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(shown.stdout).toMatch(
    /^run \S+ crashed\n {2}what {3}run \S+ died before the commit; nothing was committed/,
  );
  expect(shown.stdout).toMatch(
    /\n {2}why {4}process \d+ on \S+ ended without a word: it was killed, crashed, or the machine stopped; its last event is of \S+Z\n/,
  );
  const { stdout } = await runCli(["show", "--out", "runs-killed", "--json"], { cwd });
  expect(JSON.parse(stdout)).toMatchObject({
    status: "crashed",
    manifest: null,
    left: { stop: null, partitions: 200_000, owner: { pid: expect.any(Number) } },
  });
});

test("an interrupt while the source is still read ends with 130 too", async () => {
  const { code, stdout, stderr } = await trainUntil("reading", "runs-early", (child) => child.kill("SIGINT"));
  expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
  expect(stderr).toMatch(/\nmanyfit: run was interrupted.*\n$/);
});

test("a run that is under way is shown as such", async () => {
  let shown: Promise<CliResult> | undefined;
  const { code } = await trainUntil("\nfitting", "runs-live", (child) => {
    child.kill("SIGSTOP");
    shown = runCli(["show", "--out", "runs-live"], { cwd }).finally(() => {
      child.kill("SIGINT");
      child.kill("SIGCONT");
    });
  });
  expect(code).toBe(130);
  const { stdout } = await shown!;
  expect(stdout).toMatch(/^run \S+ running\n {2}what {3}run \S+ is under way; nothing is committed yet/);
  expect(stdout).toMatch(/\n {2}why {4}process \d+ on \S+ works on it since \S+Z\n/);
  expect(stdout).toContain("  next   wait for it, or stop it with Ctrl-C where it runs\n");
});
