import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createRunWriter } from "../../src/store/run-writer.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { batchesOf, jobOf, type MadeRun, ORIGIN, type Outcome, plainRun, unfitted } from "./made-run.ts";

/** Bytes that results may take where six times as many are allowed for copies. */
const WAITING_BYTES = 10_000;

/** Ten failed partitions whose messages and stacks are four times what may wait. */
function failingRun(): MadeRun {
  const run = plainRun(10);
  const error = { code: "trainer_threw", message: "m".repeat(3000), stack: "s".repeat(1000) };
  return { ...run, outcomes: run.outcomes.map((outcome) => unfitted(outcome, { state: "failed", error })) };
}

/** Ten fitted partitions that warn at the same length. */
function warningRun(): MadeRun {
  const run = plainRun(10);
  const warnings = [{ code: "odd", message: "m".repeat(4000) }];
  return { ...run, outcomes: run.outcomes.map((outcome): Outcome => ({ ...outcome, warnings })) };
}

test.each([
  ["errors", failingRun()],
  ["warnings", warningRun()],
])("long texts of %s are written before they take more memory than results may", async (_, run) => {
  const duckdb = await openTestDuckdb();
  const { keyFields, keys, resultSchema } = run;
  const writer = await createRunWriter({
    ...{ duckdb, runsFolder: temporaryFolder(), id: "r", keyFields, keys, resultSchema },
    ...{ job: jobOf(run), origin: ORIGIN, seed: 42, flushEveryMs: 1e9, resultBytes: 6 * WAITING_BYTES },
  });
  for (const batch of batchesOf(run, { batchRows: 1 })) await writer.append(batch);
  await writer.stop();
  const parts = readdirSync(join(writer.folder, "parts")).filter((name) => name.startsWith("part-"));
  // Three partitions of 4,000 characters are more than may wait, and the last one is alone.
  expect(parts).toHaveLength(4);
  duckdb.close();
});
