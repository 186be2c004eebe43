import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Manifest } from "../../src/store/manifest.ts";
import { WRITE_POINTS } from "../../src/store/write-point.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const SOURCE = join(ROOT, "test/data/gapminder/gapminder.csv");

function manyfit(...words: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "dist/cli/main.js"), ...words], {
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

/** Trains in a process that is killed at a write point; the folder of the run. */
function killedRun(point: string): string {
  const runs = temporaryFolder();
  const script = join(ROOT, "test/train/fixtures/killed-run.mjs");
  const { signal, stderr } = spawnSync(process.execPath, [script, SOURCE, runs, point], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(signal).toBe("SIGKILL");
  const [id] = readdirSync(runs);
  return join(runs, id!);
}

describe("a run that is killed", () => {
  test.each(WRITE_POINTS)("at %s has committed all or nothing, and `show` says which", (point) => {
    const folder = killedRun(point);
    const isCommitted = existsSync(join(folder, "manifest.json"));
    const isAfterCommit = WRITE_POINTS.indexOf(point) >= WRITE_POINTS.indexOf("manifest.renamed");
    expect(isCommitted).toBe(isAfterCommit);
    if (!isCommitted) {
      const shown = manyfit("show", folder);
      expect(shown.output).toMatch(/(died|stopped) before the commit; nothing was committed/);
      // Once the keys are there, what was answered can be asked for.
      const isReadable = WRITE_POINTS.indexOf(point) >= WRITE_POINTS.indexOf("keys.written");
      expect(manyfit("query", folder, "select count(*) from ledger").status).toBe(isReadable ? 0 : 1);
      return;
    }
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Manifest;
    expect(manifest.counts.partitions).toBe(142);
    for (const { name } of manifest.files) expect(existsSync(join(folder, name))).toBe(true);
    const shown = manyfit("show", folder, "--verify");
    expect(shown).toMatchObject({ status: 0, output: expect.stringContaining("142 fitted") });
  });
});
