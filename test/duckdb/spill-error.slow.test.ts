import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { spillError } from "../../src/duckdb/spill-error.ts";
import { ManyfitError } from "../../src/errors.ts";
import { diskFolder, needSmallDisk, onSmallDisk } from "../store/small-disk.ts";

const SPILL = fileURLToPath(new URL("fixtures/spill.mjs", import.meta.url));

const expected = (folder: string): object => ({
  code: "memory_exceeded",
  message: `temporary folder ${join(folder, "temp")}: there is no room for what does not fit into memory; make room there, name a folder on another disk in TMPDIR, or allow more memory`,
});

describe("a temporary folder of DuckDB", () => {
  test("that becomes full is named, with what to do", (context) => {
    needSmallDisk(context);
    const folder = diskFolder();
    const [program, ...args] = onSmallDisk(folder, "5m");
    const { stdout } = spawnSync(program, [...args, process.execPath, SPILL, folder], { encoding: "utf8" });
    expect(JSON.parse(stdout)).toEqual(expected(folder));
  });

  test("that cannot be made is named, with what to do", () => {
    const { stdout } = spawnSync(process.execPath, [SPILL, "/proc/none"], { encoding: "utf8" });
    expect(JSON.parse(stdout)).toEqual(expected("/proc/none"));
  });

  test("is found in what caused an error, too, and every other error stays as it is", () => {
    const full = new Error('IO Error: Could not write file "/t/temp/x.tmp": No space left on device');
    const taken = new ManyfitError("run_unwritable", "run folder /r: the disk is full", { cause: full });
    expect(spillError(taken, "/t/temp")).toMatchObject({ ...expected("/t"), cause: taken });
    expect(spillError(taken, "/other")).toBe(taken);
    expect(spillError("text", "/t")).toBe("text");
    const told = spillError(taken, "/t/temp");
    expect(spillError(told, "/t/temp")).toBe(told);
  });
});
