import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { test, trainerFile } from "./python-test.ts";

const USED = { x: [1, 2, 4], y: [1, 2, 3] };
const NUMPY = 'frame = "numpy"\n';

describe("standard output that a partition ruins is whole for the next", () => {
  test.for([
    ["taken apart", "sys.stdout.detach()"],
    ["closed below", "sys.stdout.buffer.close()"],
    ["closed", "sys.stdout.close()"],
    ["wrapped for bytes", "import codecs; sys.stdout = codecs.getwriter('utf-8')(sys.stdout.detach())"],
    [
      "made to hold lines back",
      "sys.stdout.reconfigure(line_buffering=False, encoding='ascii', errors='strict')",
    ],
    ["made to end lines otherwise", "sys.stdout.reconfigure(newline='\\r\\n')"],
    ["left in the midst of a letter", "sys.stdout.buffer.write(b'\\xc3'); sys.stdout.flush()"],
  ] as const)("%s", async ([, ruin], { startWith }) => {
    const talk = await startWith(`${NUMPY}import sys
def fit(df, seed):
    if seed == 1: ${ruin}
    else: print("ä line")
    return 1`);
    const fits = await talk.fit({ used: USED, seed: 1 }, { used: USED, seed: 2 }, { used: USED, seed: 3 });
    expect(fits.map(({ error }) => error)).toEqual([null, null, null]);
    expect([1, 2].map((i) => talk.textOf(0, i))).toEqual(["ä line\n", "ä line\n"]);
  });
});

describe("what can be read of a linear model", () => {
  test("has a coefficient for each feature, also where two have one name", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import numpy as np
class Line:
    coef_, intercept_ = np.array([1.0, 2.0]), 0.5
    feature_names_in_ = np.array(["x", "x"], dtype=object)
def fit(df): return Line()`);
    const [fit] = await talk.fit({ used: USED });
    expect(fit!.error).toBeNull();
    const { coefficients } = fit!.readable as { coefficients: Record<string, number> };
    expect(Object.keys(coefficients)).toEqual(["x0", "x1"]);
  });
});

describe("a package that is there and cannot be imported", () => {
  test.for([
    ["numpy.dtype size changed, may indicate binary incompatibility", "ValueError"],
    ["libarrow.so: cannot open shared object file", "ImportError"],
    ["module 'numpy' has no attribute 'float'", "AttributeError"],
  ])("is refused with what it says: %s", async ([text, kind], { start }) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "pandas"));
    writeFileSync(join(folder, "pandas", "__init__.py"), `raise ${kind}(${JSON.stringify(text)})`);
    const talk = start({ env: { PYTHONPATH: folder } });
    const message = `train.py: pandas cannot be imported: ${kind}: ${text}`;
    expect(await talk.describe(trainerFile("def fit(df): return 1"))).toEqual({
      ...{ type: "broken", code: "trainer_invalid", message },
    });
  });
});
