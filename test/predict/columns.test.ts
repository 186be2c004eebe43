import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { files } from "../../src/job/files.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { writtenNumbers } from "../source/number-arbitrary.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { csv, parquet, predicted, sql, trained } from "./trained.ts";

/** `y = 2 x + 1` for key 1, `y = 3 x` for key 2. */
const ROWS =
  "select (i % 2 + 1)::bigint as k, i::double as x, if(i % 2 = 0, 2 * i + 1, 3 * i)::double as y from range(20) t(i)";

let run = "";

beforeAll(async () => {
  run = await trained({
    source: await parquet(ROWS),
    by: "k",
    trainer: linearRegression({ target: "y", features: ["x"] }),
  });
});

/** Types of a file's columns in DuckDB's words. */
async function typesOf(file: string): Promise<string[]> {
  const rows = await sql<{ column_name: string; column_type: string }>(`describe select * from '${file}'`);
  return rows.map((row) => `${row.column_name} ${row.column_type}`);
}

describe("CSV to CSV", () => {
  test("gives every field back as it was", async () => {
    const source = csv([
      'id,k,note,x,"odd, name"',
      '007,001,"a ""b"", c",1.50,1e3',
      '008,1,"",1, padded ',
      '009,2,,"2",\u{feff}x',
      '010, 2 ,"two\nlines",+3,NULL',
    ]);
    const { file } = await predicted({ run, source }, "csv");
    expect(readFileSync(file, "utf8")).toBe(
      [
        'id,k,note,x,"odd, name",prediction,prediction_reason',
        '007,001,"a ""b"", c",1.50,1e3,4.0,',
        '008,1,"",1, padded ,3.0,',
        "009,2,,2,\u{feff}x,6.0,",
        '010, 2 ,"two\nlines",+3,NULL,9.0,',
        "",
      ].join("\n"),
    );
  });

  test("takes columns for what they are, whatever the tables behind have of that name", async () => {
    const source = csv(["rowid,k,file,x,s0,s1,position", "2,1,b,1,i,0,9", "0,2,a,2,j,1,8", "0,1,a,3,k,1,7"]);
    const { file } = await predicted({ run, source, where: "rowid <> '1'" }, "csv");
    expect(readFileSync(file, "utf8")).toBe(
      [
        "rowid,k,file,x,s0,s1,position,prediction,prediction_reason",
        "2,1,b,1,i,0,9,3.0,",
        "0,2,a,2,j,1,8,6.0,",
        "0,1,a,3,k,1,7,7.0,",
        "",
      ].join("\n"),
    );
  });

  test("writes gzip where the ending says so", async () => {
    const { file } = await predicted({ run, source: csv(["k,x", "1,1"]) }, "csv.gz");
    expect(gunzipSync(readFileSync(file)).toString("utf8")).toBe(
      "k,x,prediction,prediction_reason\n1,1,3.0,\n",
    );
  });

  test("keeps the rows for which the filter is true, as they were", async () => {
    const source = csv(["k,x,n", "1,1,5", "1,2,15.0", "2,3,", "2,4,25"]);
    const { file, rows } = await predicted({ run, source, where: "n > 10 and k < 3 and x >= 2" }, "csv");
    expect(rows).toBe(2);
    expect(readFileSync(file, "utf8")).toBe(
      "k,x,n,prediction,prediction_reason\n1,2,15.0,5.0,\n2,4,25,12.0,\n",
    );
  });
});

describe("CSV to Parquet", () => {
  test("has keys in the run's types, features as doubles, told columns as told and all others as text", async () => {
    const source = csv(["id,day,k,x", "007,2024-01-31,001,1", '"",,2,2']);
    const { file } = await predicted({ run, source, types: { day: "date" } }, "parquet");
    expect(await typesOf(file)).toEqual([
      "id VARCHAR",
      "day DATE",
      "k BIGINT",
      "x DOUBLE",
      "prediction DOUBLE",
      "prediction_reason VARCHAR",
    ]);
    const found = await sql(`select id, day::varchar as day, k::integer as k, prediction from '${file}'`);
    expect(found).toEqual([
      { id: "007", day: "2024-01-31", k: 1, prediction: 3 },
      { id: "", day: null, k: 2, prediction: 6 },
    ]);
  });
});

describe("Parquet to Parquet", () => {
  test("keeps the types of all columns, and their order", async () => {
    const source = await parquet(
      `select [1, 2] as list, 1::utinyint as k, {'a': 1} as struct, 1.5::decimal(9,2) as x, 'x'::blob as "Odd ""name""",
         timestamptz '2024-01-01 00:00:00+00' as at, time '12:00' as t, uuid() as u`,
    );
    const { file } = await predicted({ run, source }, "parquet");
    expect(await typesOf(file)).toEqual([
      ...(await typesOf(source)),
      "prediction DOUBLE",
      "prediction_reason VARCHAR",
    ]);
    expect(await sql(`select prediction from '${file}'`)).toEqual([{ prediction: 4 }]);
  });

  test("keeps the order of rows over files and row groups, with and without a filter", async () => {
    const query = (from: number): string =>
      `select i::integer as n, (hash(i) % 3)::integer as k, i::double as x from range(${from}, ${from + 150_000}) t(i)`;
    const paths = [
      await parquet(`${query(0)}`, "a.parquet"),
      await parquet(`${query(150_000)}`, "b.parquet"),
    ].sort();
    const starts = paths.map((path) => (path.endsWith("a.parquet") ? 0 : 150_000));
    for (const where of ["true", "n % 3 = 1"]) {
      const { file, rows } = await predicted({ run, source: paths, where }, "parquet");
      const expected = await sql<{ n: number }>(
        `select n from (${query(starts[0]!)}) where ${where} union all select n from (${query(starts[1]!)}) where ${where}`,
      );
      const found = await sql<{ n: number; k: number; prediction: number | null }>(
        `select n, k, prediction from '${file}'`,
      );
      expect(rows).toBe(expected.length);
      expect(found.map((row) => row.n)).toEqual(expected.map((row) => row.n));
      const wrong = found.filter(({ n, k, prediction }) => {
        const fitted = k === 1 ? 2 * n + 1 : 3 * n;
        return k === 0 ? prediction !== null : Math.abs(prediction! - fitted) > 1e-9 * (fitted + 1);
      });
      expect(wrong).toEqual([]);
    }
  });

  test("writes a file without rows for a source without rows", async () => {
    const source = await parquet("select 1 as k, 1.0 as x where false");
    const prediction = await predicted({ run, source }, "parquet");
    expect(prediction).toMatchObject({ rows: 0, predicted: 0, reasons: {} });
    expect(await typesOf(prediction.file)).toHaveLength(4);
  });
});

describe("Parquet to CSV", () => {
  test("writes values as DuckDB does", async () => {
    const source = await parquet(
      "select 1 as k, 1.0 as x, date '2024-01-31' as day, null as nothing, '' as empty",
    );
    const { file } = await predicted({ run, source }, "csv");
    expect(readFileSync(file, "utf8")).toBe(
      'k,x,day,nothing,empty,prediction,prediction_reason\n1,1.0,2024-01-31,,"",3.0,\n',
    );
  });
});

describe("files of one table", () => {
  test("may have other columns besides and in another order: what they share is written, the rest is told", async () => {
    const first = csv(["k,x,a", "1,1,u"], "1.csv");
    const folder = dirname(first);
    writeFileSync(join(folder, "2.csv"), "b,x,k\nv,2,1\n");
    const { file, columnsLeftOut } = await predicted({ run, source: folder }, "csv");
    expect(readFileSync(file, "utf8")).toBe("k,x,prediction,prediction_reason\n1,1,3.0,\n1,2,5.0,\n");
    expect(columnsLeftOut).toEqual(["a", "b"]);
  });

  test("are no rows where there are headers alone", async () => {
    const { file, rows } = await predicted({ run, source: csv(["k,x"]) }, "csv");
    expect(rows).toBe(0);
    expect(readFileSync(file, "utf8")).toBe("k,x,prediction,prediction_reason\n");
    const asParquet = await predicted({ run, source: csv(["k,x,note"]) }, "parquet");
    expect(await typesOf(asParquet.file)).toEqual([
      ...["k BIGINT", "x DOUBLE", "note VARCHAR", "prediction DOUBLE", "prediction_reason VARCHAR"],
    ]);
  });

  test("are read as they are written: fields that stand for NULL, commas before fractions", async () => {
    const source = csv(["k;x;note", "1;1,5;NA", "1;NA;-"]);
    const { file, reasons } = await predicted(
      { run, source: files(source, { decimal: ",", nullText: ["NA", "-"] }) },
      "csv",
    );
    expect(readFileSync(file, "utf8")).toBe(
      'k,x,note,prediction,prediction_reason\n1,"1,5",NA,4.0,\n1,NA,-,,null_feature\n',
    );
    expect(reasons).toEqual({ null_feature: 1 });
    const mixed = csv(["k;x", "1;1,5", "1;1.5"]);
    await expect(predicted({ run, source: files(mixed, { decimal: "," }) }, "csv")).rejects.toThrow(
      'row 2: column "x" has "1.5", which is not a number',
    );
  });

  test.each([".", ","] as const)("are the nearest doubles of numbers with a decimal %s", async (decimal) => {
    const numbers = fc.sample(writtenNumbers, { numRuns: 1000, seed: 2 });
    const source = csv(["k;x", ...numbers.map((x) => `1;${x.replace(".", decimal)}`)]);
    const { file } = await predicted({ run, source: files(source, { delimiter: ";", decimal }) }, "parquet");
    const read = await sql<{ x: number }>(`select x from read_parquet('${file}')`);
    // DuckDB's Parquet writer does not tell -0 from 0.
    expect(read.map(({ x }) => x + 0)).toEqual(numbers.map((x) => Number(x) + 0));
  });

  test("may be NDJSON", async () => {
    const source = join(temporaryFolder(), "rows.ndjson");
    writeFileSync(source, '{"k": 1, "x": 1, "note": "a"}\n{"x": 2.5, "k": "2", "more": [1]}\n{"k": 3}\n');
    const { file, reasons } = await predicted({ run, source }, "csv");
    expect(readFileSync(file, "utf8").split("\n").slice(1)).toEqual([
      ...["1,1,a,,3.0,", "2,2.5,,[1],7.5,", "3,,,,,unknown_key", ""],
    ]);
    expect(reasons).toEqual({ unknown_key: 1 });
    writeFileSync(source, '{"k": 1, "x": 1}\nnull\n');
    await expect(predicted({ run, source }, "csv")).rejects.toThrow(
      `${source}, line 2: is not one JSON object`,
    );
  });
});

test("a filter sees whole numbers of text as they are, and refuses to round one", async () => {
  const source = csv(["k,x,n", ...Array.from({ length: 30_000 }, () => "1,1,2"), "1,1,2.5"]);
  await expect(predicted({ run, source, where: "n = 2" }, "csv")).rejects.toThrow(
    "has a value that is not of type integer; tell another type with --type",
  );
  const { rows } = await predicted({ run, source, where: "n = 2", types: { n: "double" } }, "csv");
  expect(rows).toBe(30_000);
});
