import { describe, expect } from "vitest";
import { test, trainerFile } from "../python/python-test.ts";
import { sourceOf, trainPython } from "./train-python.ts";

/** A model that is never the same twice, and predicts the same. */
const trainer = (scope: string, slope = "2"): string => `
import time
columns = ["x", "y"]
${scope}

def fit(df):
    return {"slope": ${slope}, "fitted_at": time.time_ns()}

def predict(model, df):
    return {"line": model["slope"] * df["x"].to_numpy(), "name": [None if x > 2 else f"<{x}>" for x in df["x"]]}
`;

const PREDICTIONS = 'digest_scope = "predictions"';
const SOURCE = sourceOf(
  "by",
  "x,y",
  new Map(["a", "b", "ü"].map((key, k) => [key, Array.from({ length: 4 }, (_, i) => `${i * k},${i}`)])),
);

describe("the digest of models whose bytes are never the same", () => {
  test("is of their predictions where the trainer says so, and is told so", async ({ python }) => {
    const runs = [];
    for (const workers of [1, 2])
      runs.push(await trainPython(trainer(PREDICTIONS), { ...SOURCE, python, workers }));
    const [first, second] = runs.map((run) => run.manifest);
    expect(first!.job.module?.python?.digestScope).toBe("predictions");
    expect(second!.digest).toBe(first!.digest);
    expect(runs[0]!.outcomes.get("a")?.model).not.toBe(runs[1]!.outcomes.get("a")?.model);
    const other = await trainPython(trainer(PREDICTIONS, "2 if df.x.sum() < 9 else 3"), {
      ...SOURCE,
      python,
    });
    expect(other.manifest.digest).not.toBe(first!.digest);
  });

  test("is of their bytes, and another one each time, where it says nothing", async ({ python }) => {
    const digests = [];
    for (let i = 0; i < 2; i++) {
      const { manifest } = await trainPython(trainer(""), { ...SOURCE, python, workers: 1 });
      expect(manifest.job.module?.python?.digestScope).toBe("model_bytes");
      digests.push(manifest.digest);
    }
    expect(digests[1]).not.toBe(digests[0]);
  });

  test("a model that cannot predict the rows of its fit has failed", async ({ python }) => {
    const source = trainer(PREDICTIONS).replace('return {"line"', 'return 1 / 0, {"line"');
    const { outcomes } = await trainPython(source, { ...SOURCE, python, workers: 1 });
    expect(outcomes.get("a")).toMatchObject({
      ...{ state: "failed", code: "trainer_threw" },
      message: "ZeroDivisionError: division by zero",
    });
  });
});

describe("a digest scope that cannot be", () => {
  test.for([
    [
      'digest_scope = "bytes"\ndef fit(df): return 1',
      "train.py: digest_scope is 'bytes', must be 'model_bytes' or 'predictions'",
    ],
    [
      `${PREDICTIONS}\ndef fit(df): return 1`,
      "train.py: digest_scope is 'predictions', and there is no predict; define predict(model, df)",
    ],
  ] as const)("is refused before the run: %s", async ([source, message], { start }) => {
    expect(await start().describe(trainerFile(source))).toMatchObject({
      ...{ type: "broken", code: "trainer_invalid", message },
    });
  });
});
