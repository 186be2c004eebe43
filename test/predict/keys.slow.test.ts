import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { files } from "../../src/job/files.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { csv, parquet, predicted, sql, trained } from "./trained.ts";

const trainer = linearRegression({ target: "y", features: ["x"] });

/** A type of keys: SQL literals of three keys, the third of which is not trained, and their texts in a CSV. */
interface KeyCase {
  readonly type: string;
  readonly literals: readonly [string, string, string];
  readonly texts: readonly [string, string, string];
}

const CASES: readonly KeyCase[] = [
  { type: "BIGINT", literals: ["1", "-7", "2"], texts: ["001", " -7", "2"] },
  {
    type: "UBIGINT",
    literals: ["18446744073709551615", "0", "18446744073709551614"],
    texts: ["18446744073709551615", "0", "18446744073709551614"],
  },
  { type: "DECIMAL(9,2)", literals: ["1.50", "-0.25", "1.51"], texts: ["1.5", "-0.250", "1.51"] },
  { type: "DOUBLE", literals: ["'nan'", "-0.0", "0.1"], texts: ["NaN", "0", "0.1"] },
  { type: "VARCHAR", literals: ["'001'", "'ä'", "'1'"], texts: ["001", "ä", "1"] },
  { type: "BOOLEAN", literals: ["true", "false", "null"], texts: ["true", "false", ""] },
  {
    type: "DATE",
    literals: ["'2024-02-29'", "'1969-12-31'", "'2024-03-01'"],
    texts: ["2024-02-29", "1969-12-31", "2024-03-01"],
  },
  {
    type: "TIMESTAMP",
    literals: ["'2024-02-29 12:00:00.000001'", "'1969-12-31 23:59:59'", "'2024-02-29 12:00:00'"],
    texts: ["2024-02-29 12:00:00.000001", "1969-12-31T23:59:59", "2024-02-29 12:00:00"],
  },
  {
    type: "TIMESTAMPTZ",
    literals: ["'2024-02-29 12:00:00+00'", "'1969-12-31 23:59:59+00'", "'2024-02-29 12:00:01+00'"],
    texts: ["2024-02-29 13:00:00+01", "1969-12-31 23:59:59Z", "2024-02-29 12:00:01+00"],
  },
];

/** Ten rows for each of two keys, on the lines `y = x` and `y = 2 x`. */
async function trainedOn({ type, literals }: KeyCase): Promise<string> {
  const source = await parquet(
    `select if(i % 2 = 0, ${literals[0]}::${type}, ${literals[1]}::${type}) as k, i::double as x,
       ((i % 2 + 1) * i)::double as y from range(20) t(i)`,
  );
  return trained({ source, by: "k", trainer });
}

function rounded(rows: readonly { readonly prediction: number | null }[]): (number | null)[] {
  return rows.map(({ prediction }) => (prediction === null ? null : Math.round(prediction * 1e9) / 1e9));
}

describe("keys find their models", () => {
  test.each(CASES)("of type $type from CSV and from Parquet", async (keyCase) => {
    const run = await trainedOn(keyCase);
    const { type, literals, texts } = keyCase;
    const sources = [
      csv(["k,x", ...texts.map((text) => `"${text}",100`)]),
      await parquet(
        `select unnest([${literals.map((literal) => `${literal}::${type}`).join(", ")}]) as k, 100.0 as x`,
      ),
    ];
    for (const source of sources) {
      const { file } = await predicted({ run, source }, "parquet");
      const rows = await sql<{ prediction: number | null; prediction_reason: string | null }>(
        `select prediction, prediction_reason from '${file}'`,
      );
      expect(rounded(rows)).toEqual([100, 200, null]);
      expect(rows.map((row) => row.prediction_reason)).toEqual([null, null, "unknown_key"]);
    }
  });

  test("of text read from a run of CSV, where 1 is not 001", async () => {
    const run = await trained({
      source: csv(["k,x,y", "001,1,1", "001,2,2", "2,1,2", "2,2,4"]),
      by: "k",
      trainer,
    });
    const { file } = await predicted({ run, source: csv(["k,x", "001,5", "1,5", "2,5"]) }, "csv");
    const rows = await sql<{ prediction: number | null }>(`select prediction from read_csv('${file}')`);
    expect(rounded(rows)).toEqual([5, null, 10]);
  });

  test("where NULL is a key of several columns, and text without letters is NULL as in training", async () => {
    const run = await trained({
      source: csv(["a,b,x,y", "u,,1,1", "u,,2,2", ",,1,2", ",,2,4", "u,v,1,3", "u,v,2,6"]),
      by: ["a", "b"],
      trainer,
    });
    const { file } = await predicted(
      { run, source: csv(["x,b,a", '5,"",u', "5,,", "5,v,u", "5,v,"]) },
      "csv",
    );
    const rows = await sql<{ prediction: number | null }>(`select prediction from read_csv('${file}')`);
    expect(rounded(rows)).toEqual([5, 10, 15, null]);
  });

  test("under a name that is taken in the tables of the run", async () => {
    const run = await trained({
      source: csv(["state,x,y", "fitted,1,1", "fitted,2,2"]),
      by: "state",
      trainer,
    });
    const { file } = await predicted({ run, source: csv(["state,x", "fitted,7"]) }, "csv");
    const rows = await sql<{ prediction: number | null }>(`select prediction from read_csv('${file}')`);
    expect(rounded(rows)).toEqual([7]);
  });

  test("that are files, by their paths below the folder that is given", async () => {
    const layout = (rows: Readonly<Record<string, readonly string[]>>): string => {
      const folder = temporaryFolder();
      for (const [name, lines] of Object.entries(rows)) {
        mkdirSync(join(folder, name, ".."), { recursive: true });
        writeFileSync(join(folder, name), `${lines.join("\n")}\n`);
      }
      return folder;
    };
    const source = layout({ "a/1.csv": ["x,y", "1,1", "2,2"], "b/1.csv": ["x,y", "1,2", "2,4"] });
    const run = await trained({ source, perFile: true, trainer });
    const rows = layout({ "a/1.csv": ["x", "5"], "b/1.csv": ["x", "5"], "c/1.csv": ["x", "5"] });
    const { file, examples } = await predicted({ run, source: files(rows) }, "csv");
    const found = await sql<{ prediction: number | null }>(`select prediction from read_csv('${file}')`);
    expect(rounded(found)).toEqual([5, 10, null]);
    expect(examples).toEqual({ unknown_key: ["file=c/1.csv"] });
  });

  test("that is a file is that file's own, from whatever folder it is named", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "x"));
    for (const [path, slope] of [
      ["a.csv", 1],
      ["x/a.csv", 100],
    ] as const) {
      writeFileSync(join(folder, path), `x,y\n1,${slope}\n2,${2 * slope}\n3,${3 * slope}\n`);
    }
    const run = await trained({ source: folder, perFile: true, trainer });
    const elsewhere = join(temporaryFolder(), "moved");
    cpSync(folder, elsewhere, { recursive: true });
    const predictionOf = async (source: string) => {
      const { file } = await predicted({ run, source }, "parquet");
      return (await sql<{ p: number }>(`select round(prediction) as p from '${file}'`)).map(({ p }) => p);
    };
    const both = [1, 2, 3, 100, 200, 300];
    expect(await predictionOf(folder)).toEqual(both);
    expect(await predictionOf(join(folder, "x"))).toEqual([100, 200, 300]);
    expect(await predictionOf(join(folder, "x", "a.csv"))).toEqual([100, 200, 300]);
    expect(await predictionOf(elsewhere)).toEqual(both);
  });
});
