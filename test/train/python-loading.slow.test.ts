import { join } from "node:path";
import { expect } from "vitest";
import { test } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { sourceOf, trainPython } from "./train-python.ts";

const PARTITIONS = new Map(Array.from({ length: 6 }, (_, k): [string, string[]] => [String(k), [String(k)]]));

test("a trainer whose import takes longer than a fit may is not timed out, in whatever process", async ({
  python,
}) => {
  const source = `
import time
frame = "numpy"
time.sleep(1.5)


def fit(df):
    if df["x"][0] == 2:
        os._exit(1)
    return float(df["x"][0])
`;
  const options = { ...sourceOf("by", "x", PARTITIONS), python, workers: 2, timeout: "700ms" };
  const { outcomes } = await trainPython(source, options);
  const states = [...outcomes.values()].map(({ state }) => state);
  expect(states).toEqual(["fitted", "fitted", "lost", "fitted", "fitted", "fitted"]);
}, 60_000);

test("a trainer that cannot be loaded again, though it was once, ends the run with what it wrote", async ({
  python,
}) => {
  const marker = join(temporaryFolder(), "described");
  const source = `
if os.path.exists(${JSON.stringify(marker)}):
    print("no licence left", file=__import__("sys").stderr)
    os._exit(3)
open(${JSON.stringify(marker)}, "w").close()
frame = "numpy"


def fit(df):
    os._exit(1)
`;
  const run = trainPython(source, { ...sourceOf("by", "x", PARTITIONS), python, workers: 1 });
  await expect(run).rejects.toThrow(
    /^worker 0 ended with exit code 3, the 3rd worker in a row.*no licence left$/s,
  );
}, 60_000);
