import { describe, expect, test } from "vitest";
import { ManyfitError } from "../../src/errors.ts";
import { withFailures } from "../store/changed-run.ts";
import { batchesOf, byFile, factsOf, type MadeRun, plainRun } from "../store/made-run.ts";
import { rowsOf, type StoreMember, stored } from "./store-member.ts";

/** What a store says of files where each is a partition. */
export function checkStoredFiles(member: () => StoreMember): void {
  describe("where partitions are files", () => {
    const run = byFile(withFailures(plainRun(20)));

    test("collects what was read of each, in the order of partitions", async () => {
      const writer = await member().createWriter(run);
      const batches = batchesOf(run, { order: [9, 19, 0, ...[1, 2, 3, 4, 5, 6, 7, 8]], batchRows: 4 });
      expect(writer.fileFacts()).toBeNull();
      for (const batch of batches) await writer.append(batch);
      const facts = writer.fileFacts()!;
      expect(facts.sha256.map((text) => text && Number(text))).toEqual([
        ...[0, 1, 2, 3, 4, 5, 6, 7, 8, null, ...Array.from({ length: 9 }, () => null), 19],
      ]);
      expect(facts.bytes.slice(8)).toEqual([...[1008, null, ...Array.from({ length: 9 }, () => null), 1019]]);
      expect(facts.rows.slice(8, 11)).toEqual([10, null, null]);
      await writer.stop();
    });

    test("commits files of which nothing is known, and says so", async () => {
      const opened = await stored(member(), run);
      expect(opened.manifest.sources.slice(8, 11)).toMatchObject([
        { path: "/data/8.csv", sha256: "8".padStart(64, "0"), rows: 10 },
        { path: "/data/9.csv", sha256: null, rows: null },
        { path: "/data/10.csv", rows: 10 },
      ]);
      const sql = "select rows_read, rows_used, rows_dropped, rows_held_out from ledger where partition = 9";
      expect(await rowsOf(opened, sql)).toEqual([[null, null, null, null]]);
      expect(await opened.verify()).toEqual([]);
      await opened.close();
    });

    async function refusal(facts: (made: MadeRun) => ReturnType<typeof factsOf>): Promise<string> {
      const writer = await member().createWriter(run);
      for (const batch of batchesOf(run)) await writer.append(batch);
      const error: unknown = await writer.commit(facts(run)).catch((thrown: unknown) => thrown);
      await writer.stop();
      expect(error).toBeInstanceOf(ManyfitError);
      return (error as ManyfitError).message;
    }

    test.each([
      [3, 11, "partition 3: 10 rows read, its file has 11"],
      [9, 10, "partition 9: an unknown number of rows read, its file has 10"],
      [3, null, "partition 3: 10 rows read, its file has an unknown number"],
    ])("commits nothing when file %i is said to have %s rows", async (index, rows, message) => {
      const found = await refusal((made) => {
        const facts = factsOf(made);
        return { ...facts, files: facts.files.with(index, { ...facts.files[index]!, rows }) };
      });
      expect(found).toContain(message);
    });

    test("refuses facts that are not what they must be", async () => {
      const writer = await member().createWriter(run);
      const [batch] = batchesOf(run);
      const files = batch!.files!;
      for (const [wrong, message] of [
        [{ ...files, sha256: [] }, "has 0 values of files.sha256, must have 20"],
        [{ ...files, bytes: [1] }, "has 1 values of files.bytes, must have 20"],
        [{ ...files, bytes: files.bytes.with(3, 1.5) }, "has a file of 1.5 bytes"],
      ] as const) {
        await expect(writer.append({ ...batch!, files: wrong })).rejects.toMatchObject({
          code: "internal",
          message: expect.stringContaining(message),
        });
      }
      expect(writer.fileFacts()).toBeNull();
      await writer.stop();
    });
  });

  test("has no facts of files where partitions are none", async () => {
    const run = plainRun(2);
    const writer = await member().createWriter(run);
    for (const batch of batchesOf(run)) await writer.append(batch);
    expect(writer.fileFacts()).toBeNull();
    await writer.stop();
  });
}
