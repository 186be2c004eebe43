import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { findPythonForTests, pythonEnvironment } from "../../scripts/python-environment.mjs";
import { type SparkCluster, startSparkCluster } from "../../scripts/spark-cluster.mjs";
import { CLI_COMMAND, type CliResult, cliEnvironment } from "../cli/run-cli.ts";
import { openTestDuckdb, writeSource } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { test } from "./spark-test.ts";

/** Partitions that take a tenth of a second each: some seconds in all, on two cores. */
const PARTITIONS = 60;
const SLOW_MS = 250;

const cwd = temporaryFolder();
let cluster: SparkCluster;

beforeAll(async () => {
  if ("reason" in inject("sparkCluster")) return;
  const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
  // A cluster of its own: parts of it are killed.
  cluster = await startSparkCluster(
    process.env["MANYFIT_TEST_SPARK_PYTHON"] ??
      (await pythonEnvironment(requirements, findPythonForTests()!)),
    { conf: { "spark.task.maxFailures": "4" } },
  );
  const connection = await (await openTestDuckdb()).connect();
  const rows = `select n, (n % ${PARTITIONS})::integer as k, sin(n) as y from range(${PARTITIONS * 20}) t(n)`;
  const [path] = await writeSource(connection, rows, { format: "parquet", files: 1 });
  writeFileSync(join(cwd, "source"), path!);
  writeFileSync(
    join(cwd, "slow.mjs"),
    `import { defineTrainer } from "manyfit";
    export default defineTrainer({ columns: ["y"], fit({ table }) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${SLOW_MS});
      return { model: { mean: table.numbers("y").reduce((a, b) => a + b, 0) / table.rowCount }, metrics: { rows: table.rowCount } };
    } });`,
  );
}, 300_000);

afterAll(() => cluster?.close());

/** Trains on the cluster, and calls `act` when the first fits are done. */
async function trainUntilFits(out: string, act: (pid: number) => void | Promise<void>): Promise<CliResult> {
  // Those of the run before end soon after it.
  await until(() => hostsOf(cluster).length === 0);
  const source = readFileSync(join(cwd, "source"), "utf8");
  const line = `exec ${CLI_COMMAND} train ${source} --by k --trainer slow.mjs --spark ${cluster.server} --spark-tasks 6 --out ${out}`;
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-c", line], {
      cwd,
      env: cliEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const texts = { stdout: "", stderr: "" };
    let isDone = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      texts.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      texts.stderr += text;
    });
    const polled = setInterval(() => {
      if (isDone || hostsOf(cluster).length === 0) return;
      isDone = true;
      clearInterval(polled);
      Promise.resolve(act(child.pid!)).catch(reject);
    }, 50);
    child.once("error", reject);
    child.once("close", (code) => {
      clearInterval(polled);
      resolve({ code, ...texts });
    });
  });
}

/** A process, as `ps` tells of it. */
interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function processes(): Process[] {
  const { stdout } = spawnSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  return stdout
    .trim()
    .split("\n")
    .map((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)!;
      return { pid: Number(pid), parent: Number(parent), command: command! };
    });
}

/** Everything below a process. */
function below(pid: number, all: readonly Process[] = processes()): Process[] {
  return all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid, all)]);
}

function partsOf({ pids }: SparkCluster): Process[] {
  const all = processes();
  return ["worker-1", "worker-2"].flatMap((name) => below(pids[name]!, all));
}

/** Processes of executors' hosts and their workers: all that run Node below Spark's workers. */
function hostsOf(of: SparkCluster): Process[] {
  return partsOf(of).filter(({ command }) => /\.mjs|executor-process/.test(command));
}

/** Hosts of the cluster's, and what they started, whose executors are gone. */
function orphans(): Process[] {
  const known = new Set(partsOf(cluster).map(({ pid }) => pid));
  return processes().filter(
    ({ pid, command }) => command.includes(cluster.folder) && /\.mjs/.test(command) && !known.has(pid),
  );
}

async function until(isTrue: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  while (!isTrue()) {
    if (Date.now() > giveUpAt) throw new Error("did not come to be within a minute");
    await new Promise((later) => setTimeout(later, 100));
  }
}

function kill(found: readonly Process[]): void {
  const [first] = found;
  if (first === undefined) throw new Error("there is nothing to kill");
  process.kill(first.pid, "SIGKILL");
}

/** Spark's own Python workers that have a host. */
function pythonWorkers(): Process[] {
  const all = processes();
  return partsOf(cluster).filter(
    ({ pid, command }) =>
      /pyspark/.test(command) && all.some(({ parent, command: of }) => parent === pid && /\.mjs/.test(of)),
  );
}

function executors(): Process[] {
  return partsOf(cluster).filter(({ command }) => /java.*CoarseGrainedExecutorBackend/.test(command));
}

/** Spark's own workers, which start executors. */
function sparkWorkers(): Process[] {
  const all = processes();
  const starters = ["worker-1", "worker-2"].map((name) => cluster.pids[name]!);
  return all.filter(
    ({ pid, parent, command }) =>
      /java.*deploy\.worker\.Worker/.test(command) && (starters.includes(pid) || starters.includes(parent)),
  );
}

/** What is killed, by its name. */
const VICTIMS: readonly (readonly [name: string, find: () => Process[]])[] = [
  ["an executor's host", () => hostsOf(cluster)],
  ["a Python worker of Spark's", pythonWorkers],
  ["an executor", executors],
  // The last, as it does not come back: all that follows runs on the other one.
  ["a worker of Spark's", sparkWorkers],
];

describe("a run on a cluster survives", () => {
  test.for(VICTIMS)("the end of %s", { timeout: 240_000 }, async ([name, find], { server: _ }) => {
    const out = `runs-${name.replaceAll(/\W/g, "-")}`;
    const { code, stdout, stderr } = await trainUntilFits(out, () => kill(find()));
    expect(stderr).not.toMatch(/^manyfit: /m);
    expect({ code, stdout }).toMatchObject({
      ...{ code: 0, stdout: expect.stringContaining(`${PARTITIONS} fitted`) },
    });
    await until(() => orphans().length === 0);
  });
});

describe("what is stopped leaves nothing", () => {
  test("behind on the cluster, and a folder that says so here", async ({ server: _ }) => {
    const { code, stderr } = await trainUntilFits("runs-stopped", (pid) => {
      process.kill(pid, "SIGINT");
    });
    expect(code).toBe(130);
    expect(stderr).toContain("nothing is committed");
    const [run] = readdirSync(join(cwd, "runs-stopped"));
    const events = readFileSync(join(cwd, "runs-stopped", run!, "events.ndjson"), "utf8");
    expect(JSON.parse(events.trim().split("\n").at(-1)!)).toMatchObject({
      ...{ type: "run.stopped", reason: "interrupted" },
    });
    await until(() => hostsOf(cluster).length === 0);
  }, 240_000);

  // The last, as nothing can be asked of the server behind it.
  test("on the executors when the server is killed, and says that it is gone", async ({ server: _ }) => {
    const server = cluster.pids["server"]!;
    const { code, stderr } = await trainUntilFits("runs-lost", () => {
      for (const { pid, command } of [...below(server), { pid: server, command: "java" }])
        if (/java/.test(command)) process.kill(pid, "SIGKILL");
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^manyfit: spark server 127\.0\.0\.1:\d+ /m);
    const [run] = readdirSync(join(cwd, "runs-lost"));
    const events = readFileSync(join(cwd, "runs-lost", run!, "events.ndjson"), "utf8");
    expect(JSON.parse(events.trim().split("\n").at(-1)!)).toMatchObject({
      ...{ type: "run.stopped", reason: "failed" },
    });
    await until(() => hostsOf(cluster).length === 0);
  }, 240_000);
});
