import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { test, trainerFile } from "./python-test.ts";

const USED = { x: [1, 2, 4], y: [1, 2, 3] };
const NUMPY = 'frame = "numpy"\n';

describe("frames to the host stay whole", () => {
  test("when an alarm raises in the midst of a line that the host does not take", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import signal
def ring(*_): raise TimeoutError("too long")
def fit(df, seed):
    if seed == 9:
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
    print("x" * 16000)
    return 1`);
    const stream = talk.process.stdio[4] as Readable;
    stream.pause();
    // Eight lines are more than a pipe and the host's buffers hold: the last ones wait until it takes them.
    talk.sendFit([...Array(24).fill({ used: USED, seed: 9 }), { used: USED, seed: 1 }]);
    await sleep(1500);
    stream.resume();
    const errors: (string | null)[] = [];
    for (;;) {
      const message = await talk.next();
      if (message.type !== "fitted") throw new Error(JSON.stringify(message));
      errors.push(...message.errors.map(({ message: text }) => text));
      if (message.last) break;
    }
    expect(errors).toContain("TimeoutError: too long");
    expect((await talk.fit({ used: USED, seed: 1 }))[0]!.error).toBeNull();
  });

  test("when a handler prints while results are told", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import os, signal, threading, time
def tick():
    while True:
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(0.0005)
def setup():
    signal.signal(signal.SIGUSR1, lambda *_: print("tick"))
    threading.Thread(target=tick, daemon=True).start()
def fit(df): return bytes(2_000_000)`);
    for (let i = 0; i < 5; i++) {
      const fits = await talk.fit(...Array(10).fill({ used: USED }));
      expect(fits.map(({ model, error }) => [model!.length > 2_000_000, error])).toEqual(
        Array(10).fill([true, null]),
      );
    }
    expect(talk.logged.every(({ text }) => /^(tick\n)+$|^[tick\n]*$/.test(text))).toBe(true);
  });

  test("when a handler prints again and again while the host takes nothing", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import os, signal, sys, threading, time
depth = deepest = 0
def ring(*_):
    global depth, deepest
    depth += 1
    deepest = max(depth, deepest)
    print("tick")
    depth -= 1
def setup(): signal.signal(signal.SIGUSR1, ring)
def fit(df, seed):
    if seed == 1: return 1, {"deepest": deepest}
    if seed == 2:
        def tick():
            for _ in range(150):
                os.kill(os.getpid(), signal.SIGUSR1)
                time.sleep(0.01)
        threading.Thread(target=tick, daemon=True).start()
    print("x" * 16000)
    return 1`);
    const stream = talk.process.stdio[4] as Readable;
    stream.pause();
    const id = talk.sendFit([
      { used: USED, seed: 2 },
      ...Array(40).fill({ used: USED, seed: 9 }),
      { used: USED, seed: 1 },
    ]);
    await sleep(2500);
    stream.resume();
    const metrics: unknown[] = [];
    for (;;) {
      const message = await talk.next();
      if (message.type !== "fitted") throw new Error(JSON.stringify(message));
      metrics.push(...message.metrics);
      if (message.last) break;
    }
    expect(talk.logged.some((line) => line.id === id && line.text.includes("tick"))).toBe(true);
    expect((metrics.at(-1) as { deepest: number }).deepest).toBeLessThan(20);
  });

  test("when what they are made with was replaced", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import json, os, pickle, time
def broken(*_, **__): raise RuntimeError("replaced")
def fit(df, seed):
    if seed == 1:
        json.dumps = json.loads = pickle.dumps = time.time = time.perf_counter = broken
        os.write = os.getpid = os.getcwd = broken
    print("line")
    return 1`);
    for (const seed of [0, 1, 2]) {
      const [fit] = await talk.fit({ used: USED, seed });
      expect([seed, fit!.error]).toEqual([seed, null]);
    }
    expect(talk.textOf(2, 0)).toBe("line\n");
  });

  test("and never come into a file that user code opened in their place", async ({ start }) => {
    const path = join(temporaryFolder(), "mine.txt");
    const talk = start();
    const source = `${NUMPY}import os
def fit(df):
    os.closerange(3, 64)
    files = [open(${JSON.stringify(path)}, "ab") for _ in range(40)]
    return 1`;
    await talk.init(trainerFile(source));
    talk.sendFit([{ used: USED }]);
    expect(await talk.ended).toEqual({ code: 70, signal: null });
    expect(readFileSync(path, "utf8")).toBe("");
    expect(talk.printed).toContain("descriptor 4 was closed");
  });
});

test("a setup that forks, and comes back in the fork too, has one process", async ({ start }) => {
  const talk = start();
  const source = `${NUMPY}import os
def setup(): os.fork()
def fit(df): return os.getpid()`;
  expect((await talk.init(trainerFile(source))).type).toBe("ready");
  for (let i = 0; i < 20; i++) {
    const fits = await talk.fit(...Array(5).fill({ used: USED }));
    expect(fits.map(({ error }) => error)).toEqual(Array(5).fill(null));
  }
});

test("a module that does not like to be looked at is none of the trainer's sources", async ({ start }) => {
  const source = `${NUMPY}import sys, types
class Shy(types.ModuleType):
    def __getattribute__(self, name): raise ImportError("optional part is missing: " + name)
sys.modules["shy"] = Shy("shy")
sys.modules["odd"] = 3
def fit(df): return 1`;
  const told = await start().describe(trainerFile(source));
  expect(told).toMatchObject({ type: "described", sources: [{ name: "train.py" }] });
});

describe("an exception that cannot be told costs its own partition", () => {
  test.for([
    ["exits when it is shown", "class Odd(Exception):\n    def __str__(self): sys.exit(5)"],
    [
      "is of a class that shows nothing",
      "class Meta(type):\n    def __getattribute__(self, name): sys.exit(6)\nclass Odd(Exception, metaclass=Meta): pass",
    ],
    ["lies about its class", "class Odd(Exception):\n    __class__ = property(lambda self: 1 / 0)"],
    ["has no module", "class Odd(Exception): __module__ = None"],
    ["has notes that are none", "class Odd(Exception): __notes__ = 3"],
    [
      "has notes that exit",
      "class Note:\n    def __str__(self): sys.exit(7)\nclass Odd(Exception): __notes__ = [Note()]",
    ],
    ["is a broken syntax error", "class Odd(SyntaxError):\n    msg = property(lambda self: 1 / 0)"],
  ] as const)("that %s", async ([, definition], { startWith }) => {
    const talk = await startWith(`${NUMPY}import sys\n${definition}
def fit(df, seed):
    if seed: raise Odd("told")
    return 1`);
    const fits = await talk.fit({ used: USED }, { used: USED, seed: 1 }, { used: USED });
    expect(fits.map(({ error }) => error?.code ?? null)).toEqual([null, "trainer_threw", null]);
    expect(fits[1]!.error!.message).not.toBe("");
    expect(fits[1]!.error!.stack).toContain('raise Odd("told")');
  });

  test("and a group is told with what is in it", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}def fit(df):
    raise ExceptionGroup("many", [ValueError(f"bad {i}") for i in range(30)])`);
    const [fit] = await talk.fit({ used: USED });
    expect(fit!.error!.message).toBe("ExceptionGroup: many (30 sub-exceptions)");
    expect(fit!.error!.stack).toContain("ValueError: bad 0");
    expect(fit!.error!.stack).toContain("… 27 more");
  });
});

describe("a model that cannot be looked at is a model all the same", () => {
  test.for([
    [
      "names of features raise",
      "class Odd:\n    coef_, intercept_ = np.ones(2), 0.5\n    feature_names_in_ = property(lambda self: 1 / 0)",
    ],
    ["coefficients exit", "class Odd:\n    coef_ = property(lambda self: sys.exit(3))"],
    ["no module", "class Odd:\n    __module__ = None\n    def __reduce__(self): return str, ('odd',)"],
  ] as const)("%s", async ([, definition], { startWith }) => {
    const talk = await startWith(
      `${NUMPY}import sys\nimport numpy as np\n${definition}\ndef fit(df): return Odd()`,
    );
    const fits = await talk.fit({ used: USED }, { used: USED });
    expect(fits.map(({ error }) => error)).toEqual([null, null]);
    expect(fits[0]!.className).toMatch(/Odd$/);
  });
});

describe("processes of user code", () => {
  test.for([
    ["joblib", "joblib.Parallel(n_jobs=2)(joblib.delayed(double)(i) for i in range(6))"],
    ["multiprocessing by fork", "multiprocessing.get_context('fork').Pool(2).map(double, range(6))"],
    ["multiprocessing by spawn", "multiprocessing.get_context('spawn').Pool(2).map(double, range(6))"],
    [
      "multiprocessing by forkserver",
      "multiprocessing.get_context('forkserver').Pool(2).map(double, range(6))",
    ],
  ] as const)("work, of %s", { timeout: 60_000 }, async ([, expression], { startWith }) => {
    const talk = await startWith(`${NUMPY}import joblib, multiprocessing
def double(i):
    print("doubling")
    return 2 * i
def fit(df): return 1, {"sum": sum(${expression})}`);
    const fits = await talk.fit({ used: USED }, { used: USED });
    expect(fits.map(({ error, metrics }) => [error, metrics])).toEqual(Array(2).fill([null, { sum: 30 }]));
  });
});
