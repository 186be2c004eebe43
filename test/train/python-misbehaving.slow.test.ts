import { describe, expect } from "vitest";
import { runPlainPython } from "../python/plain-python.ts";
import { test } from "../python/python-test.ts";
import { type Layout, type PythonOutcome, type PythonRun, sourceOf, trainPython } from "./train-python.ts";

const PARTITIONS = 1000;

/** A trainer of which every tenth partition raises, and some do worse; with `behave` none does. */
const TRAINER = `
import ctypes, os, random, sys, threading, time
import numpy as np

columns = ["x", "y"]
params = {"behave": True}
frame = "numpy"


def raises(k):
    raise ValueError(f"partition {k} is bad")

def loops(k):
    while True:
        pass

def sums(k):
    sum(range(10**12))

def sorts(k):
    values = np.arange(10**7, dtype=np.float64)
    while True:
        np.sort(values)

def sleeps(k):
    time.sleep(1000)

def is_killed(k):
    os.kill(os.getpid(), 9)

def leaves(k):
    os._exit(3)

def exits(k):
    sys.exit(4)

def reads_null(k):
    ctypes.string_at(0)

def aborts(k):
    os.abort()

def takes_all(k):
    held = []
    while True:
        held.append(np.ones(2**22))

def prints(k):
    line = "x" * 999
    for _ in range(10_000):
        print(line)

MISDEEDS = {
    **{k: raises for k in range(3, 1000, 10)},
    **{k: loops for k in range(1, 701, 100)},
    701: sums, 801: sorts, 901: sleeps,
    2: is_killed, 102: leaves, 202: exits, 302: reads_null, 402: aborts,
    6: prints, 7: takes_all,
}
UNPICKLABLE = {4: lambda: (lambda: 1), 104: lambda: (n for n in [1]), 204: threading.Lock}
NAN = {5: float("nan"), 105: float("inf")}


def fit(df, key, params, seed):
    k = int(df["x"][0])
    misbehaves = not params["behave"]
    if misbehaves and k in MISDEEDS:
        MISDEEDS[k](k)
    if k % 50 == 8:
        print(f"this is {k}")
    slope, intercept = np.polyfit(np.arange(len(df["y"])), df["y"], 1)
    drawn = random.random() + np.random.random()
    model = {"k": k, "slope": slope, "intercept": intercept, "drawn": drawn, "seed": seed}
    if misbehaves and k in UNPICKLABLE:
        return UNPICKLABLE[k]()
    return model, {"k": NAN.get(k, k) if misbehaves else k}
`;

const source = (layout: Layout) => {
  const keys = Array.from({ length: PARTITIONS }, (_, k) => k);
  const rows = (k: number): string[] =>
    Array.from({ length: 5 }, (_, i) => `${k},${(k * 7919 + i * 104_729) % 1009}`);
  return sourceOf(layout, "x,y", new Map(keys.map((k) => [String(k), rows(k)])));
};

/** What is said of a partition that is not fitted. */
interface Said {
  readonly state: string;
  readonly code: string;
  readonly message: RegExp;
}

const threw = (message: RegExp): Said => ({ state: "failed", code: "trainer_threw", message });
const died = (message: RegExp): Said => ({ state: "lost", code: "worker_died", message });
const unpicklable = (message: RegExp): Said => ({ state: "failed", code: "result_invalid", message });
const overdue: Said = {
  ...{ state: "timed_out", code: "timed_out" },
  message: /^fit took longer than \d+ s \(--timeout\)$/,
};

/**
 * Seconds after which a fit is overdue: what takes all memory has to have it long before, on whatever machine, by how long
 * this one takes now for as much. Both cores are at work then, as they are in the run.
 */
function patience(python: string): number {
  const script = `import multiprocessing, time
import numpy as np
def take(_):
    before = time.perf_counter()
    held = [np.ones(2**22) for _ in range(10)]
    return time.perf_counter() - before
with multiprocessing.Pool(2) as pool: print(max(pool.map(take, range(2), 1)))`;
  return Math.max(3, Math.ceil(6 * Number(runPlainPython(python, script))));
}

const SAID: ReadonlyMap<number, Said> = new Map<number, Said>([
  ...Array.from({ length: 100 }, (_, i): [number, Said] => [
    10 * i + 3,
    threw(new RegExp(`^ValueError: partition ${10 * i + 3} is bad$`)),
  ]),
  ...Array.from({ length: 10 }, (_, i): [number, Said] => [100 * i + 1, overdue]),
  [2, died(/^worker \d ended by signal SIGKILL while it was fitted, twice$/)],
  [102, died(/^worker \d ended with exit code 3 while it was fitted, twice$/)],
  [202, threw(/^SystemExit: 4$/)],
  [302, died(/^worker \d ended by signal SIGSEGV while it was fitted, twice$/)],
  [402, died(/^worker \d ended by signal SIGABRT while it was fitted, twice$/)],
  ...[4, 104, 204].map((k): [number, Said] => [k, unpicklable(/pickle/)]),
  [
    7,
    {
      ...{ state: "failed", code: "memory_exceeded" },
      message:
        /^worker \d took \d+ MB of memory while it was fitted alone, 270 MB are allowed \(--memory-per-worker\); raise/,
    },
  ],
]);

describe.each(["by", "per-file"] as const)("a thousand partitions, %s", (layout) => {
  test("have each the end that is theirs, though more than a hundred misbehave in every way", {
    timeout: 900_000,
  }, async ({ python }) => {
    const timeout = `${patience(python)}s`;
    const options = { ...source(layout), python, workers: 2, timeout, memoryPerWorker: "270MB" };
    const bad = await trainPython(TRAINER, options, { behave: false });
    const good = await trainPython(TRAINER, options, { behave: true });
    expect(bad.outcomes.size).toBe(PARTITIONS);
    for (const [k, said] of SAID) checkSaid(bad.outcomes.get(String(k))!, said);
    for (const [key, outcome] of good.outcomes) {
      expect(outcome, key).toMatchObject({ state: "fitted", code: null });
      if (!SAID.has(Number(key))) expect(bad.outcomes.get(key)!.model, key).toBe(outcome.model);
    }
    for (const key of ["5", "105"]) {
      expect(bad.outcomes.get(key)).toMatchObject({ state: "fitted", metrics: { k: null } });
      expect(JSON.stringify(bad.outcomes.get(key)!.warnings)).toContain("metric_not_finite");
    }
    checkStacks(bad);
    checkLogs(bad);
    expect(bad.left).toEqual([]);
    expect(good.left).toEqual([]);
  });
});

function checkSaid(outcome: PythonOutcome, { state, code, message }: Said): void {
  const { key } = outcome;
  expect({ key, state: outcome.state, code: outcome.code }).toEqual({ key, state, code });
  expect(outcome.message, key).toMatch(message);
  expect(outcome.model, key).toBeNull();
}

/** Tracebacks have the user's file and lines, and none of manyfit's; so have those that Python writes as it dies. */
function checkStacks({ outcomes }: PythonRun): void {
  const lines = TRAINER.split("\n");
  for (const [k, text] of [
    [13, `raise ValueError(f"partition {k} is bad")`],
    [202, "sys.exit(4)"],
    [302, "ctypes.string_at(0)"],
    [402, "os.abort()"],
  ] as const) {
    const { stack } = outcomes.get(String(k))!;
    // Two lines come before the trainer's own.
    const line = lines.findIndex((found) => found.includes(text)) + 4;
    expect(stack, String(k)).toMatch(
      new RegExp(`File "\\S*train\\.py", line ${line} in|File "\\S*train\\.py", line ${line}, in`),
    );
    expect(stack, String(k)).not.toMatch(/manyfit_host/);
  }
}

/** What a partition prints is told of it, and of no other. */
function checkLogs({ events }: PythonRun): void {
  const logged = events.flatMap((event) => (event.type === "trainer.logged" ? [event] : []));
  for (const { key, text } of logged) {
    const said = /this is (\d+)/.exec(text)?.[1];
    if (said !== undefined) expect(key).toMatch(new RegExp(`(^|[^0-9])${said}([^0-9]|$)`));
  }
  const told = new Set(logged.flatMap(({ text }) => /this is (\d+)/.exec(text)?.[1] ?? []));
  expect(told.size).toBe(PARTITIONS / 50);
  const printed = logged.filter(({ text }) => text.startsWith("xxx"));
  const length = printed.reduce((sum, { text }) => sum + text.length, 0);
  expect(length).toBeGreaterThan(16_000);
  expect(length).toBeLessThan(20_000);
}
