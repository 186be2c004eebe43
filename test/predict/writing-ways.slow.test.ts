import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openDuckdb } from "../../src/duckdb/duckdb.ts";
import { findTable } from "../../src/predict/find-table.ts";
import { createInput } from "../../src/predict/input.ts";
import { inputRelation } from "../../src/predict/input-relation.ts";
import { linearValues } from "../../src/predict/linear-values.ts";
import { neededColumns, neededNames } from "../../src/predict/needed-columns.ts";
import { checkOutputFile } from "../../src/predict/output-file.ts";
import { createRunLookup } from "../../src/predict/run-lookup.ts";
import { fitsSorting } from "../../src/predict/sorted-rows.ts";
import { trainedRunFrom } from "../../src/predict/trained-run.ts";
import { writePredictions } from "../../src/predict/write-predictions.ts";
import { predictRequestFrom } from "../../src/predict-options.ts";
import { openRun } from "../../src/store/open-run.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { csv, parquet, predicted, sql, trained } from "./trained.ts";

const ROWS = 600_000;

/** Keys in no order: most have a model, one in ten has none, one was skipped, some are NULL; features have gaps. */
const SOURCE = `select i as n, case when i % 97 = 0 then null else hash(i) % 55 end::bigint as k,
  case when i % 31 = 0 then null else sin(i) end as x, 'note ' || i as note, [i] as list
  from range(${ROWS}) t(i)`;

let run = "";

beforeAll(async () => {
  run = await trained({
    source: await parquet(
      "select (i % 50)::bigint as k, sin(i) as x, 2 * sin(i) + (i % 7) as y from range(2000) t(i) union all select 51, 1, 1",
    ),
    by: "k",
    trainer: linearRegression({ target: "y", features: ["x"] }),
  });
});

/** Predicts in one of the two ways, whatever the size is. */
async function written(source: string, isSorted: boolean) {
  const duckdb = await openDuckdb({ threads: 4, memoryBytes: 2e9, tempFolder: temporaryFolder() });
  const connection = await duckdb.connect();
  try {
    const opened = await openRun(run);
    const trainedRun = await trainedRunFrom(opened);
    await opened.close();
    const out = join(temporaryFolder(), "out.parquet");
    const request = predictRequestFrom({ run, source, out });
    const found = await findTable(request.source, neededNames(trainedRun), connection);
    const form = { format: found.format, dialect: found.dialect };
    const columns = neededColumns(trainedRun, { form, columns: found.columns, types: {} });
    const input = await createInput(found, columns, { where: null, to: "parquet" }, connection);
    const relation = await inputRelation(input, trainedRun, [source], connection);
    const lookup = await createRunLookup(trainedRun, connection);
    const summary = await writePredictions(
      {
        input,
        rows: { relation, lookup, values: linearValues(1) },
        output: await checkOutputFile(out, false),
        fields: trainedRun.manifest.keys,
        fileColumn: null,
        isSorted,
      },
      connection,
      { onWriting: () => undefined, checkRead: async () => undefined },
    );
    return { out, summary };
  } finally {
    connection.close();
    duckdb.close();
  }
}

/** A number that tells every value of every row in its place. */
async function contentOf(file: string): Promise<unknown> {
  const [row] = await sql<{ rows: number; content: string }>(
    `select count(*)::integer as rows, sum(hash(t))::varchar as content
     from (select *, file_row_number as place from read_parquet('${file}', file_row_number = true)) t`,
  );
  return row;
}

describe("rows that are sorted whole and rows that predictions are laid beside", () => {
  test("are the same to the last bit, in the order of the source, and counted alike", async () => {
    const source = await parquet(SOURCE);
    const [sorted, beside] = [await written(source, true), await written(source, false)];
    expect(await contentOf(sorted.out)).toEqual(await contentOf(beside.out));
    expect(sorted.summary).toEqual(beside.summary);
    expect(Object.keys(sorted.summary.reasons).sort()).toEqual([
      "not_fitted: skipped too_few_rows",
      "null_feature",
      "unknown_key",
    ]);
    const places = await sql<{ displaced: number; rows: number }>(
      `select count(*) filter (n <> file_row_number)::integer as displaced, count(*)::integer as rows
       from read_parquet('${sorted.out}', file_row_number = true)`,
    );
    expect(places).toEqual([{ displaced: 0, rows: ROWS }]);
  });

  test("are the same from text, too", async () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, i) => `${i},${(i * 7) % 60},${i % 31 === 0 ? "" : i / 7},n${i}`,
    );
    const source = csv(["n,k,x,note", ...lines]);
    const [sorted, beside] = [await written(source, true), await written(source, false)];
    expect(await contentOf(sorted.out)).toEqual(await contentOf(beside.out));
    expect(sorted.summary).toEqual(beside.summary);
  });
});

test("rows that do not fit into a quarter of DuckDB's memory are not sorted whole", async () => {
  const source = await parquet(SOURCE);
  const fits = async (memoryBytes: number): Promise<boolean> => {
    const duckdb = await openDuckdb({ threads: 1, memoryBytes, tempFolder: temporaryFolder() });
    const connection = await duckdb.connect();
    const found = await findTable(predictRequestFrom({ run, source, out: "o.csv" }).source, [], connection);
    const input = await createInput(found, [], { where: null, to: "parquet" }, connection);
    const answer = await fitsSorting({ ...input, columns: new Array(5).fill(null) }, ROWS, connection);
    duckdb.close();
    return answer;
  };
  expect(await fits(2 ** 30)).toBe(true);
  expect(await fits(2 ** 27)).toBe(false);
});

test("files are read in their order when there are several", async () => {
  const folder = temporaryFolder();
  const parts = Array.from({ length: 12 }, (_, part) => {
    return `copy (select n, k, x from (${SOURCE}) where n // 1000 = ${part} order by n) to '${folder}/${part}.parquet'`;
  });
  await sql(parts.join("; "));
  const { file } = await predicted({ run, source: folder }, "parquet");
  const rows = await sql<{ n: number }>(
    `select n::integer as n from read_parquet('${file}', file_row_number = true) order by file_row_number`,
  );
  const inOrder = Array.from({ length: 12 }, (_, part) => String(part)).sort();
  expect(rows.map(({ n }) => n)).toEqual(
    inOrder.flatMap((part) => Array.from({ length: 1000 }, (_, i) => Number(part) * 1000 + i)),
  );
});
