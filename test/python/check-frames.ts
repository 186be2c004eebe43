import { createHash } from "node:crypto";
import { describe, expect } from "vitest";
import { loadByJoblib } from "./plain-python.ts";
import type { testsWith } from "./python-test.ts";
import { type Cells, columnsOf, type TestPartition } from "./work-of.ts";

const COLUMNS = columnsOf({
  number: "double",
  größe: "integer",
  flag: "boolean",
  day: "date",
  at: "timestamp",
  text: "text",
});

const DAY = 86_400_000;

/** A row of every type without NULL, and one in which everything is NULL. */
const FULL: TestPartition = {
  used: {
    number: [0.1, -0],
    größe: [2 ** 53 - 1, -7],
    flag: [true, false],
    day: [-DAY, 20_000 * DAY],
    at: [-0.001, 1_700_000_000_123.457],
    text: ["", "žluťoučký 𝄞"],
  },
};
const HOLED: TestPartition = {
  used: {
    number: [null, Number.NaN, 1],
    größe: [null, 3, null],
    flag: [null, true, false],
    day: [null, 0, DAY],
    at: [null, 0, 1],
    text: [null, "", "a"],
  },
};

/** What a trainer prints of the frame that it gets: for each column its type and its values, as JSON. */
const SHOW = `
import json

def plain(value):
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, float) and value != value:
        return "NaN"
    if type(value) in (bool, int, float, str):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return plain(value.item())

def show(columns):
    print(json.dumps({name: [str(kind), [plain(v) for v in values]] for name, kind, values in columns}))
    return "model"
`;

const TRAINERS = {
  pandas: `def fit(df): return show([(c, df[c].dtype, list(df[c])) for c in df.columns])`,
  numpy: `frame = "numpy"
def fit(df): return show([(c, df[c].dtype, df[c].astype(str).tolist() if df[c].dtype.kind == "M" else df[c].tolist()) for c in df])`,
  arrow: `frame = "arrow"
def fit(df): df.validate(full=True); return show([(c, df.schema.field(c).type, df[c].to_pylist()) for c in df.column_names])`,
  polars: `frame = "polars"
def fit(df): return show([(c, df[c].dtype, df[c].to_list()) for c in df.columns])`,
};

/** Text's type in a pandas frame. */
type TextType = "str" | "string";

/** What frames promise, for every kind and type, with one set of versions. `text` is what pandas calls texts there. */
export function checkFrames(test: ReturnType<typeof testsWith>, text: TextType): void {
  const shown = expectedColumns(text);
  describe.each(["pandas", "numpy", "arrow", "polars"] as const)("a %s frame", (kind) => {
    test("has every type, exact values, and NULL as that type has it", async ({ startWith }) => {
      const talk = await startWith(SHOW + TRAINERS[kind], { columns: COLUMNS });
      const fits = await talk.fit(FULL, HOLED);
      expect(fits.map(({ error }) => error)).toEqual([null, null]);
      expect(JSON.parse(talk.textOf(0, 0))).toEqual(shown[kind][0]);
      expect(JSON.parse(talk.textOf(0, 1))).toEqual(shown[kind][1]);
    });

    test("of numbers alone has the rows of its own partition, and those held out apart", async ({
      startWith,
    }) => {
      const member =
        kind === "numpy" ? `df["x"].tolist()` : kind === "arrow" ? `df["x"].to_pylist()` : `list(df["x"])`;
      const talk = await startWith(
        `frame = "${kind}"\ndef fit(df): return ${member}\ndef score(model, df): return {"rest": sum(${member}) - sum(model)}`,
      );
      const fits = await talk.fit(
        { used: { x: [1, 2], y: [3, 4] }, heldOut: { x: [100], y: [0] } },
        { used: { x: [5], y: [6] } },
        {
          used: { x: Array.from({ length: 1000 }, (_, i) => i), y: Array(1000).fill(0) },
          heldOut: { x: [7, 8], y: [9, 9] },
        },
      );
      expect(fits.map(({ metrics }) => metrics)).toEqual([
        { holdout_rest: 97 },
        {},
        { holdout_rest: 15 - 499_500 },
      ]);
    });

    test("of no rows has its columns", async ({ startWith }) => {
      const talk = await startWith(SHOW + TRAINERS[kind], { columns: COLUMNS });
      const none = Object.fromEntries(COLUMNS.map(({ name }) => [name, []]));
      await talk.fit({ used: none });
      expect(Object.keys(JSON.parse(talk.textOf(0, 0)))).toEqual(COLUMNS.map(({ name }) => name));
    });
  });

  test("an infinite timestamp is a failure of its partition, as no frame can hold it", async ({
    startWith,
  }) => {
    const talk = await startWith("frame = 'numpy'\ndef fit(df): return 1", {
      columns: columnsOf({ at: "timestamp" }),
    });
    const fits = await talk.fit({ used: { at: [Number.POSITIVE_INFINITY] } }, { used: { at: [0] } });
    expect(fits[0]!.error).toMatchObject({ code: "values_unsupported" });
    expect(fits[0]!.error!.message).toContain("column at has an infinite timestamp");
    expect(fits[1]!.error).toBeNull();
  });

  test.for([
    ["pandas", "date", 1e17],
    ["numpy", "timestamp", -9.3e15],
    ["arrow", "date", 2e17],
  ] as const)(
    "a day that a frame of %s cannot hold is no other day (%s)",
    async ([frame, type, ms], { startWith }) => {
      const talk = await startWith(`frame = "${frame}"\ndef fit(df): return str(df["at"])`, {
        columns: columnsOf({ at: type }),
      });
      const [fit] = await talk.fit({ used: { at: [ms] } });
      expect(fit!.error).toMatchObject({ code: "values_unsupported" });
      expect(fit!.error!.message).toContain(`column at has a ${type} too far from 1970 for the frame; leave`);
    },
  );

  test("a day long after those of pandas is itself in arrow", async ({ startWith }) => {
    const talk = await startWith('frame = "arrow"\ndef fit(df): return 1, {"days": df["at"][0].value}', {
      columns: columnsOf({ at: "date" }),
    });
    const [far, before] = await talk.fit({ used: { at: [1e17] } }, { used: { at: [-1] } });
    expect([far!.metrics, before!.metrics]).toEqual([{ days: Math.floor(1e17 / 86_400_000) }, { days: -1 }]);
  });

  test("models are the bytes that pickle makes, and plain joblib loads them", async ({
    startWith,
    python,
  }) => {
    const talk = await startWith(OWN_DUMP);
    const fits = await talk.fit(
      ...[0, 1, 2].map((i) => ({ used: { x: [1, 2, 3, 4], y: [3.1, 5, 7, 9 + i] } })),
    );
    for (const [i, { model }] of fits.entries()) {
      expect(createHash("sha256").update(model!).digest("hex")).toBe(talk.textOf(0, i).trim());
      const said = loadByJoblib(
        python,
        [model!],
        "print(model['linear'].coef_.tolist(), *model['linear'].feature_names_in_)",
      );
      expect(said).toMatch(/^\[[12]\.\d+\] x$/);
    }
  });

  test("scikit-learn's classes are fitted and predict", async ({ start }) => {
    const talk = start();
    const trainer = {
      class: "sklearn.linear_model.LinearRegression",
      target: "y",
      features: ["x"],
      weights: null,
    };
    expect(await talk.init({ kind: "sklearn", ...trainer })).toEqual({ type: "ready" });
    const line = { used: { x: [1, 2, 3, 4], y: [3, 5, 7, 9] } };
    const [fit] = await talk.fit({ ...line, heldOut: { x: [5, 6, 7], y: [11, 13, 15] } });
    expect(fit).toMatchObject({ error: null, className: "sklearn.linear_model.LinearRegression" });
    expect(fit!.readable).toMatchObject({ class: "sklearn.linear_model.LinearRegression" });
    expect(fit!.metrics["holdout_r2"]).toBeCloseTo(1, 12);
    const [predicted] = await talk.predict([fit!.model!], [0], [{ used: { x: [10], y: [0] } }]);
    expect((predicted as Cells)["prediction"]![0]).toBeCloseTo(21, 12);
  });
}

/** A trainer that prints the hash of its model as pickle dumps it. */
const OWN_DUMP = `
import hashlib, pickle, numpy as np
from sklearn.linear_model import LinearRegression

def fit(df):
    linear = LinearRegression().fit(df[["x"]], df["y"])
    model = {"linear": linear, "matrix": np.asfortranarray(np.ones((3, 2))), "names": np.array(["a", None], object),
             "frame": df, "tuple": (1, "ä", b"x" * 100_000)}
    print(hashlib.sha256(pickle.dumps(model, 5)).hexdigest())
    return model
`;

type Shown = Readonly<Record<string, readonly [type: string, values: readonly unknown[]]>>;

/** For each kind the two partitions. */
function expectedColumns(text: TextType): Record<keyof typeof TRAINERS, readonly [Shown, Shown]> {
  const full = {
    number: [0.1, -0],
    größe: [2 ** 53 - 1, -7],
    flag: [true, false],
    text: ["", "žluťoučký 𝄞"],
  };
  const times = {
    day: ["1969-12-31T00:00:00", "2024-10-04T00:00:00"],
    at: ["1969-12-31T23:59:59.999999", "2023-11-14T22:13:20.123457"],
  };
  const holed = { größe: [null, 3, null], flag: [null, true, false], text: [null, "", "a"] };
  const holedTimes = {
    day: [null, "1970-01-01T00:00:00", "1970-01-02T00:00:00"],
    at: [null, "1970-01-01T00:00:00", "1970-01-01T00:00:00.001000"],
  };
  const nan = ["NaN", "NaN", 1];
  const dates = {
    full: times.day.map((time) => time.slice(0, 10)),
    holed: [null, "1970-01-01", "1970-01-02"],
  };
  const typed = (
    types: Readonly<Record<string, string>>,
    values: Readonly<Record<string, readonly unknown[]>>,
  ): Shown =>
    Object.fromEntries(Object.entries(types).map(([name, type]) => [name, [type, values[name]!] as const]));
  const names = (types: readonly string[]) =>
    Object.fromEntries(COLUMNS.map(({ name }, i) => [name, types[i]!]));
  const us = "datetime64[us]";
  const micro = (time: unknown) => (time === null ? "NaT" : String(time).padEnd(20, ".").padEnd(26, "0"));
  return {
    pandas: [
      typed(names(["float64", "int64", "bool", us, us, text]), { ...full, ...times }),
      typed(names(["float64", "Int64", "boolean", us, us, text]), {
        ...{ ...holed, ...holedTimes, number: nan },
        // NULL among texts is NaN in pandas 3.
        ...(text === "str" ? { text: ["NaN", "", "a"] } : {}),
      }),
    ],
    numpy: [
      typed(names(["float64", "int64", "bool", us, us, "object"]), {
        ...full,
        day: times.day.map(micro),
        at: times.at.map(micro),
      }),
      typed(names(["float64", "float64", "float64", us, us, "object"]), {
        number: nan,
        größe: ["NaN", 3, "NaN"],
        flag: ["NaN", 1, 0],
        day: holedTimes.day.map(micro),
        at: holedTimes.at.map(micro),
        text: holed.text,
      }),
    ],
    arrow: [
      typed(names(["double", "int64", "bool", "date32[day]", "timestamp[us]", "string"]), {
        ...full,
        ...times,
        day: dates.full,
      }),
      typed(names(["double", "int64", "bool", "date32[day]", "timestamp[us]", "string"]), {
        ...{ ...holed, ...holedTimes, day: dates.holed },
        number: [null, "NaN", 1],
      }),
    ],
    polars: [
      typed(
        names(["Float64", "Int64", "Boolean", "Date", "Datetime(time_unit='us', time_zone=None)", "String"]),
        {
          ...{ ...full, ...times, day: dates.full },
        },
      ),
      typed(
        names(["Float64", "Int64", "Boolean", "Date", "Datetime(time_unit='us', time_zone=None)", "String"]),
        {
          ...{ ...holed, ...holedTimes, day: dates.holed },
          number: [null, "NaN", 1],
        },
      ),
    ],
  };
}
