import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, vi } from "vitest";
import { train } from "../../src/train.ts";
import { test, trainerFile } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { livingOf, sourceOf } from "./train-python.ts";

/** A trainer that tells the numbers of its processes, and of what it started besides, and takes its time. */
const trainerText = (pids: string): string => `
import os, subprocess, time

def tell(pid):
    with open(${JSON.stringify(pids)}, "a") as told:
        told.write(f"{pid}\\n")

tell(os.getpid())
time.sleep(0.3)
frame = "numpy"


def fit(df):
    if df["x"][0] == 3:
        tell(subprocess.Popen(["sleep", "1000"]).pid)
    time.sleep(0.02)
    return 1
`;

const MOMENTS = [0, 200, 500, 800, 1100, 1400, 1800, 2200];

describe("a run of a Python trainer", () => {
  test("leaves no process and no file, whenever it is stopped", { timeout: 120_000 }, async ({ python }) => {
    const rows = Array.from({ length: 400 }, (_, k): [string, string[]] => [String(k), [String(k)]]);
    const source = sourceOf("by", "x", new Map(rows));
    for (const [i, afterMs] of MOMENTS.entries()) {
      const temporary = temporaryFolder();
      vi.stubEnv("TMPDIR", temporary);
      const pids = join(temporaryFolder(), "pids");
      const { path: module } = trainerFile(trainerText(pids));
      const run = train({
        ...source,
        ...{ trainer: { module, params: {} }, python, runs: temporaryFolder() },
        ...{ workers: i % 3, signal: AbortSignal.timeout(afterMs) },
      } as Parameters<typeof train>[0]);
      await expect(run, `${afterMs} ms`).rejects.toMatchObject({ code: "interrupted" });
      vi.unstubAllEnvs();
      expect(readdirSync(temporary), `${afterMs} ms`).toEqual([]);
      expect(existsSync(pids) ? livingOf(pids) : [], `${afterMs} ms`).toEqual([]);
    }
  });
});
