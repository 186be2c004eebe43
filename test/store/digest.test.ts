import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Duckdb } from "../../src/duckdb/duckdb.ts";
import { createRunWriter } from "../../src/store/run-writer.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { expectedDigest } from "./digest-oracle.ts";
import { batchesOf, factsOf, jobOf, keysOf, type MadeRun, ORIGIN, plainRun, unfitted } from "./made-run.ts";

let duckdb: Duckdb;

beforeAll(async () => {
  duckdb = await openTestDuckdb();
});

afterAll(() => duckdb.close());

async function digestOf(run: MadeRun): Promise<string> {
  const { keyFields, keys, resultSchema } = run;
  const runsFolder = temporaryFolder();
  const writer = await createRunWriter({
    duckdb,
    runsFolder,
    id: "r",
    keyFields,
    keys,
    resultSchema,
    job: jobOf(run),
    origin: ORIGIN,
    seed: 1,
  });
  for (const batch of batchesOf(run, { batchRows: 3000 })) await writer.append(batch);
  return (await writer.commit(factsOf(run))).digest;
}

describe("the digest", () => {
  test("of a known run is what it was in every version with this digest", async () => {
    const keyFields = [{ name: "city", type: "text" }] as const;
    const run = plainRun(4);
    const outcomes = run.outcomes.map((outcome, i) => {
      if (i === 1) return unfitted(outcome, { state: "skipped", reason: "too_few_rows" });
      if (i === 2) return unfitted(outcome, { state: "lost", rowsUsed: null });
      return i === 3 ? { ...outcome, model: [null, -0, 5e-324, Number.MAX_VALUE] } : outcome;
    });
    const keys = keysOf(keyFields, [["Zürich"], [null], ["a\0b"], ["🦆"]]);
    const known = { ...run, keyFields, keys, outcomes };
    expect(await digestOf(known)).toBe("699084b563aca46100321ea0b54ac30e86ec0dae456248afb893416e3ed3d892");
    expect(expectedDigest(known)).toBe("699084b563aca46100321ea0b54ac30e86ec0dae456248afb893416e3ed3d892");
  });

  test("keeps models and partitions in step over many batches of both", async () => {
    const run = plainRun(20_000);
    const outcomes = run.outcomes.map((outcome, i) => {
      const isFitted = i % 3 === 0 || (i > 5000 && i < 9000) || i === 19_999;
      return isFitted ? outcome : unfitted(outcome, { state: "failed" });
    });
    expect(await digestOf({ ...run, outcomes })).toBe(expectedDigest({ ...run, outcomes }));
  });

  test("hashes a key that is longer than its buffer", async () => {
    const keyFields = [{ name: "text", type: "text" }] as const;
    const run = {
      ...plainRun(3),
      keyFields,
      keys: keysOf(keyFields, [["a"], ["é".repeat(2_000_000)], ["z"]]),
    };
    expect(await digestOf(run)).toBe(expectedDigest(run));
  });
});
