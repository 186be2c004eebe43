import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { acquireLock, inspectLock } from "../../src/store/lock.ts";
import { openRun } from "../../src/store/open-run.ts";
import { listRuns } from "../../src/store/run-folder.ts";
import { WRITE_POINTS, type WritePoint } from "../../src/store/write-point.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const WRITE_RUN = fileURLToPath(new URL("fixtures/write-run.mjs", import.meta.url));

/** What a killed run leaves: how the folder is explained, before the commit. */
const EXPLANATIONS: Readonly<Partial<Record<WritePoint, string>>> = {
  "run.created":
    "stopped before the commit; nothing was committed; it has no keys and no results, and no event log",
  "lock.written":
    "died before the commit; nothing was committed; it has no keys and no results, and no event log",
  "sources.written":
    "died before the commit; nothing was committed; it has no keys and no results, and no event log",
  "job.written":
    "died before the commit; nothing was committed; it has no keys and no results, and no event log",
  "keys.written": "keys of 10 partitions (parts/keys.parquet), 0 part files with the results of 0 of them",
  "part.written": "0 part files with the results of 0 of them",
  "part.renamed": "1 part file with the results of 4 of them",
  "parts.complete": "3 part files with the results of 10 of them, and its event log",
  "tables.written": "3 part files with the results of 10 of them, and its event log",
  "tables.renamed": "3 part files with the results of 10 of them, and its event log",
  "manifest.written": "3 part files with the results of 10 of them, and its event log",
};

/** The partitions that queries of it see; where there are no keys yet, there is nothing to be queried. */
const ANSWERED: Readonly<Partial<Record<WritePoint, number>>> = {
  "keys.written": 0,
  "part.written": 0,
  "part.renamed": 4,
  "parts.complete": 10,
  "tables.written": 10,
  "tables.renamed": 10,
  "manifest.written": 10,
};

interface Ended {
  readonly output: readonly string[];
  readonly signal: NodeJS.Signals | null;
}

/** Runs the fixture until it ends. */
function writeRun(runsFolder: string, killPoint: WritePoint | "none"): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRITE_RUN, runsFolder, killPoint], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (text) => {
      output += text;
    });
    child.once("error", reject);
    child.once("close", (_, signal) => resolve({ output: output.trim().split("\n"), signal }));
  });
}

describe("a process that writes a run", () => {
  test("comes to every write point in order", async () => {
    const runsFolder = join(temporaryFolder(), "runs");
    const { output, signal } = await writeRun(runsFolder, "none");
    expect(signal).toBeNull();
    const firsts = output.filter((point, i) => output.indexOf(point) === i);
    expect(firsts).toEqual(WRITE_POINTS);
    const run = await openRun(join(runsFolder, "the-run"));
    expect(await run.verify()).toEqual([]);
    expect(readdirSync(run.folder).sort()).toEqual([
      ...[
        "events.ndjson",
        "ledger.parquet",
        "manifest.json",
        "models.parquet",
        "terms.parquet",
        "trainer.mjs",
      ],
    ]);
  });

  test.each(WRITE_POINTS)("leaves a whole run or none when it is killed at %s", async (point) => {
    const runsFolder = join(temporaryFolder(), "runs");
    const folder = join(runsFolder, "the-run");
    const { signal } = await writeRun(runsFolder, point);
    expect(signal).toBe("SIGKILL");

    const run = await openRun(folder);
    const isCommitted = WRITE_POINTS.indexOf(point) >= WRITE_POINTS.indexOf("manifest.renamed");
    expect(existsSync(join(folder, "manifest.json"))).toBe(isCommitted);
    if (isCommitted) {
      expect(run).toMatchObject({ status: "committed", manifest: { counts: { partitions: 10 } } });
      expect(await run.verify()).toEqual([]);
      expect((await run.query("select count(*) from ledger join models using (partition)")).rows).toEqual([
        [10],
      ]);
    } else {
      expect(run).toMatchObject({
        status: point === "run.created" ? "interrupted" : "crashed",
        manifest: null,
      });
      expect(run.explanation).toContain(EXPLANATIONS[point]);
      await expect(run.verify()).rejects.toMatchObject({ code: "run_not_committed" });
      const count = run.query("select count(*) from ledger left join models using (partition)");
      if (ANSWERED[point] === undefined)
        await expect(count).rejects.toMatchObject({ code: "run_not_committed", message: run.explanation });
      else expect((await count).rows).toEqual([[ANSWERED[point]]]);
    }
    const listed = await listRuns(runsFolder);
    if (point !== "run.created") expect(listed.map((found) => found.isCommitted)).toEqual([isCommitted]);
    await run.close();

    const isLocked = point !== "run.created" && point !== "lock.removed";
    expect((await inspectLock(folder)).kind).toBe(isLocked ? "stale" : "none");
    await (await acquireLock(folder)).release();
    expect(await inspectLock(folder)).toEqual({ kind: "none" });
  });
});
