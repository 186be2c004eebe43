import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { endSessions, openSession } from "../../src/engine/spark/shared-session.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { train } from "../../src/train.ts";
import { openTestDuckdb, writeSource } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { CutProxy } from "./cut-proxy.ts";
import { test as base } from "./spark-test.ts";
import { lastEventOf, trained } from "./trained.ts";

const NEVER = new AbortController().signal;

/** With a way to the cluster that can be cut. */
const test = base.extend<{ readonly proxy: CutProxy }>({
  proxy: async ({ server }, use) => {
    const proxy = await CutProxy.to(server);
    await use(proxy);
    await endSessions();
    await proxy.close();
  },
});

let source: string[];
let module: string;

beforeAll(async () => {
  const connection = await (await openTestDuckdb()).connect();
  const rows = "select n, n % 24 as k, sin(n) as y from range(4000) t(n)";
  source = await writeSource(connection, rows, { format: "parquet", files: 2 });
  module = join(temporaryFolder(), "slow.mjs");
  // Some seconds in all, and enough bytes for more than one answer.
  writeFileSync(
    module,
    `import { defineTrainer } from "manyfit";
    export default defineTrainer({ columns: ["y"], fit({ table }) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      return { model: { y: Array.from(table.numbers("y")), padding: "x".repeat(50_000) } };
    } });`,
  );
});

afterAll(endSessions);

describe("a way to the cluster", () => {
  test("that is cut again and again costs nothing of a run", async ({ proxy }) => {
    const job = { source, by: "k", trainer: { module, params: {} } };
    // From the first question on, and again while results come.
    proxy.cutEvery(300, 8);
    const onEvent = ({ type }: RunEvent): void => {
      if (type === "task.finished") proxy.cutEvery(300, 1);
      if (type === "phase.started") proxy.cutEvery(300, 8);
    };
    const there = await trained({ ...job, engine: { spark: proxy.server, tasks: 8 }, onEvent });
    expect(proxy.cutCount).toBeGreaterThan(8);
    const here = await trained(job);
    expect(there.ledger).toEqual(here.ledger);
    expect(there.manifest.digest).toBe(here.manifest.digest);
  });

  test("that is cut while a file is sent takes it once more", async ({ proxy }) => {
    const { session } = await openSession(proxy.server, NEVER);
    const sent = session.addArtifact({ name: "files/large.bin", bytes: new Uint8Array(20_000_000) }, NEVER);
    proxy.cutEvery(50, 3);
    await sent;
    expect(proxy.cutCount).toBeGreaterThan(0);
  });

  test("that stays cut ends the run in time, with an error and a folder that says so", async ({ proxy }) => {
    await openSession(proxy.server, NEVER, { retryForMs: 3000 });
    const runs = temporaryFolder();
    const job = { source, by: "k", trainer: { module, params: {} }, runs };
    const onEvent = (event: RunEvent): void => {
      if (event.type === "phase.started" && event.phase === "exchanging") proxy.cutForGood();
    };
    await expect(train({ ...job, engine: { spark: proxy.server }, onEvent })).rejects.toMatchObject({
      code: "spark_unreachable",
      message: expect.stringMatching(/^spark server 127\.0\.0\.1:\d+ cannot be reached: /),
    });
    expect(lastEventOf(runs)).toMatchObject({ type: "run.stopped", reason: "failed" });
  });
});
