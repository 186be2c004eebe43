import { describe, expect } from "vitest";
import { test } from "./python-test.ts";

const USED = { x: [1], y: [1] };
const NUMPY = 'frame = "numpy"\n';

describe("what Python code prints", () => {
  test("is its partition's, whole, in order, and told before the result", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import sys
def fit(df, seed):
    print("one", seed, end="")
    print(" ü𝄞\\x00", "two\\r")
    sys.stderr.write("error\\n")
    sys.stdout.buffer.write("bytes \\xe4".encode("latin-1"))
    print("half", end="")
    return 1`);
    await talk.fit({ used: USED, seed: 1 }, { used: USED, seed: 2 });
    expect(talk.textOf(0, 0)).toBe("one 1 ü𝄞\0 two\r\nbytes \\xe4half");
    expect(talk.textOf(0, 1)).toBe("one 2 ü𝄞\0 two\r\nbytes \\xe4half");
    expect(talk.textOf(0, 1, "stderr")).toBe("error\n");
    expect(talk.printed).toBe("");
  });

  test("of lone surrogates is told as escapes", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}def fit(df):\n    print("a\\udc80")\n    return 1`);
    await talk.fit({ used: USED });
    expect(talk.textOf(0, 0)).toBe("a\\udc80\n");
  });

  test("is cut at one character more than is kept, for each partition", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}def fit(df, seed):
    for i in range(10 if seed else 0): print("x" * 1_048_575)
    print("last")
    return 1`);
    const [chatty, next] = await talk.fit({ used: USED, seed: 1 }, { used: USED });
    expect([chatty!.error, next!.error]).toEqual([null, null]);
    expect(talk.textOf(0, 0)).toBe("x".repeat(16_385));
    expect(talk.textOf(0, 1)).toBe("last\n");
  });

  test("may be redirected, closed and replaced by a partition, which the next one does not notice", async ({
    startWith,
  }) => {
    const talk = await startWith(`${NUMPY}import contextlib, io, sys
def fit(df, seed):
    if seed == 0:
        with contextlib.redirect_stdout(io.StringIO()) as caught: print("caught")
        print(len(caught.getvalue()))
    if seed == 1: sys.stdout.close()
    if seed == 2: sys.stdout = None
    print("seed", seed)
    return sys.stdout is None or (sys.stdout.isatty(), sys.stdout.fileno(), sys.stdout.encoding)[1]`);
    const fits = await talk.fit(...[0, 1, 2, 3].map((seed) => ({ used: USED, seed })));
    expect(fits.map(({ error }) => error)).toEqual([null, null, null, null]);
    expect([0, 1, 2, 3].map((i) => talk.textOf(0, i))).toEqual(["7\nseed 0\n", "seed 1\n", "", "seed 3\n"]);
  });

  test("while it is imported is nobody's", async ({ startWith }) => {
    const talk = await startWith(
      `${NUMPY}print("imported")\ndef setup(): print("set up")\ndef fit(df): return 1`,
    );
    expect(talk.textOf(null, null)).toBe("imported\nset up\n");
  });
});

describe("what other code prints", () => {
  test("goes to the pipes, and never breaks the frames", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import ctypes, os, subprocess, sys
def fit(df):
    os.write(1, b"raw\\n")
    ctypes.CDLL(None).printf(b"from C\\n")
    subprocess.run(["sh", "-c", "echo child; echo wrong >&2"])
    subprocess.run(["echo", "redirected"], stdout=sys.stdout)
    os.system("echo system")
    return 1`);
    const [fit] = await talk.fit({ used: USED });
    expect(fit!.error).toBeNull();
    await talk.until(() => talk.printed.includes("system"));
    for (const line of ["raw", "from C", "child", "wrong", "redirected", "system"])
      expect(talk.printed.split("\n")).toContain(line);
    expect(talk.logged).toEqual([]);
  });

  test("may be ten megabytes", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import os
def fit(df):
    for _ in range(160): os.write(1, b"x" * 65_536)
    return 1`);
    const [fit] = await talk.fit({ used: USED });
    expect(fit!.error).toBeNull();
    await talk.until(() => talk.printed.length === 160 * 65_536);
  });

  test("in a process that was forked goes to the pipes too", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import multiprocessing, os, sys
def work(n):
    print("forked", n)
    return n * n
def fit(df):
    with multiprocessing.get_context("fork").Pool(2) as pool: squares = pool.map(work, [1, 2, 3])
    return 1, {"sum": sum(squares)}`);
    const [fit] = await talk.fit({ used: USED });
    expect(fit!.metrics).toEqual({ sum: 14 });
    await talk.until(() => talk.printed.includes("forked 3"));
    expect(talk.logged).toEqual([]);
  });
});

describe("warnings", () => {
  test("are one line of their partition, with the place", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import warnings
def fit(df):
    warnings.warn("first\\n  second")
    print("between")
    warnings.warn("own", category=type("Mine", (UserWarning,), {}))
    return 1`);
    await talk.fit({ used: USED });
    expect(talk.textOf(0, 0, "stderr")).toBe(
      "UserWarning: first second (train.py:4)\nMine: own (train.py:6)\n",
    );
  });

  test("are shown once more in every partition, whatever came before", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import warnings
def fit(df, seed):
    if seed == 1: warnings.simplefilter("ignore")
    for _ in range(3): warnings.warn("again")
    return 1`);
    await talk.fit(...[0, 1, 2].map((seed) => ({ used: USED, seed })));
    const line = "UserWarning: again (train.py:5)\n";
    expect([0, 1, 2].map((i) => talk.textOf(0, i, "stderr"))).toEqual([line, "", line]);
  });

  test("may be errors, which are failures", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import warnings
def fit(df, seed):
    if seed == 0: warnings.simplefilter("error")
    warnings.warn("no")
    return 1`);
    const fits = await talk.fit({ used: USED, seed: 0 }, { used: USED, seed: 1 });
    expect(fits.map(({ error }) => error?.message ?? null)).toEqual(["UserWarning: no", null]);
  });

  test("of packages name their file within the package", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import numpy as np
def fit(df): return float(np.mean(np.array([])))`);
    await talk.fit({ used: USED });
    expect(talk.textOf(0, 0, "stderr")).toMatch(
      /^RuntimeWarning: Mean of empty slice\.? \((train\.py:3|numpy\/_?core\/.*:\d+)\)\n/,
    );
  });
});

test("what a trainer starts with joblib or multiprocessing works, and does not speak in its name", async ({
  startWith,
}) => {
  const talk = await startWith(`${NUMPY}import multiprocessing
from joblib import Parallel, delayed
def work(n):
    print("worker", n)
    return n * n
def fit(df):
    loky = sum(Parallel(n_jobs=2)(delayed(work)(n) for n in range(4)))
    with multiprocessing.get_context("spawn").Pool(1) as pool: spawned = sum(pool.map(work, range(3)))
    return 1, {"loky": loky, "spawned": spawned}`);
  const [fit] = await talk.fit({ used: USED });
  expect(fit).toMatchObject({ error: null, metrics: { loky: 14, spawned: 5 } });
  expect(talk.logged.filter(({ stream }) => stream === "stdout")).toEqual([]);
});
