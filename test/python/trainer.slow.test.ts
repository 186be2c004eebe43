import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { JsonValue } from "../../src/job/job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { test, trainerFile } from "./python-test.ts";
import type { PythonTalk } from "./talk.ts";
import { columnsOf } from "./work-of.ts";

/** What the child says of a trainer's source. */
function describeSource(
  talk: PythonTalk,
  source: string,
  options: Parameters<PythonTalk["describe"]>[1] = {},
) {
  return talk.describe(trainerFile(source), options);
}

const NUMPY = 'frame = "numpy"\n';

describe("what a trainer says of itself", () => {
  test("is its members, and the environment that it runs in", async ({ start, python }) => {
    const source = `${NUMPY}
columns = ["y"]
params = {"alpha": 0.5, "depth": int, "name": (str, "auto"), "any": None, "list": [1, 2]}
min_rows = 3
def fit(df, key, params, seed): return 1
def predict(model, df): return df
def score(model, df): return {}
`;
    const described = await describeSource(start(), source, { params: { depth: 4 } });
    expect(described).toMatchObject({
      ...{ type: "described", columns: ["y"], hasPredict: true, hasScore: true, minRows: 3, frame: "numpy" },
      params: { alpha: 0.5, depth: 4, name: "auto", any: null, list: [1, 2] },
      sources: [{ name: "train.py", sha256: createHash("sha256").update(source).digest("hex") }],
      isLinear: false,
      environment: { implementation: "CPython", executable: python },
    });
    if (described.type !== "described") throw new Error();
    const { packages, blas } = described.environment;
    expect(packages).toMatchObject({
      numpy: "2.4.6",
      joblib: "1.6.0",
      pandas: "3.1.1",
      "scikit-learn": "1.9.1",
    });
    expect(blas).toContainEqual(expect.objectContaining({ internal_api: "openblas", num_threads: 1 }));
  });

  test("has defaults", async ({ start }) => {
    const described = await describeSource(start(), "def fit(df): return 1");
    const members = {
      columns: null,
      hasPredict: false,
      hasScore: false,
      minRows: 1,
      frame: "pandas",
      params: {},
    };
    expect(described).toMatchObject({ type: "described", ...members });
  });

  test("may have columns that depend on params and schema", async ({ start }) => {
    const source = `${NUMPY}params = {"target": "y"}
def columns(params, schema): return [name for name in schema if name != params["target"]]
def fit(df): return 1`;
    expect(await describeSource(start(), source)).toMatchObject({ columns: ["x"] });
    expect(await describeSource(start(), source, { params: { target: "x" } })).toMatchObject({
      columns: ["y"],
    });
  });

  test("is asked once in a process that fits afterwards: the file is run once", async ({ start }) => {
    const talk = start();
    const file = trainerFile(
      `${NUMPY}print("run")\nparams = {"a": 1}\ndef fit(df, params): return params["a"]`,
    );
    await talk.describe(file, {});
    expect(await talk.init(file, { params: { a: 2 } })).toEqual({ type: "ready" });
    expect((await talk.fit({ used: { x: [1], y: [1] } }))[0]!.error).toBeNull();
    expect(talk.textOf(null, null)).toBe("run\n");
  });
});

describe("parameters of fit", () => {
  const SHOW = `print(repr(seed) if "seed" in dir() else "-", key if "key" in dir() else "-", dict(params) if "params" in dir() else "-")`;
  test.for([
    ["df", "- - -"],
    ["df, seed", "7 - -"],
    ["rows, seed", "7 - -"],
    ["seed, df", "7 - -"],
    ["df, key, params, seed", "7 {'store': 'a'} {'p': 1}"],
    ["df, *, params", "- - {'p': 1}"],
    ["df, /, key", "- {'store': 'a'} -"],
  ])("may be (%s)", async ([parameters, shown], { startWith }) => {
    const source = `${NUMPY}params = {"p": 1}\ndef fit(${parameters}):\n    ${SHOW}\n    return 1`;
    const talk = await startWith(source.replace(/"params" in dir\(\)/, `"params" in locals()`), {
      keys: ["store"],
    });
    await talk.fit({ used: { x: [1], y: [1] }, key: ["a"], seed: 7 });
    expect(talk.textOf(0, 0)).toBe(`${shown}\n`);
  });

  test("may be all, by **kwargs", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}def fit(df, **rest):\n    print(sorted(rest))\n    return 1`);
    await talk.fit({ used: { x: [1], y: [1] } });
    expect(talk.textOf(0, 0)).toBe("['key', 'params', 'seed']\n");
  });

  test.for([
    ["def fit(): return 1", "train.py: fit() has no parameter df; it can have df, key, params, seed"],
    ["def fit(seed): return 1", "train.py: fit(seed) has no parameter df; it can have df, key, params, seed"],
    [
      "def fit(df, seeds): return 1",
      "train.py: fit has a parameter seeds, which is not known; did you mean seed?",
    ],
    [
      "def fit(df, alpha=1): return 1",
      "train.py: fit has a parameter alpha, which is not known; there are: df, key",
    ],
    [
      "def fit(*rows): return 1",
      "train.py: fit has *rows; its parameters must have names: df, key, params, seed",
    ],
    [
      "async def fit(df): return 1",
      "train.py: fit is async or yields, must be a function that returns its result",
    ],
    ["def fit(df): yield 1", "train.py: fit is async or yields"],
    ["fit = 3", "train.py: fit is an int, must be a function"],
    ["fit = dict", "train.py: fit has no signature that can be read; define it with def"],
    ["fits = 3", "train.py: has no fit; it must define fit(df)"],
    ["def fit(df): return 1\ndef predict(model): return 1", "train.py: predict(model) has no parameter df"],
    [
      "def fit(df): return 1\ndef predict(model, df, seed): 1",
      "train.py: predict has a parameter seed, which is",
    ],
    ["def fit(df): return 1\ndef score(m): 1", "train.py: score(model) has no parameter df"],
    [
      "def fit(df): return 1\nframe = 'panda'",
      'train.py: frame is "panda"; did you mean pandas? (there are: pandas',
    ],
    ["def fit(df): return 1\nframe = 1", "train.py: frame is an int, must be a text"],
    ["def fit(df): return 1\nmin_rows = -1", "train.py: min_rows is -1, must be a whole number from 0"],
    ["def fit(df): return 1\ncolumns = 'x'", "train.py: columns is a str, must be a list of names"],
    ["def fit(df): return 1\ncolumns = []", "train.py: columns is empty, must name one column at least"],
    ["def fit(df): return 1\ncolumns = ['x', 'x']", "train.py: columns names x twice"],
    [
      "def fit(df): return 1\ndef columns(): return 1 / 0",
      "train.py: columns raised ZeroDivisionError: division by",
    ],
    ["def fit(df): return 1\nparams = [1]", "train.py: params is a list, must be a dict of params by name"],
    [
      "def fit(df): return 1\nparams = {'a': set()}",
      "train.py: param a has the type set, must have one of bool",
    ],
    [
      "def fit(df): return 1\nparams = {'a': (1, 2)}",
      "train.py: param a is a tuple, which must be type and default",
    ],
    [
      "def fit(df): return 1\nparams = {'a': (int, 'x')}",
      "train.py: param a is 'x', a str, must be of type int",
    ],
    ["def fit(df): return 1\nparams = {'a': float('nan')}", "train.py: param a is nan, must be finite"],
  ])("cannot be those of %j", async ([source, message], { start }) => {
    expect(await describeSource(start(), source!)).toEqual({
      ...{ type: "broken", code: "trainer_invalid" },
      message: expect.stringContaining(message!),
    });
  });

  test("name columns that there are", async ({ start }) => {
    const answer = await describeSource(start(), "columns = ['x', 'yy']\ndef fit(df): return 1");
    const message =
      "train.py: columns names yy, which the source does not have; did you mean y? (there are: x, y)";
    expect(answer).toEqual({ type: "broken", code: "unknown_column", message });
  });
});

describe("params", () => {
  const SOURCE = `${NUMPY}params = {"alpha": 0.1, "depth": int, "name": (str, "auto"), "flag": True}\ndef fit(df, params): return 1`;

  test.for<[Record<string, JsonValue>, string]>([
    [{}, "train.py: param depth is needed, a value of type int; give it with --param depth=…"],
    [
      { depth: 1, alfa: 2 },
      "train.py: has no param alfa; did you mean alpha? (there are: alpha, depth, name, flag)",
    ],
    [{ depth: 1.5 }, "train.py: param depth is 1.5, a float, must be of type int"],
    [{ depth: true }, "train.py: param depth is True, a bool, must be of type int"],
    [{ depth: 1, name: 3 }, "train.py: param name is 3, an int, must be of type str"],
    [{ depth: 1, flag: 1 }, "train.py: param flag is 1, an int, must be of type bool"],
    [{ depth: 1, alpha: null }, "train.py: param alpha is None, None, must be of type float"],
  ])("that are %j are refused", async ([params, message], { start }) => {
    const answer = await describeSource(start(), SOURCE, { params });
    expect(answer).toEqual({ type: "broken", code: "invalid_option", message });
  });

  test("have the types that are declared, whatever way JSON writes a number", async ({ start }) => {
    const described = await describeSource(start(), SOURCE, { params: { depth: 1e21 - 1e21 + 3, alpha: 2 } });
    expect(described).toMatchObject({ params: { alpha: 2, depth: 3, name: "auto", flag: true } });
  });

  test("where none are declared cannot be given", async ({ start }) => {
    const answer = await describeSource(start(), "def fit(df): return 1", { params: { a: 1 } });
    const message = 'train.py: has no param a; declare it: params = {"a": …}';
    expect(answer).toEqual({ type: "broken", code: "invalid_option", message });
  });

  test("cannot be changed by a partition, and may be kept in a model", async ({ startWith }) => {
    const talk = await startWith(
      `${NUMPY}params = {"a": {"b": [1]}}
def fit(df, key, params):
    if key["k"] == "change": params["a"]["b"] = 2
    if key["k"] == "append": params["a"]["b"].append(2)
    if key["k"] == "update": params |= {"a": 1}
    return {"params": params, "type": type(params["a"]).__name__}
def predict(model, df): return {"text": [str(model) + type(model["params"]).__name__]}`,
      { keys: ["k"] },
    );
    const used = { x: [1], y: [1] };
    const fits = await talk.fit(...["change", "append", "update", "keep"].map((k) => ({ used, key: [k] })));
    expect(fits.map(({ error }) => error?.message.split(",")[0] ?? null)).toEqual([
      "TypeError: params cannot be changed",
      "AttributeError: 'tuple' object has no attribute 'append'",
      "TypeError: params cannot be changed",
      null,
    ]);
    const kept = `{'params': {'a': {'b': (1,)}}, 'type': 'FrozenDict'}dict`;
    expect(await talk.predict([fits[3]!.model!], [0], [{ used, key: [""] }])).toEqual([{ text: [kept] }]);
  });

  test("and names of members that begin with $ arrive as they are", async ({ start }) => {
    const source = `${NUMPY}params = {"$a": {"$": 1, "$$b": 2}}\ndef fit(df, params): return 1, {"$m": params["$a"]["$"]}`;
    const talk = start();
    const file = trainerFile(source);
    expect(await talk.describe(file, { params: { $a: { $: 3 } } })).toMatchObject({
      params: { $a: { $: 3 } },
    });
    await talk.init(file);
    expect((await talk.fit({ used: { x: [1], y: [1] } }))[0]!.metrics).toEqual({ $m: 1 });
  });
});

describe("imports", () => {
  test("find modules beside the file, absolute and relative, which are named with their sha256", async ({
    start,
  }) => {
    const scale = "from .inner.factor import FACTOR\ndef scale(x): return x * FACTOR\n";
    const beside = { "frames.py": "WORD = 'mine'\n", "scale.py": scale, "inner/factor.py": "FACTOR = 3\n" };
    const source = `${NUMPY}import frames\nfrom .scale import scale\ndef fit(df): return scale(2), {"n": scale(2)}\nprint(frames.WORD)`;
    const file = trainerFile(source, { beside });
    const talk = start();
    const described = await talk.describe(file);
    expect(described).toMatchObject({
      sources: ["frames.py", "inner/factor.py", "scale.py", "train.py"].map((name) => ({ name })),
    });
    expect(talk.textOf(null, null)).toBe("mine\n");
    await talk.init(file);
    expect((await talk.fit({ used: { x: [1], y: [1] } }))[0]!.metrics).toEqual({ n: 6 });
  });

  test("work in a package, under whose name its classes are pickled", async ({ start, python }) => {
    const beside = { "shop/__init__.py": "", "shop/base.py": "class Base: pass\n" };
    const source = `${NUMPY}from .base import Base\nclass Model(Base): pass\ndef fit(df): return Model()`;
    const file = trainerFile(source, { name: "shop/train.py", beside });
    const talk = start();
    expect(await talk.init(file)).toEqual({ type: "ready" });
    const [fit] = await talk.fit({ used: { x: [1], y: [1] } });
    expect(fit).toMatchObject({ error: null, className: "shop.train.Model" });
    expect(python).not.toBe("");
  });

  test("of what is not installed are one clear sentence", async ({ start, python }) => {
    const missing = (name: string) =>
      `train.py: needs the package ${name}, which is not installed for ${python}; install it with ${python} -m pip install ${name}`;
    const answer = await describeSource(start(), "import nowhere_at_all.deep\ndef fit(df): return 1");
    expect(answer).toEqual({ type: "broken", code: "trainer_invalid", message: missing("nowhere_at_all") });
    for (const [name, source] of [
      ["pandas", "def fit(df): return 1"],
      ["numpy", "def fit(df): return 1"],
      ["joblib", "def fit(df): return 1"],
      ["polars", "frame = 'polars'\ndef fit(df): return 1"],
      ["pyarrow", "frame = 'arrow'\ndef fit(df): return 1"],
      ["pyarrow", "frame = 'polars'\ndef fit(df): return 1"],
      ["scikit-learn", `${NUMPY}from sklearn.linear_model import Ridge\ndef fit(df): return 1`],
    ] as const) {
      const talk = start({ env: without(name === "scikit-learn" ? "sklearn" : name) });
      expect(await describeSource(talk, source)).toMatchObject({ type: "broken", message: missing(name) });
    }
  });

  test("of pyarrow are needed by a pandas frame only where it has texts", async ({ start }) => {
    const source = "columns = ['x']\ndef fit(df): return 1";
    const env = without("pyarrow");
    expect(await describeSource(start({ env }), source)).toMatchObject({ type: "described" });
    const schema = [{ name: "x", type: "text" }] as const;
    expect(await describeSource(start({ env }), source, { schema })).toMatchObject({
      message: expect.stringContaining("train.py: needs the package pyarrow"),
    });
  });

  test("of a module that an installed package does not have say so", async ({ start }) => {
    const answer = await describeSource(start(), "import sklearn.nothing\ndef fit(df): return 1");
    const message = "train.py: cannot be imported: No module named 'sklearn.nothing'";
    expect(answer).toEqual({ type: "broken", code: "trainer_invalid", message });
  });

  test("of a package that is too old say which is needed", async ({ start, python }) => {
    const folder = fakePackage("pandas", "1.5.3");
    expect(
      await describeSource(start({ env: { PYTHONPATH: folder } }), "def fit(df): return 1"),
    ).toMatchObject({
      message: `train.py: needs pandas 2.2 or later, ${python} has 1.5.3; upgrade it with ${python} -m pip install --upgrade pandas`,
    });
  });

  test.for([
    ["raise ValueError('no')", "train.py: could not be imported: ValueError: no"],
    ["import sys; sys.exit(3)", "train.py: could not be imported: SystemExit: 3"],
    ["def fit(df) return 1", "train.py: could not be imported: SyntaxError: expected ':' (train.py, line 1)"],
  ])("that fail (%s) break with the traceback", async ([source, message], { start }) => {
    const answer = await describeSource(start(), source!);
    expect(answer).toMatchObject({ type: "broken", code: "trainer_invalid" });
    const text = (answer as { message: string }).message;
    expect(text.split("\n")[0]).toBe(message);
    if (!message!.includes("Syntax")) expect(text).toContain('File "train.py", line 1, in <module>');
  });

  test("cannot be of a file with the name of a module of Python's", async ({ start }) => {
    const answer = await start().describe(trainerFile("def fit(df): return 1", { name: "random.py" }));
    const message = "random.py: another module has the name random already; give the file another name";
    expect(answer).toEqual({ type: "broken", code: "trainer_invalid", message });
  });

  test("cannot be of a file that is not there", async ({ start }) => {
    const answer = await start().describe({ kind: "file", path: join(temporaryFolder(), "none.py") });
    expect(answer).toMatchObject({
      code: "trainer_invalid",
      message: expect.stringContaining("none.py: cannot be read"),
    });
  });
});

describe("setup", () => {
  test("is called once, before the first fit, with params where it wants them", async ({ startWith }) => {
    const source = `${NUMPY}params = {"a": 5}\nready = 0
def setup(params):
    global ready
    ready += params["a"]
def fit(df): return ready, {"ready": ready}`;
    const talk = await startWith(source, { columns: columnsOf({ x: "double" }) });
    const fits = await talk.fit({ used: { x: [1] } }, { used: { x: [1] } });
    expect(fits.map(({ metrics }) => metrics["ready"])).toEqual([5, 5]);
  });

  test("that raises breaks the start, with its traceback", async ({ start }) => {
    const answer = await start().init(
      trainerFile(`${NUMPY}def setup(): raise OSError("no file")\ndef fit(df): return 1`),
    );
    expect(answer).toMatchObject({ type: "broken", code: "trainer_invalid" });
    expect((answer as { message: string }).message).toMatch(
      /^train\.py: setup raised OSError: no file\nTraceback/,
    );
  });
});

/** An environment in which a package cannot be imported. */
function without(name: string): Record<string, string> {
  const folder = temporaryFolder();
  const code = `
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name == "${name}" or name.startswith("${name}."):
            raise ModuleNotFoundError("No module named '${name}'", name="${name}")
sys.meta_path.insert(0, Blocker())
`;
  writeFileSync(join(folder, "sitecustomize.py"), code);
  return { PYTHONPATH: folder };
}

/** A folder with an empty package of a version. */
function fakePackage(name: string, version: string): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, "__init__.py"), "");
  mkdirSync(join(folder, `${name}-${version}.dist-info`));
  writeFileSync(
    join(folder, `${name}-${version}.dist-info`, "METADATA"),
    `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
  );
  return folder;
}
