import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keyAt } from "../../src/key/key-list.ts";
import { partitionSeed } from "../../src/key/partition-seed.ts";
import type { ResultSchema } from "../../src/run/result-schema.ts";
import { shuffled, withFailures } from "../store/changed-run.ts";
import { expectedDigest } from "../store/digest-oracle.ts";
import { batchesOf, factsOf, jobOf, ORIGIN, plainRun } from "../store/made-run.ts";
import { madeRuns } from "../store/made-run-arbitrary.ts";
import { checkStoredDigest } from "./check-stored-digest.ts";
import { checkStoredDocuments } from "./check-stored-documents.ts";
import { checkStoredFiles } from "./check-stored-files.ts";
import { checkStoredKeys } from "./check-stored-keys.ts";
import { expectOutcomes, rowsOf, type StoreMember, stored } from "./store-member.ts";

/** What every store of runs must do, whatever it writes to. */
export function checkStore(name: string, createMember: () => Promise<StoreMember>): void {
  let opened: StoreMember;
  const member = (): StoreMember => opened;

  describe(`the store ${name}`, () => {
    beforeAll(async () => {
      opened = await createMember();
    });
    afterAll(() => opened.close());

    test("gives back every result as it was, with the documented digest, for runs of every shape", async () => {
      await fc.assert(
        fc.asyncProperty(madeRuns, fc.nat(), fc.integer({ min: 1, max: 4 }), async (run, seed, batchRows) => {
          const order = shuffled(run.outcomes.length, seed);
          const opened = await stored(member(), run, { order, batchRows });
          expect(opened.manifest.digest).toBe(expectedDigest(run));
          expect(await opened.verify()).toEqual([]);
          await expectOutcomes(opened, run);
          await opened.close();
        }),
        { numRuns: 40 },
      );
    });

    test("has exactly one ledger row per partition, in key order, with its seed", async () => {
      const run = plainRun(5000);
      const opened = await stored(member(), run, { order: shuffled(5000, 1), batchRows: 700 });
      const rows = await rowsOf(opened, "select partition, store, seed, model_bytes, attempts from ledger");
      expect(rows).toEqual(
        run.outcomes.map((_, i) => [i, i * 3 - 5, partitionSeed(42, keyAt(run.keys, i)), 4 * 9, 1]),
      );
      await opened.close();
    });

    test("keeps nothing of the order, batches, workers and times in which results came, but in their columns", async () => {
      const run = withFailures(plainRun(300));
      const order = shuffled(300, 7);
      const one = await stored(member(), run);
      const other = await stored(member(), run, { order, batchRows: 11, worker: 3, startedAtMs: 2e12 });
      expect(other.manifest.digest).toBe(one.manifest.digest);
      expect(other.manifest.counts).toEqual(one.manifest.counts);
      const same = "select * exclude (worker, task, started_at, duration_ms) from ledger";
      for (const sql of [same, "from models", "from terms"]) {
        expect(await rowsOf(other, sql)).toEqual(await rowsOf(one, sql));
      }
      expect(await rowsOf(other, "select distinct worker from ledger")).toEqual([[3]]);
      await Promise.all([one.close(), other.close()]);
    });

    test("counts states, reasons and rows", async () => {
      const run = withFailures(plainRun(30));
      const opened = await stored(member(), run);
      const states = { fitted: 24, skipped: 3, failed: 1, timed_out: 1, lost: 1 };
      expect(opened.manifest.counts).toEqual({
        partitions: 30,
        states,
        reasons: { no_rows: 1, too_few_rows: 2 },
        rowsRead: 290,
        rowsUsed: 261,
        rowsDropped: 29,
        rowsHeldOut: 0,
      });
      await opened.close();
    });

    test("gives partitions that are not fitted a row without model, metrics and terms", async () => {
      const opened = await stored(member(), withFailures(plainRun(30)));
      const unfittedRows =
        "from ledger where state <> 'fitted' and (model_bytes is not null or metrics is not null)";
      expect(await rowsOf(opened, `select count(*) ${unfittedRows}`)).toEqual([[0]]);
      for (const table of ["models", "terms"]) {
        const sql = `select count(*) from ${table} anti join (from ledger where state = 'fitted') using (partition)`;
        expect(await rowsOf(opened, sql)).toEqual([[0]]);
      }
      const errors =
        "select state, reason, error_code, error_message, error_stack, rows_read, rows_held_out from ledger";
      expect(await rowsOf(opened, `${errors} where partition in (3, 4, 6, 9)`)).toEqual([
        ["skipped", "no_rows", null, null, null, 10, 0],
        ["skipped", "too_few_rows", null, null, null, 10, 0],
        ["failed", null, "invalid_weight", "weight -1", "at fit", 10, 0],
        ["lost", null, "worker_died", "the worker died", null, null, null],
      ]);
      await opened.close();
    });

    test("has no table of terms when estimators have none", async () => {
      const resultSchema: ResultSchema = {
        form: "fields",
        model: [{ name: "mean", listLength: null }],
        metrics: [],
        terms: [],
      };
      const opened = await stored(member(), plainRun(3, resultSchema));
      expect(opened.manifest.files.map((file) => file.rows)).toEqual([3, 3]);
      await expect(opened.query("select * from terms")).rejects.toThrow("there are: ledger, models");
      await opened.close();
    });

    test.each([
      ["no result at all", [], "3 partitions (0, 1, 2) without a result"],
      ["a partition without a result", [0, 2], "partition 1 without a result"],
      ["a partition with two results", [0, 1, 1, 2], "partition 1 with more than one result"],
    ])("commits nothing with %s", async (_, order, message) => {
      const run = plainRun(3);
      const writer = await member().createWriter(run);
      for (const batch of batchesOf(run, { order, batchRows: 1 })) await writer.append(batch);
      await expect(writer.commit(factsOf(run))).rejects.toMatchObject({
        code: "run_damaged",
        message: expect.stringContaining(message),
      });
      await writer.stop();
      const opened = await member().open(writer);
      expect(opened).toMatchObject({ status: "interrupted", manifest: null });
      await expect(opened.verify()).rejects.toMatchObject({ code: "run_not_committed" });
      await opened.close();
    });

    test("commits nothing when rows are missing", async () => {
      const run = plainRun(3);
      const writer = await member().createWriter(run);
      for (const batch of batchesOf(run)) await writer.append(batch);
      const facts = factsOf(run);
      const files = facts.files.map((file) => ({ ...file, rows: file.rows! + 1 }));
      await expect(writer.commit({ ...facts, files })).rejects.toMatchObject({
        code: "run_damaged",
        message: expect.stringContaining("its partitions have 30 rows in all, its files 31"),
      });
      await writer.stop();
    });

    test("commits nothing when a partition did not use or drop every row it read", async () => {
      const run = plainRun(3);
      const writer = await member().createWriter(run);
      const [batch] = batchesOf(run);
      await writer.append({ ...batch!, rowsUsed: Float64Array.of(9, 8, 9) });
      await expect(writer.commit(factsOf(run))).rejects.toMatchObject({
        code: "run_damaged",
        message: expect.stringContaining("partition 1: 10 rows read, but 9 used, dropped or held out"),
      });
      await writer.stop();
    });

    test("refuses batches that do not fit the result schema, and takes the next", async () => {
      const run = plainRun(2);
      const writer = await member().createWriter(run);
      const [batch] = batchesOf(run);
      const { model } = batch!;
      const broken = [
        { ...batch!, model: model.slice(1) },
        { ...batch!, terms: null },
        { ...batch!, rowsRead: new Float64Array(1) },
        { ...batch!, state: Uint8Array.of(0, 5) },
        { ...batch!, reason: Int8Array.of(0, 2) },
        { ...batch!, model: [{ ...model[0]!, values: Float64Array.of(1, Number.NaN) }, ...model.slice(1)] },
        {
          ...batch!,
          model: [{ ...model[0]!, values: Float64Array.of(1, Number.POSITIVE_INFINITY) }, ...model.slice(1)],
        },
        { ...batch!, warnings: [{ row: 2, code: "x", message: "x", stack: null }] },
      ];
      for (const wrong of broken)
        await expect(writer.append(wrong)).rejects.toMatchObject({ code: "internal" });
      await writer.append(batch!);
      expect((await writer.commit(factsOf(run))).digest).toBe(expectedDigest(run));
    });

    test("tells how far a commit is: never less than before, and all partitions at its end", async () => {
      for (const run of [plainRun(9000), plainRun(1), withFailures(plainRun(30))]) {
        const writer = await member().createWriter(run);
        for (const batch of batchesOf(run)) await writer.append(batch);
        const told: number[] = [];
        await writer.commit(factsOf(run), (done) => told.push(done));
        expect(told).toEqual([...told].sort((a, b) => a - b));
        expect(told.every(Number.isInteger)).toBe(true);
        // Once for each table at least, and more than once for a digest of many.
        expect(told.length).toBeGreaterThanOrEqual(run.outcomes.length > 5000 ? 6 : 4);
        expect(told.at(-1)).toBe(run.outcomes.length);
      }
    });

    test("says of a run that is not committed what was to be done, by whom, why it stopped, and how far it came", async () => {
      const run = withFailures(plainRun(30));
      const writer = await member().createWriter(run);
      const [first] = batchesOf(run, { batchRows: 20 });
      await writer.append(first!);
      const running = await member().open(writer);
      const { files: _, ...job } = jobOf(run);
      expect(running).toMatchObject({
        status: "running",
        leftBehind: { stop: null, owner: { pid: process.pid }, job: { job, origin: ORIGIN }, partitions: 30 },
      });
      const stop = { atMs: 1.7e12, reason: "budget", message: "11 of 30 partitions failed" } as const;
      writer.recordEvent({ type: "run.stopped", ...stop });
      await writer.stop();
      const stopped = await member().open(writer);
      expect(stopped).toMatchObject({
        status: "stopped",
        manifest: null,
        leftBehind: { stop, lastEventAtMs: 1.7e12, owner: null, answered: 20, partitions: 30 },
      });
      const counted = await rowsOf(stopped, "select state, count(*)::integer from ledger group by state");
      const { counts } = stopped.leftBehind!;
      expect(Object.fromEntries(counted)).toEqual(
        Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      );
      await Promise.all([running.close(), stopped.close()]);
    });

    test("takes nothing after the commit", async () => {
      const run = plainRun(2);
      const writer = await member().createWriter(run);
      const [batch] = batchesOf(run);
      await writer.append(batch!);
      await writer.commit(factsOf(run));
      await expect(writer.append(batch!)).rejects.toMatchObject({ code: "internal" });
      await expect(writer.commit(factsOf(run))).rejects.toMatchObject({ code: "internal" });
      await writer.stop();
      expect(await (await member().open(writer)).verify()).toEqual([]);
    });

    checkStoredKeys(member);
    checkStoredDigest(member);
    checkStoredDocuments(member);
    checkStoredFiles(member);
  });
}
