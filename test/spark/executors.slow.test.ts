import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { DataTypeSchema } from "#spark-connect/types";
import { executorError } from "../../src/engine/spark/executor-error.ts";
import { mappedInArrow, queryRows } from "../../src/engine/spark/relations.ts";
import { endSessions, openSession } from "../../src/engine/spark/shared-session.ts";
import type { SparkOptions } from "../../src/engine-options.ts";
import { train } from "../../src/train.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { test as base } from "../python/python-test.ts";
import { openTestDuckdb, writeSource } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { needCluster } from "./spark-test.ts";
import { lastEventOf } from "./trained.ts";

/** On the cluster, whose executors are on this machine. */
const test = base.extend<{ readonly server: string }>({
  server: async ({ skip }, use) => {
    await use(needCluster({ skip }));
  },
});

const NEVER = new AbortController().signal;

let source: string[];

beforeAll(async () => {
  const connection = await (await openTestDuckdb()).connect();
  const rows = "select n, n % 4 as k, sin(n) as x, cos(n) as y from range(400) t(n)";
  source = await writeSource(connection, rows, { format: "parquet", files: 1 });
});

afterAll(endSessions);

interface Failure {
  readonly error: unknown;
  /** Of the run's folder. */
  readonly lastEvent: unknown;
}

/** What becomes of a run that cannot be done. */
async function failureOf(
  engine: SparkOptions,
  trainer: Parameters<typeof train>[0]["trainer"] = linearRegression({ target: "y", features: ["x"] }),
): Promise<Failure> {
  const runs = temporaryFolder();
  const error = await train({ source, by: "k", trainer, engine, runs }).then(
    (run) => run.close(),
    (thrown: unknown) => thrown,
  );
  return { error, lastEvent: lastEventOf(runs) };
}

describe("an executor's host that dies whenever it is started", () => {
  test("ends the run with its last words", async ({ server }) => {
    const node = join(temporaryFolder(), "node");
    writeFileSync(node, '#!/bin/sh\nread line <&3\necho "out of luck" >&2\nkill -9 $$\n');
    chmodSync(node, 0o755);
    const { error, lastEvent } = await failureOf({ spark: server, node });
    const died = /process of Node's ended by signal SIGKILL, after: out of luck/.source;
    expect(error).toMatchObject({
      code: "spark_failed",
      message: expect.stringMatching(new RegExp(`^executor \\d+ on \\S+: ${died}; then ${died}$`)),
    });
    expect(lastEvent).toMatchObject({ type: "run.stopped", reason: "failed" });
  });

  test("leaves no process behind that it had started", async ({ server }) => {
    const folder = temporaryFolder();
    const [module, log] = [join(folder, "kills.mjs"), join(folder, "pids")];
    writeFileSync(
      module,
      `import { appendFileSync } from "node:fs";
      import { defineTrainer } from "manyfit";
      export default defineTrainer({ columns: ["y"], fit() {
        appendFileSync(${JSON.stringify(log)}, process.pid + " " + process.ppid + "\\n");
        process.kill(process.ppid, "SIGKILL");
        for (;;);
      } });`,
    );
    const { error, lastEvent } = await failureOf({ spark: server, tasks: 1 }, { module, params: {} });
    expect(error).toMatchObject({ message: expect.stringMatching(/^executor .* ended by signal SIGKILL/) });
    expect(lastEvent).toMatchObject({ type: "run.stopped", reason: "failed" });
    const lines = readFileSync(log, "utf8").trim().split("\n");
    // Two hosts in each of Spark's four attempts.
    expect(lines).toHaveLength(8);
    for (const pid of lines.flatMap((line) => line.split(" "))) await gone(pid);
  });
});

/** Waits until a process is gone, or is left for its parent to be read; a test that waits too long fails. */
async function gone(pid: string): Promise<void> {
  while (existsSync(`/proc/${pid}`)) {
    const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", pid], { encoding: "utf8" });
    if (/^\s*(Z.*)?$/.test(stdout)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("an executor's Python", () => {
  test("that has another version than another one's is told with both", async ({ server }) => {
    const { session } = await openSession(server, NEVER);
    const outputType = create(DataTypeSchema, { kind: { case: "struct", value: { fields: [] } } });
    const wrong = mappedInArrow(queryRows("select id from range(0, 1, 1, 1)"), {
      ...{ command: new Uint8Array(), outputType, pythonVersion: "3.2", columns: ["id"] },
    });
    const failure = (async () => {
      for await (const _ of session.run(wrong, NEVER));
    })().catch((error: unknown) => {
      throw executorError(error);
    });
    await expect(failure).rejects.toMatchObject({
      code: "spark_failed",
      message: expect.stringMatching(
        /^an executor has Python 3\.\d{1,2}, and its function was made for Python 3\.2, .*; give all executors the same version \(PYSPARK_PYTHON/,
      ),
    });
  });

  test("that has no pyarrow, or is not there, is told by its path", async ({ server, python }) => {
    const folder = temporaryFolder();
    const made = spawnSync(python, ["-m", "venv", "--without-pip", folder], { encoding: "utf8" });
    expect(made.stderr).toBe("");
    const { session } = await openSession(server, NEVER);
    const name = "spark.sql.execution.pyspark.python";
    try {
      for (const [path, problem] of [
        [
          join(folder, "bin", "python"),
          "has no pyarrow that can be imported (No module named 'pyarrow'); install it",
        ],
        [join(folder, "nothing"), "No such file or directory; name one that is there"],
      ] as const) {
        await session.configure({ [name]: path }, NEVER);
        const { error, lastEvent } = await failureOf({ spark: server });
        expect(error).toMatchObject({ code: "spark_failed", message: expect.stringContaining(problem) });
        expect((error as Error).message).toContain(path);
        expect(lastEvent).toMatchObject({ type: "run.stopped", reason: "failed" });
      }
    } finally {
      // The next one has the cluster's own Python.
      await endSessions();
    }
  });
});
