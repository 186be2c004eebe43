import fc from "fast-check";
import { describe, expect } from "vitest";
import { test } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { sourceOf, trainPython } from "./train-python.ts";

/** A trainer that does to its process what it is told of a partition: the first time, or every time. */
const TRAINER = `
import ctypes, os, time

params = {"deaths": {}, "folder": ""}
frame = "numpy"


def is_first(params, k):
    try:
        os.close(os.open(os.path.join(params["folder"], k), os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False


def fit(df, key, params):
    k = str(int(df["x"][0]))
    how, when = params["deaths"].get(k, (None, None))
    if how is not None and (is_first(params, k) or when == "always"):
        if how == "killed":
            os.kill(os.getpid(), 9)
        elif how == "left":
            os._exit(0)
        elif how == "crashed":
            ctypes.string_at(0)
        elif how == "deaf":
            os.close(3)
            time.sleep(1000)
        elif how == "mute":
            os.close(4)
            time.sleep(1000)
        elif how == "gibberish":
            os.write(4, b"this is no frame, and long enough to be read")
            time.sleep(1000)
        elif how == "overdue":
            time.sleep(1000)
    return {"k": k, "sum": float(df["y"].sum())}
`;

const PARTITIONS = 40;

const HOW = ["killed", "left", "crashed", "deaf", "mute", "gibberish", "overdue"] as const;

describe("partitions of a Python trainer", () => {
  test("are answered once each with what is theirs, whichever of them end their process, how and how often", {
    timeout: 240_000,
  }, async ({ python }) => {
    const rows = (k: number): string[] => [`${k},${k * k}`, `${k},0.5`];
    const keys = Array.from({ length: PARTITIONS }, (_, k) => k);
    const data = new Map(keys.map((k) => [String(k), rows(k)]));
    const died = fc.tuple(fc.constantFrom(...HOW), fc.constantFrom("once", "always"));
    const deaths = fc.dictionary(fc.nat({ max: PARTITIONS - 1 }).map(String), died, {
      minKeys: 1,
      maxKeys: 6,
    });
    const layouts = fc.constantFrom("by", "per-file");
    const runs = fc.asyncProperty(
      deaths,
      layouts,
      fc.integer({ min: 0, max: 3 }),
      async (deaths, layout, workers) => {
        const options = { ...sourceOf(layout as "by", "x,y", data), python, workers, timeout: "2s" };
        const run = await trainPython(TRAINER, options, { deaths, folder: temporaryFolder() });
        expect(run.outcomes.size).toBe(PARTITIONS);
        for (const [key, { state, code }] of run.outcomes) {
          const [how, when] = deaths[key] ?? [];
          const overdue = { state: "timed_out", code: "timed_out" };
          const lost = { state: "lost", code: "worker_died" };
          const fitted = { state: "fitted", code: null };
          const expected = how === "overdue" ? overdue : when === "always" ? lost : fitted;
          expect({ key, state, code }).toEqual({ key, ...expected });
        }
        expect(run.left).toEqual([]);
      },
    );
    await fc.assert(runs, { numRuns: 4, endOnFailure: true });
  });
});
