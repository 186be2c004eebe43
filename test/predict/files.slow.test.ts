import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { ManyfitError } from "../../src/errors.ts";
import { files } from "../../src/job/files.ts";
import { type Prediction, predict } from "../../src/predict.ts";
import type { PredictOptions } from "../../src/predict-options.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { writtenFolder } from "../trainer/written-trainer.ts";
import { csv, sql, trained } from "./trained.ts";

const trainer = linearRegression({ target: "y", features: ["x"] });

/** Files of three rows each in a folder of their own, on the lines y = x, y = 2 x and y = 3 x. */
let run = "";

beforeAll(async () => {
  const rows = (slope: number): string[] => ["x,y", ...[1, 2, 3].map((x) => `${x},${slope * x}`)];
  run = await trained({
    source: folderOf({ "a.csv": rows(1), "b.csv": rows(2), "sub/c.csv": rows(3) }),
    perFile: true,
    trainer,
  });
});

/** A folder with these files; lines are joined, bytes are written as they are. */
function folderOf(contents: Readonly<Record<string, readonly string[] | Buffer>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), Buffer.isBuffer(content) ? content : `${content.join("\n")}\n`);
  }
  return folder;
}

async function predictedCsv(
  options: Omit<PredictOptions, "run" | "out"> & { readonly run?: string },
): Promise<{ readonly summary: Prediction; readonly lines: string[] }> {
  const summary = await predict({ run, ...options, out: join(temporaryFolder(), "out.csv") });
  return { summary, lines: readFileSync(summary.file, "utf8").trimEnd().split("\n") };
}

async function refusal(options: Omit<PredictOptions, "run" | "out">): Promise<ManyfitError> {
  const folder = temporaryFolder();
  try {
    await predict({ run, ...options, out: join(folder, "out.csv") });
  } catch (error) {
    expect(readdirSync(folder)).toEqual([]);
    expect(error).toBeInstanceOf(ManyfitError);
    return error as ManyfitError;
  }
  throw new Error("nothing was refused");
}

describe("rows of files with a model each", () => {
  test("stand under the keys of their files, columns by name, and all that the files share", async () => {
    const source = folderOf({
      "a.csv": ["x,note,only_a", "10,first,1", "20,second,2"],
      "b.csv": ["note,x", "third,10"],
      "sub/c.csv": ["more,x,note", "?,10,fourth"],
      "sub/new.csv": ["x,note", "10,fifth"],
    });
    const { summary, lines } = await predictedCsv({ source });
    expect(lines.map((line) => line.replace(/(\d)\.0*\d*(?=,|$)/g, "$1"))).toEqual([
      "file,x,note,prediction,prediction_reason",
      "a.csv,10,first,10,",
      "a.csv,20,second,20,",
      "b.csv,10,third,20,",
      "sub/c.csv,10,fourth,30,",
      "sub/new.csv,10,fifth,,unknown_key",
    ]);
    expect(summary).toMatchObject({
      ...{ rows: 5, predicted: 4, reasons: { unknown_key: 1 } },
      ...{ examples: { unknown_key: ["file=sub/new.csv"] } },
      ...{ columnsLeftOut: ["only_a", "more"], filesLeftOut: [] },
    });
  });

  test("are the same from Parquet to Parquet, whatever the numbers' types in each file", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "sub"));
    const select: Readonly<Record<string, string>> = {
      "a.csv": "select 10::bigint as x, 'first' as note, 1::integer as n",
      "b.csv": "select 'third' as note, 10.5::double as x, 1::double as n",
      "sub/c.csv": "select 7::tinyint as more, 10::decimal(9,1) as x, 'fourth' as note, 2::integer as n",
    };
    for (const [name, query] of Object.entries(select)) {
      await sql(`copy (${query}) to '${join(folder, name.replace("csv", "parquet"))}' (format parquet)`);
    }
    const parquetRun = await trained({
      source: await parquetFolder("select x::double as x, (SLOPE * x)::double as y from range(4) t(x)"),
      perFile: true,
      trainer,
    });
    const out = join(temporaryFolder(), "out.parquet");
    const { columnsLeftOut } = await predict({ run: parquetRun, source: folder, out });
    const rows = await sql(`select * replace (round(prediction, 9) as prediction) from '${out}'`);
    expect(rows).toEqual([
      { file: "a.parquet", x: 10, note: "first", prediction: 10, prediction_reason: null },
      { file: "b.parquet", x: 10.5, note: "third", prediction: 21, prediction_reason: null },
      { file: "sub/c.parquet", x: 10, note: "fourth", prediction: 30, prediction_reason: null },
    ]);
    expect(columnsLeftOut.toSorted()).toEqual(["more", "n"]);
  });

  test("come from NDJSON and from files with another dialect, too", async () => {
    const json = folderOf({ "a.ndjson": ['{"x": 5}', '{"x": null}'], "b.ndjson": ['{"x": 5, "n": 1}'] });
    const other = await predictedCsv({ source: json });
    expect(other.summary).toMatchObject({ rows: 3, reasons: { unknown_key: 3 } });
    const source = folderOf({ "a.csv": ["x;z", "1,5;-"], "b.csv": ["z;x", "NA;NA", ";2,5"] });
    const { lines } = await predictedCsv({
      source: files(source, { delimiter: ";", decimal: ",", nullText: "NA" }),
    });
    expect(lines.map((line) => line.replace(/(\d\.\d)0*\d*(?=,|$)/g, "$1"))).toEqual([
      "file,x,z,prediction,prediction_reason",
      'a.csv,"1,5",-,1.5,',
      "b.csv,NA,NA,,null_feature",
      'b.csv,"2,5",,5.0,',
    ]);
  });

  test("are called file_key where the files have a column of that name", async () => {
    const both = await predictedCsv({ source: folderOf({ "a.csv": ["x,File", "1,u"] }) });
    expect(both.lines[0]).toBe("file_key,x,File,prediction,prediction_reason");
    const error = await refusal({ source: folderOf({ "a.csv": ["x,file,file_key", "1,u,v"] }) });
    expect(error.message).toContain("source has the columns file and file_key");
  });

  test("may be none: a file with a header alone, or all of them", async () => {
    const one = await predictedCsv({ source: folderOf({ "a.csv": ["x"], "b.csv": ["x", "1"] }) });
    expect(one.summary).toMatchObject({ rows: 1, predicted: 1 });
    const all = await predictedCsv({ source: folderOf({ "a.csv": ["x"], "b.csv": ["x"] }) });
    expect(all.lines).toEqual(["file,x,prediction,prediction_reason"]);
    expect(all.summary).toMatchObject({ rows: 0, predicted: 0, reasons: {} });
  });
});

/** Files whose beginnings say what is wrong with them, and files in which it is seen only when they are read. */
const BAD: Readonly<Record<string, readonly string[] | Buffer>> = {
  "bad/cut.csv.gz": gzipSync(`x\n${"1\n".repeat(9999)}`).subarray(0, 30),
  "bad/empty.csv": Buffer.alloc(0),
  "bad/other.csv": ["z", "1"],
  "bad/ragged.csv": ["x,y", "1,2", "1,2,3"],
  "bad/text.csv": ["x", "1", "abc"],
  "bad/text2.csv": ["x", "1", "1", "abcd"],
  "bad/trailer.csv.gz": gzipSync(`x\n${"1\n".repeat(9999)}`).subarray(0, -8),
  "bad/twins.csv": ["x,X", "1,2"],
};
const GOOD = { "a.csv": ["x", "1", "2"], "b.csv": ["x", "1"], "sub/c.csv": ["x", "1"] };

describe("files that cannot be read", () => {
  test("are all named, by their causes, before anything is written", async () => {
    const source = folderOf({ ...GOOD, ...BAD });
    const error = await refusal({ source });
    expect(error.code).toBe("source_unreadable");
    expect(error.message).toMatch(/^source has 8 of 11 files whose rows cannot be predicted: /);
    for (const name of Object.keys(BAD)) expect(error.message).toContain(join(source, name));
    for (const name of Object.keys(GOOD)) expect(error.message).not.toContain(join(source, name));
    expect(error.message).toContain(
      `2 files (${join(source, "bad/text.csv")}, ${join(source, "bad/text2.csv")}): row 2: column "x" has "abc", which is not a number`,
    );
    const { errors } = error.cause as AggregateError;
    expect(errors).toHaveLength(8);
  });

  test("are left out and told where that is asked for, and change nothing for the others", async () => {
    const source = folderOf({ ...GOOD, ...BAD });
    const { summary, lines } = await predictedCsv({ source, skipUnreadable: true });
    const { lines: alone } = await predictedCsv({ source: folderOf(GOOD) });
    expect(lines).toEqual(alone);
    expect(summary).toMatchObject({ rows: 4, predicted: 4 });
    expect(summary.filesLeftOut.map(({ file }) => file).sort()).toEqual(
      Object.keys(BAD).map((name) => join(source, name)),
    );
  });

  test("are found in Parquet by footer, by columns and where pages are broken", async () => {
    const parquetRun = await trained({
      source: await parquetFolder("select x::double as x, (SLOPE * x)::double as y from range(4) t(x)"),
      perFile: true,
      trainer,
    });
    const folder = await parquetFolder("select x::double as x, x::varchar as note from range(50000) t(x)");
    truncateSync(join(folder, "a.parquet"), 200);
    const broken = join(folder, "b.parquet");
    const bytes = readFileSync(broken);
    writeFileSync(broken, bytes.fill(0x55, 100, 4000));
    await sql(`copy (select 'u' as x) to '${join(folder, "text.parquet")}' (format parquet)`);
    await sql(`copy (select 1 as y) to '${join(folder, "lacks.parquet")}' (format parquet)`);
    const out = join(temporaryFolder(), "out.parquet");
    await expect(predict({ run: parquetRun, source: folder, out })).rejects.toMatchObject({
      code: "source_unreadable",
      message: expect.stringMatching(/^source has 4 of 5 files/),
    });
    const { rows, filesLeftOut } = await predict({
      run: parquetRun,
      source: folder,
      out,
      skipUnreadable: true,
    });
    expect(rows).toBe(50_000);
    expect(
      new Map(filesLeftOut.map(({ file, problem }) => [file, problem])).get(join(folder, "text.parquet")),
    ).toBe('column "x" is VARCHAR, in the largest file it is DOUBLE; convert the file');
  });

  test("do not come before a trainer of the user's", async () => {
    const module = join(
      writtenFolder({
        "trainer.ts": `import { defineTrainer } from "manyfit";
export default defineTrainer({
  columns: ["x"],
  fit: () => ({ model: 2 }),
  predict: ({ table, model }) => ({ twice: table.numbers("x").map((x) => x * model) }),
});
`,
      }),
      "trainer.ts",
    );
    const source = folderOf({ ...GOOD, ...BAD });
    const moduleRun = await trained({
      source: folderOf(GOOD),
      perFile: true,
      trainer: { module, params: {} },
    });
    const { summary, lines } = await predictedCsv({
      run: moduleRun,
      source,
      skipUnreadable: true,
      workers: 0,
    });
    expect(lines).toEqual([
      "file,x,twice,prediction_reason",
      ...["a.csv,1,2.0,", "a.csv,2,4.0,", "b.csv,1,2.0,", "sub/c.csv,1,2.0,"],
    ]);
    expect(summary.filesLeftOut).toHaveLength(8);
  });

  test("are no files at all when none can be read", async () => {
    const error = await refusal({ source: folderOf(BAD), skipUnreadable: true });
    expect(error.code).toBe("source_unreadable");
  });

  test("cannot be left out of a table", async () => {
    const byKey = await trained({
      source: csv(["k,x,y", "u,1,1", "u,2,2"]),
      by: "k",
      trainer,
    });
    const out = join(temporaryFolder(), "out.csv");
    const options = { run: byKey, source: csv(["k,x", "u,1"]), out, skipUnreadable: true };
    await expect(predict(options)).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining("of runs with one model per file only"),
    });
  });
});

test("two thousand files, some with other columns, are one prediction", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [
      `${String(i).padStart(4, "0")}.csv`,
      [i % 100 === 0 ? "z,x" : "x,z", ...Array.from({ length: 5 }, (_, row) => `${row},${row}`)],
    ]),
  );
  const { summary } = await predictedCsv({ source: folderOf(many) });
  expect(summary).toMatchObject({ rows: 10_000, reasons: { unknown_key: 10_000 } });
});

/** The files a, b and sub/c of a folder; SLOPE is 1, 2 and 3. */
async function parquetFolder(query: string): Promise<string> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "sub"));
  for (const [i, name] of ["a", "b", "sub/c"].entries()) {
    const path = join(folder, `${name}.parquet`);
    await sql(`copy (${query.replace("SLOPE", String(i + 1))}) to '${path}' (format parquet)`);
  }
  return folder;
}
