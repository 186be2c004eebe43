import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createRunWriter } from "../../src/store/run-writer.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { batchesOf, factsOf, jobOf, ORIGIN, plainRun } from "./made-run.ts";
import { CAN_MOUNT, onSmallDisk } from "./small-disk.ts";

const WRITE_RUN = fileURLToPath(new URL("fixtures/write-run.mjs", import.meta.url));

/** Partitions of a run whose keys fit into the space below and whose first part does not. */
const PARTITIONS = "20000";

/** A shell command that runs its arguments where a folder has too little space. */
interface FullDisk {
  readonly name: string;
  readonly command: (folder: string) => readonly [string, ...string[]];
  readonly message: string;
}

/** Every system can limit the size of files; 664 blocks are 332 or 664 KiB. */
const FILE_LIMIT: FullDisk = {
  name: "a file size limit",
  command: () => ["sh", "-c", 'ulimit -f 664 && exec "$@"', "sh"],
  message: "a file would exceed the file size limit",
};

/** A small disk in memory, seen by one process and gone with it. */
const SMALL_DISK: FullDisk = {
  name: "a full disk",
  command: (folder) => onSmallDisk(folder, "600k"),
  message: "the disk is full; make room there, or write to another disk",
};

/** Not every system lets a test make a disk; that one is missing is seen where all points of a run are tried on it. */
const FULL_DISKS = CAN_MOUNT ? [FILE_LIMIT, SMALL_DISK] : [FILE_LIMIT];

async function createIn(runsFolder: string): Promise<void> {
  const duckdb = await openTestDuckdb();
  const run = plainRun(2);
  const { keyFields, keys, resultSchema } = run;
  await createRunWriter({
    duckdb,
    runsFolder,
    id: "the-run",
    keyFields,
    keys,
    resultSchema,
    job: jobOf(run),
    origin: ORIGIN,
    seed: 42,
  }).finally(() => duckdb.close());
}

describe("a run folder that cannot be written", () => {
  test.each(FULL_DISKS)(
    "for $name is an error that says so, and what is there is explained",
    ({ command, message }) => {
      const folder = join(temporaryFolder(), "disk");
      mkdirSync(folder);
      const [program, ...args] = command(folder);
      const { stdout, status } = spawnSync(program, [
        ...args,
        process.execPath,
        WRITE_RUN,
        folder,
        "none",
        PARTITIONS,
      ]);
      const lines = stdout.toString().trim().split("\n");
      expect(JSON.parse(lines.at(-1)!)).toMatchObject({
        code: "run_unwritable",
        message: `run folder ${join(folder, "the-run")}: ${message}`,
        explanation: expect.stringMatching(
          /^run the-run stopped before the commit; nothing was committed; .* keys of 20000 partitions .*, 0 part files/,
        ),
      });
      expect(lines).not.toContain("part.renamed");
      expect(status).toBe(1);
    },
  );

  test("for lack of permission is an error that says so", () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    // Nothing is forbidden to the superuser; whoever else may be forbidden to enter the folder of Node or of this project.
    const asNobody = process.getuid?.() === 0 ? ["10", "65534"] : [];
    const { stdout } = spawnSync(process.execPath, [WRITE_RUN, folder, "none", ...asNobody]);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      code: "run_unwritable",
      message: `run folder ${join(folder, "the-run")}: no permission to write there`,
    });
  });

  test("because a file is in the way is an error that says so", async () => {
    const file = join(temporaryFolder(), "runs");
    writeFileSync(file, "");
    await expect(createIn(file)).rejects.toMatchObject({
      code: "run_unwritable",
      message: `folder of runs ${file}: a file is in its place`,
    });
    await expect(createIn("/proc/no-such-folder")).rejects.toMatchObject({
      code: "run_unwritable",
      message: expect.stringContaining("/proc/no-such-folder"),
    });
    await expect(createIn(join(file, "deeper"))).rejects.toMatchObject({
      code: "run_unwritable",
      message: `run folder ${join(file, "deeper", "the-run")}: a part of the path is a file, not a folder`,
    });
  });

  test("because it is there already is an error that says so", async () => {
    const runsFolder = temporaryFolder();
    mkdirSync(join(runsFolder, "the-run"));
    await expect(createIn(runsFolder)).rejects.toMatchObject({
      code: "run_unwritable",
      message: `run folder ${join(runsFolder, "the-run")}: the name is taken: run the-run is not what is there, but something that is no run; choose another --name, or another folder with --out`,
    });
  });

  test("any more makes the next results be refused, and the commit", async () => {
    const duckdb = await openTestDuckdb();
    const run = plainRun(4);
    const writer = await createRunWriter({
      ...{ duckdb, runsFolder: temporaryFolder(), id: "the-run", seed: 42, flushEveryMs: 20 },
      ...{
        keyFields: run.keyFields,
        keys: run.keys,
        resultSchema: run.resultSchema,
        job: jobOf(run),
        origin: ORIGIN,
      },
      onWritePoint: (point) => {
        if (point !== "part.written") return;
        throw Object.assign(new Error("write"), { code: "ENOSPC" });
      },
    });
    const refused = { code: "run_unwritable", message: expect.stringContaining("the disk is full") };
    const batches = batchesOf(run, { batchRows: 1 });
    await writer.append(batches[0]!);
    await expect
      .poll(() =>
        writer.append(batches[1]!).then(
          () => null,
          (error: unknown) => error,
        ),
      )
      .toMatchObject(refused);
    await expect(writer.commit(factsOf(run))).rejects.toMatchObject(refused);
    await expect(writer.stop()).rejects.toMatchObject(refused);
    expect(readdirSync(writer.folder)).toEqual(["job.json", "parts", "sources.ndjson"]);
    duckdb.close();
  });

  test("is not made for keys that are not in order", async () => {
    const duckdb = await openTestDuckdb();
    const run = plainRun(2);
    const { keyFields, keys, resultSchema } = run;
    const swapped = { bytes: Uint8Array.from([...keys.bytes].reverse()), offsets: keys.offsets };
    for (const wrong of [swapped, { bytes: new Uint8Array(0), offsets: new Float64Array(1) }]) {
      const options = {
        duckdb,
        runsFolder: temporaryFolder(),
        id: "x",
        keyFields,
        keys: wrong,
        resultSchema,
        job: jobOf(run),
        origin: ORIGIN,
        seed: 1,
      };
      await expect(createRunWriter(options)).rejects.toMatchObject({ code: "internal" });
    }
    duckdb.close();
  });
});
