import { describe, expect } from "vitest";
import { test, trainerFile } from "./python-test.ts";

const USED = { x: [1, 2], y: [3, 4] };

/** A trainer that does what the key says. */
function byKey(cases: Readonly<Record<string, string>>, before = ""): string {
  const branches = Object.entries(cases).map(
    ([name, code]) => `    if key["case"] == "${name}":\n        ${code}\n`,
  );
  return `frame = "numpy"\n${before}\ndef fit(df, key):\n${branches.join("")}    return "model"\n`;
}

describe("what user code raises", () => {
  test("costs its own partition, and is told with the user's frames", async ({ startWith }) => {
    const source = byKey(
      {
        value: 'raise ValueError("bad value ü")',
        own: "raise Mine()",
        exit: "sys.exit(3)",
        interrupt: "raise KeyboardInterrupt",
        numpy: "np.linalg.inv(np.zeros((2, 2)))",
        deep: "deep(500)",
        chained: "chained()",
        unprintable: "raise Unprintable()",
        long: 'raise ValueError("x" * 5000)',
        surrogate: 'raise ValueError("a\\udc80b")',
      },
      `import sys, numpy as np
class Mine(Exception): pass
class Unprintable(Exception):
    def __str__(self): raise RuntimeError("no")
def deep(n):
    return deep(n - 1) if n else 1 / 0
def chained():
    try:
        1 / 0
    except ZeroDivisionError as cause:
        raise KeyError("later") from cause`,
    );
    const talk = await startWith(source, { keys: ["case"] });
    const cases = [
      "value",
      "own",
      "exit",
      "interrupt",
      "numpy",
      "deep",
      "chained",
      "unprintable",
      "long",
      "surrogate",
      "none",
    ];
    const fits = await talk.fit(...cases.map((name) => ({ used: USED, key: [name] })));
    expect(fits.map(({ error }) => error?.code ?? null)).toEqual([...Array(10).fill("trainer_threw"), null]);
    const [value, own, exit, interrupt, numpy, deep, chained, unprintable, long, surrogate] = fits.map(
      ({ error }) => error!,
    );
    expect(value).toEqual({
      code: "trainer_threw",
      message: "ValueError: bad value ü",
      stack: `Traceback (most recent call last):
  File "train.py", line 15, in fit
    raise ValueError("bad value ü")
ValueError: bad value ü`,
    });
    expect(own!.message).toBe("train.Mine");
    expect(exit!.message).toBe("SystemExit: 3");
    expect(interrupt!.message).toBe("KeyboardInterrupt");
    // The innermost frame is told although it is not the user's; those between are not.
    expect(numpy!.message).toBe("numpy.linalg.LinAlgError: Singular matrix");
    expect(numpy!.stack!.match(/File "[^"]+"/g)).toEqual([
      'File "train.py"',
      'File "numpy/linalg/_linalg.py"',
    ]);
    expect(deep!.stack!.match(/File "train.py"/g)).toHaveLength(20);
    expect(deep!.stack).toContain("  … 482 frames …\n");
    expect(chained!.stack).toContain("KeyError: 'later'\ncaused by Traceback (most recent call last):");
    expect(chained!.stack).toMatch(/ZeroDivisionError: division by zero$/);
    expect(unprintable!.message).toBe("train.Unprintable: its text cannot be told (RuntimeError)");
    expect(long!.message).toHaveLength(2001);
    expect(surrogate!.message).toBe("ValueError: a\\udc80b");
  });

  test("names files of the user's by their place beside the trainer", async ({ start }) => {
    const beside = { "deeper/broken.py": "def fail():\n    raise OSError(2, 'gone')\n" };
    const source = 'frame = "numpy"\nfrom deeper.broken import fail\ndef fit(df): fail()';
    const talk = start();
    await talk.init(trainerFile(source, { beside }));
    const [fit] = await talk.fit({ used: USED });
    expect(fit!.error!.stack).toBe(`Traceback (most recent call last):
  File "train.py", line 3, in fit
    def fit(df): fail()
  File "deeper/broken.py", line 2, in fail
    raise OSError(2, 'gone')
FileNotFoundError: [Errno 2] gone`);
  });

  test("in score is a failure too, as what the model is worth cannot be told", async ({ startWith }) => {
    const talk = await startWith(
      'frame = "numpy"\ndef fit(df): return 1\ndef score(model, df): return df["z"]',
    );
    const [fit, unscored] = await talk.fit({ used: USED, heldOut: USED }, { used: USED });
    expect(fit!.error).toMatchObject({ code: "trainer_threw", message: "KeyError: 'z'" });
    expect(unscored!.error).toBeNull();
  });
});

describe("what user code returns", () => {
  test.for([
    ["None", "fit returned None, must return a model or (model, metrics)"],
    ["None, {}", "fit returned None, must return a model or (model, metrics)"],
    [
      "1, 2, 3",
      "fit returned a tuple of 3, must return a model or (model, metrics); a model of several parts is a list or dict",
    ],
    [
      "1, [2]",
      "fit returned a tuple whose second part is a list, must be (model, metrics) with a dict of numbers by name; a model of several parts is a list or dict",
    ],
    ["1, {'a': 'b'}", "metrics['a'] is a str, must be a number or None"],
    ["1, {2: 1}", "metrics has a member whose name is an int, must be a text"],
    ["1, {'': 1}", "metrics has a member whose name is empty, must be a text"],
    ["1, {str(i): i for i in range(101)}", "metrics has 101 members, at most 100; keep lists in the model"],
    ["lambda: 1", "model is a function, which cannot be pickled: "],
    ["open('/dev/null')", "model is a TextIOWrapper, which cannot be pickled: TypeError: cannot pickle"],
    ["Hostile()", "model is a Hostile, which cannot be pickled: SystemExit: 4"],
  ])("cannot be %s", async ([returned, message], { startWith }) => {
    const hostile = "import sys\nclass Hostile:\n    def __reduce__(self): sys.exit(4)\n";
    const talk = await startWith(`frame = "numpy"\n${hostile}def fit(df): return ${returned}`);
    const [fit, next] = await talk.fit({ used: USED }, { used: USED });
    expect(fit!.error).toMatchObject({ code: "result_invalid" });
    expect(fit!.error!.message.startsWith(message!)).toBe(true);
    expect(next!.error).toEqual(fit!.error);
  });

  test("may be metrics that are not finite: null, with a warning, as of TypeScript trainers", async ({
    startWith,
  }) => {
    const talk = await startWith(`import numpy as np
frame = "numpy"
def fit(df):
    return "m", {"nan": float("nan"), "inf": np.float32("inf"), "none": None, "bool": True, "int": np.int64(3),
                 "zero": np.array(2.5), "huge": -10 ** 400, "-0": -0.0, "größe": 1}
def score(model, df): return {"r2": np.nan, "mae": 1}`);
    const [fit] = await talk.fit({ used: USED, heldOut: USED });
    expect(fit!.error).toBeNull();
    expect(fit!.metrics).toEqual({
      ...{ nan: null, inf: null, none: null, bool: 1, int: 3, zero: 2.5, huge: null, "-0": -0, größe: 1 },
      ...{ holdout_r2: null, holdout_mae: 1 },
    });
    expect(fit!.warnings).toEqual([
      "metric_not_finite: metric nan is NaN, stored as null",
      "metric_not_finite: metric inf is Infinity, stored as null",
      "metric_not_finite: metric huge is -Infinity, stored as null",
      "metric_not_finite: metric r2 is NaN, stored as null",
    ]);
  });

  test("may be a mean of nothing, which numpy calls masked: null, and not zero", async ({ startWith }) => {
    const talk = await startWith(`import numpy as np
frame = "numpy"
def fit(df): return 1, {"mean": np.ma.masked_all(3).mean(), "zero": np.ma.array(0.0, mask=True), "there": np.ma.array([3.0]).mean()}`);
    const [fit] = await talk.fit({ used: USED });
    expect(fit!.error).toBeNull();
    expect(fit!.metrics).toEqual({ mean: null, zero: null, there: 3 });
  });

  test("cannot be a time as a metric", async ({ startWith }) => {
    const talk = await startWith(
      'import numpy as np\nframe = "numpy"\ndef fit(df): return 1, {"took": np.timedelta64(5, "s")}',
    );
    const [fit] = await talk.fit({ used: USED });
    const message = "metrics['took'] is a timedelta64, must be a number or None";
    expect(fit!.error).toEqual({ code: "result_invalid", message, stack: null });
  });

  test("cannot be no score at all", async ({ startWith }) => {
    const talk = await startWith('frame = "numpy"\ndef fit(df): return 1\ndef score(model, df): pass');
    const [fit] = await talk.fit({ used: USED, heldOut: USED });
    const message = "score is None, must be a dict of numbers by name";
    expect(fit!.error).toEqual({ code: "result_invalid", message, stack: null });
  });

  test("cannot be a score that takes the name of a metric", async ({ startWith }) => {
    const talk = await startWith(
      'frame = "numpy"\ndef fit(df): return 1, {"holdout_a": 1}\ndef score(m, df): return {"a": 2}',
    );
    const [fit] = await talk.fit({ used: USED, heldOut: USED });
    const message = "metrics['holdout_a'] has the name of what score gives as a";
    expect(fit!.error).toEqual({ code: "result_invalid", message, stack: null });
  });

  test("is told with its class, by the name under which people import it", async ({ startWith }) => {
    const talk = await startWith(
      byKey(
        { dict: "return {}", own: "return Own()", sklearn: "return Ridge()", array: "return np.zeros(2)" },
        "import numpy as np\nfrom sklearn.linear_model import Ridge\nclass Own: pass",
      ),
      { keys: ["case"] },
    );
    const fits = await talk.fit(
      ...["dict", "own", "sklearn", "array"].map((name) => ({ used: USED, key: [name] })),
    );
    const names = ["dict", "train.Own", "sklearn.linear_model.Ridge", "numpy.ndarray"];
    expect(fits.map(({ className }) => className)).toEqual(names);
  });
});
