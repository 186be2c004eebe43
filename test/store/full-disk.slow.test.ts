import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { WritePoint } from "../../src/store/write-point.ts";
import { diskFolder, needSmallDisk, onSmallDisk } from "./small-disk.ts";

const WRITE_RUN = fileURLToPath(new URL("fixtures/write-run.mjs", import.meta.url));

/** A run of ten partitions in three parts, small enough for the disk while nobody else fills it. */
const DISK_BYTES = "1m";

interface Report {
  readonly code: string;
  readonly message: string;
  readonly files: readonly string[] | null;
  readonly explanation: string | null;
  readonly stop: { readonly message: string } | null;
}

/** Fills the disk at a point of the run; null when the run is committed all the same. */
function fillAt(point: string): { readonly folder: string; readonly report: Report | null } {
  const folder = diskFolder();
  const [program, ...args] = onSmallDisk(folder, DISK_BYTES);
  const { stdout, stderr, status } = spawnSync(
    program,
    [...args, process.execPath, WRITE_RUN, folder, `fill:${point}`],
    { encoding: "utf8" },
  );
  expect(stderr).toBe("");
  if (status === 0) return { folder, report: null };
  return { folder, report: JSON.parse(stdout.trim().split("\n").at(-1)!) as Report };
}

/** What a run has on disk before its first part. */
const BEGUN = ["job.json", "parts", "parts/keys.parquet", "sources.ndjson", "trainer.mjs"];

function withParts(count: number): string[] {
  return [...BEGUN, ...Array.from({ length: count }, (_, i) => `parts/part-00000${i + 1}.parquet`)].sort();
}

/** Where the disk becomes full, and what of the run is then there; null: nothing. */
const POINTS: readonly (readonly [point: WritePoint, time: number, files: readonly string[] | null])[] = [
  ["run.created", 1, null],
  ["lock.written", 1, null],
  ["sources.written", 1, null],
  ["job.written", 1, null],
  ["keys.written", 1, withParts(0)],
  ["part.written", 1, withParts(1)],
  ["part.renamed", 2, withParts(2)],
  // Here it is the event log that finds no room.
  ["part.renamed", 3, withParts(3)],
  ["parts.complete", 1, ["events.ndjson", ...withParts(3)]],
  ["tables.written", 1, ["events.ndjson", ...withParts(3)]],
  ["tables.renamed", 1, ["events.ndjson", ...withParts(3)]],
];

describe("a disk that becomes full", () => {
  test.for(POINTS)(
    "at %s (%i) ends the run in good order and commits nothing",
    ([point, time, files], context) => {
      needSmallDisk(context);
      const { folder, report } = fillAt(`${point}:${time}`);
      expect(report).toMatchObject({
        code: "run_unwritable",
        message: `run folder ${join(folder, "the-run")}: the disk is full; make room there, or write to another disk`,
      });
      const { files: found, explanation } = report!;
      // What the disk has room for again is said there, too.
      expect(
        found?.filter((name) => files?.includes("events.ndjson") || name !== "events.ndjson") ?? null,
      ).toEqual(files);
      if (files === null) expect(explanation).toBeNull();
      else
        expect(explanation).toMatch(
          /^run the-run stopped before the commit; nothing was committed; it has the keys of 10 /,
        );
    },
  );

  test("when all is written ends nothing: a name takes no room", (context) => {
    needSmallDisk(context);
    expect(fillAt("manifest.written:1").report).toBeNull();
  });
});
