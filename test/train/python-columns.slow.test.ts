import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { quoteText } from "../../src/duckdb/quote.ts";
import { test } from "../python/python-test.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { trainPython } from "./train-python.ts";

/** Three rows of one key: the second has NULL wherever a column has one at all. */
const CSV = `k,whole,maybe,real,flag,perhaps,day,at,name
a,1,1,1.5,true,true,2001-02-03,2001-02-03 04:05:06.789,some
a,2,,,false,,,,
a,3,3,nan,true,false,1969-12-31,1969-12-31 23:59:59.999,""
`;

const NDJSON = `{"k":"a","whole":1,"maybe":1,"real":1.5,"flag":true,"perhaps":true,"day":"2001-02-03","at":"2001-02-03 04:05:06.789","name":"some"}
{"k":"a","whole":2,"maybe":null,"real":null,"flag":false,"perhaps":null,"day":null,"at":null,"name":null}
{"k":"a","whole":3,"maybe":3,"real":2.5,"flag":true,"perhaps":false,"day":"1969-12-31","at":"1969-12-31 23:59:59.999","name":""}
`;

const PARQUET = `
  select * from (values
    ('a', 1::integer, 1::bigint, 1.5::double, true, true, date '2001-02-03', timestamp '2001-02-03 04:05:06.789', 'some'),
    ('a', 2, null, null, false, null, null, null, null),
    ('a', 3, 3, 'nan'::double, true, false, date '1969-12-31', timestamp '1969-12-31 23:59:59.999', '')
  ) t(k, whole, maybe, "real", flag, perhaps, "day", "at", name)`;

const DAYS = ["2001-02-03", "1969-12-31"] as const;
const TIMES = ["2001-02-03T04:05:06.789", "1969-12-31T23:59:59.999"] as const;
const day = (missing: string) => [`${DAYS[0]}T00:00:00`, missing, `${DAYS[1]}T00:00:00`];
const at = (missing: string) => [TIMES[0], missing, TIMES[1]];

/** What stands in `df`: type and values of each column. NDJSON has no NaN, and 2.5 in its place; CSV has no empty text. */
const FOUND = {
  pandas: {
    whole: ["int64", ["1", "2", "3"]],
    maybe: ["Int64", ["1", "NA", "3"]],
    real: ["float64", ["1.5", "nan", "nan"]],
    flag: ["bool", ["True", "False", "True"]],
    perhaps: ["boolean", ["True", "NA", "False"]],
    day: ["datetime64[us]", day("NaT")],
    at: ["datetime64[us]", at("NaT")],
    name: ["str", ["'some'", "nan", "''"]],
  },
  numpy: {
    whole: ["int64", ["1", "2", "3"]],
    maybe: ["float64", ["1.0", "nan", "3.0"]],
    real: ["float64", ["1.5", "nan", "nan"]],
    flag: ["bool", ["True", "False", "True"]],
    perhaps: ["float64", ["1.0", "nan", "0.0"]],
    day: ["datetime64[us]", day("NaT")],
    at: ["datetime64[us]", at("NaT")],
    name: ["object", ["'some'", "None", "''"]],
  },
  arrow: {
    whole: ["int64", ["1", "2", "3"]],
    maybe: ["int64", ["1", "None", "3"]],
    real: ["double", ["1.5", "None", "nan"]],
    flag: ["bool", ["True", "False", "True"]],
    perhaps: ["bool", ["True", "None", "False"]],
    day: ["date32[day]", [DAYS[0], "None", DAYS[1]]],
    at: ["timestamp[us]", at("None")],
    name: ["string", ["'some'", "None", "''"]],
  },
  polars: {
    whole: ["Int64", ["1", "2", "3"]],
    maybe: ["Int64", ["1", "None", "3"]],
    real: ["Float64", ["1.5", "None", "nan"]],
    flag: ["Boolean", ["True", "False", "True"]],
    perhaps: ["Boolean", ["True", "None", "False"]],
    day: ["Date", [DAYS[0], "None", DAYS[1]]],
    at: ["Datetime(time_unit='us', time_zone=None)", at("None")],
    name: ["String", ["'some'", "None", "''"]],
  },
} as const;

/** Writes down what it is given, as `repr` has it, times as ISO texts. */
const trainer = (frame: string, out: string): string => `
import datetime, json
import numpy as np

columns = ["whole", "maybe", "real", "flag", "perhaps", "day", "at", "name"]
frame = ${JSON.stringify(frame)}


def shown(value):
    if str(value) in ("NaT", "<NA>", "nan"):
        return str(value).strip("<>")
    if isinstance(value, np.datetime64):
        value = value.item()
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return repr(value.item() if isinstance(value, np.generic) else value)


def fit(df):
    found = {}
    for name in columns:
        values = df[name]
        kind = values.type if frame == "arrow" else values.dtype
        listed = values.to_pylist() if frame == "arrow" else list(values)
        found[name] = [str(kind), [shown(value) for value in listed]]
    with open(${JSON.stringify(out)}, "w") as file:
        json.dump(found, file)
    return 1
`;

async function sourceOf(format: "csv" | "ndjson" | "parquet"): Promise<string> {
  const path = join(temporaryFolder(), `all.${format}`);
  if (format !== "parquet") writeFileSync(path, format === "csv" ? CSV : NDJSON);
  else {
    const duckdb = await openTestDuckdb();
    const connection = await duckdb.connect();
    await connection.run(`copy (${PARQUET}) to ${quoteText(path)} (format parquet)`);
    connection.close();
    duckdb.close();
  }
  return path;
}

describe.each(["csv", "ndjson", "parquet"] as const)("a Python trainer gets of %s", (format) => {
  for (const partitioning of [{ by: "k" }, { perFile: true }] as const) {
    // Files come to workers by another way, behind which all frames are made alike.
    const frames =
      "by" in partitioning ? (["pandas", "numpy", "arrow", "polars"] as const) : (["arrow"] as const);
    test.for(frames)(
      `every type with NULL where it was, in %s, ${"by" in partitioning ? "by key" : "per file"}`,
      { timeout: 60_000 },
      async (frame, { python }) => {
        const out = join(temporaryFolder(), "found.json");
        const options = { source: await sourceOf(format), ...partitioning, python, workers: 1 };
        const { outcomes } = await trainPython(
          trainer(frame, out),
          options as typeof options & { by: string },
        );
        expect([...outcomes.values()]).toMatchObject([{ state: "fitted", message: null }]);
        const { real, name } = FOUND[frame];
        const expected = {
          ...FOUND[frame],
          real: format === "ndjson" ? [real[0], [real[1][0], real[1][1], "2.5"]] : real,
          name: format === "csv" ? [name[0], [name[1][0], name[1][1], name[1][1]]] : name,
        };
        expect(JSON.parse(readFileSync(out, "utf8"))).toEqual(expected);
      },
    );
  }
});
