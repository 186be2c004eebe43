import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createLocalEngine } from "../../src/engine/local/local-engine.ts";
import { checkOutputFile } from "../../src/predict/output-file.ts";
import { trainedRunFrom } from "../../src/predict/trained-run.ts";
import { predictWith } from "../../src/predict.ts";
import { predictRequestFrom } from "../../src/predict-options.ts";
import { openRun } from "../../src/store/open-run.ts";
import type { TrainOptions } from "../../src/train-options.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { parquet, predicted, sql, trained } from "./trained.ts";

/** What the rows of one key come to, as the ledger and the models of a run say. */
interface Model {
  readonly state: string;
  readonly reason: string;
  readonly intercept: number;
  readonly coefficients: readonly (number | null)[];
}

interface Row extends Readonly<Record<string, string | number | null>> {
  readonly key: string | null;
  readonly x: number | null;
  readonly z: number | null;
}

interface PredictedRow extends Row {
  readonly prediction: number | null;
  readonly prediction_reason: string | null;
}

/** What a prediction should be, by the words of the guide. */
function expectedOf({ key, x, z }: Row, models: ReadonlyMap<string | null, Model>): PredictedRow {
  const model = models.get(key);
  const without = (reason: string): PredictedRow => ({
    key,
    x,
    z,
    prediction: null,
    prediction_reason: reason,
  });
  if (model === undefined) return without("unknown_key");
  if (model.state !== "fitted") return without(`not_fitted: ${model.state} ${model.reason}`);
  let prediction = model.intercept;
  for (const [i, value] of [x, z].entries()) {
    const coefficient = model.coefficients[i] ?? null;
    if (coefficient === null) continue;
    if (value === null || !Number.isFinite(value)) return without("null_feature");
    prediction += coefficient * value;
  }
  return { key, x, z, prediction, prediction_reason: null };
}

/** A number of DuckDB's as JavaScript's: NaN and infinities come as they are, from a CSV as text. */
const NUMBERS = ["null", "0", "-0.0", "0.1", "3", "-1e308", "1e308", "5e-324", "'nan'", "'inf'", "'-inf'"];

/** Every key with every value beside every other. */
function rowsOf(keys: readonly string[], keyColumn: string): string {
  const values = NUMBERS.map((value) => `(${value}::double)`).join(", ");
  const ofKeys = keys.map((key) => `(${key}::varchar)`).join(", ");
  return `select k as "${keyColumn}", x, z from (values ${ofKeys}) k(k), (values ${values}) x(x), (values ${values}) z(z)`;
}

/** Models of a run by key. */
async function modelsOf(
  folder: string,
  keyColumn: string | null,
): Promise<ReadonlyMap<string | null, Model>> {
  const run = await openRun(folder);
  const key = keyColumn === null ? "null" : `l."${keyColumn}"`;
  const { rows } = await run.query(
    `select ${key}, l.state, concat_ws(' ', l.reason, l.error_code), coalesce(m.intercept, 0), m.coefficients
     from ledger l left join models m using (partition)`,
  );
  await run.close();
  return new Map(
    (rows as [string | null, string, string, number, (number | null)[] | null][]).map(
      ([value, state, reason, intercept, coefficients]) => [
        value,
        { state, reason, intercept, coefficients: coefficients ?? [] },
      ],
    ),
  );
}

/** The rows of a prediction as they are written, each beside what it should be. */
async function compared(folder: string, source: string, keyColumn: string | null) {
  const models = await modelsOf(folder, keyColumn);
  const columns = `${keyColumn === null ? "null" : `"${keyColumn}"`} as key, x, z, prediction, prediction_reason`;
  const { file, rows, reasons, predicted: count } = await predicted({ run: folder, source }, "parquet");
  const found = await sql<PredictedRow>(
    `select ${columns} from read_parquet('${file}', file_row_number = true) order by file_row_number`,
  );
  const expected = found.map((row) => expectedOf(row, models));
  expect(found).toEqual(expected);
  expect(rows).toBe(found.length);
  expect(count).toBe(found.filter((row) => row.prediction_reason === null).length);
  const counted: Record<string, number> = {};
  for (const { prediction_reason: reason } of expected)
    if (reason !== null) counted[reason] = (counted[reason] ?? 0) + 1;
  expect(reasons).toEqual(counted);
  // Predictions laid beside the rows are the same text.
  const beside = await predicted({ run: folder, source }, "csv");
  const texts = (path: string): Promise<unknown> =>
    sql(`select prediction::varchar as prediction, prediction_reason from ${path}`);
  expect(await texts(`read_csv('${beside.file}', all_varchar = true)`)).toEqual(await texts(`'${file}'`));
  return { found, models };
}

const KEYS = ["'plain'", "'aliased'", "'short'", "'refused'", "null", "'unknown'"];

/** Keys with a slope of 3 and -7, with a z that says nothing, with too few rows, with a NULL, and the NULL key. */
const TRAINING = `select key, x, case key when 'aliased' then 1 else z end as z, y from (
    select unnest(['plain', 'aliased', null]) as key, i::double as x, (i * i % 7)::double as z, 3 * x - 7 * z + sin(i) as y
    from range(12) t(i))
  union all select 'short', 1, 1, 1
  union all select 'refused', case when i = 3 then null else i end, i % 3, i from range(9) t(i)`;

async function trainedOn(told: Partial<TrainOptions>, intercept: boolean): Promise<string> {
  const source = await parquet(TRAINING);
  const trainer = linearRegression({ target: "y", features: ["x", "z"], intercept });
  return trained({ source, trainer, nulls: "fail", ...told } as Parameters<typeof trained>[0]);
}

describe("a linear prediction is, to the last bit, what the stored coefficients say", () => {
  let source: string;

  beforeAll(async () => {
    source = await parquet(rowsOf(KEYS, "key"));
  });

  test.each([true, false])("for every kind of key and number, with an intercept: %s", async (intercept) => {
    const { found, models } = await compared(await trainedOn({ by: "key" }, intercept), source, "key");
    expect(found).toHaveLength(KEYS.length * NUMBERS.length ** 2);
    // What the rows are made for does occur.
    expect(models.get("aliased")?.coefficients.includes(null)).toBe(intercept);
    const values = found.map((row) => row.prediction);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      expect(values.some((found) => Object.is(found, value))).toBe(true);
    expect(new Set(found.map((row) => row.prediction_reason))).toEqual(
      new Set([
        null,
        "unknown_key",
        "null_feature",
        "not_fitted: skipped too_few_rows",
        "not_fitted: failed nulls_found",
      ]),
    );
  });

  test("of models without features", async () => {
    const trainer = linearRegression({ target: "y", features: [] });
    const run = await trained({ source: await parquet(TRAINING), by: "key", trainer, minRows: 2 });
    const { found } = await compared(run, source, "key");
    expect(new Set(found.map((row) => row.prediction_reason))).toEqual(
      new Set([null, "unknown_key", "not_fitted: skipped too_few_rows"]),
    );
  });

  test("of the one model of a pooled run, and of one that was not fitted", async () => {
    await compared(await trainedOn({ pooled: true, where: "key = 'plain'" }, true), source, null);
    const { found } = await compared(
      await trainedOn({ pooled: true, where: "key = 'short'" }, true),
      source,
      null,
    );
    expect(new Set(found.map((row) => row.prediction_reason))).toEqual(
      new Set(["not_fitted: skipped too_few_rows"]),
    );
  });

  test("of files", async () => {
    const folder = temporaryFolder();
    const write = (name: string, query: string): Promise<unknown> =>
      sql(`copy (${query}) to '${join(folder, name)}' (format parquet)`);
    for (const key of ["plain", "aliased", "short"])
      await write(`${key}.parquet`, `select x, z, y from (${TRAINING}) where key = '${key}'`);
    writeFileSync(join(folder, "empty.parquet"), "");
    const trainer = linearRegression({ target: "y", features: ["x", "z"] });
    const run = await trained({ source: folder, perFile: true, trainer });
    const others = temporaryFolder();
    for (const key of ["aliased", "empty", "plain", "short", "unknown"])
      await sql(
        `copy (select x, z from (${rowsOf(["'k'"], "key")})) to '${join(others, `${key}.parquet`)}' (format parquet)`,
      );
    const { found } = await compared(run, others, "file");
    const reasons = new Set(found.map((row) => row.prediction_reason));
    expect(reasons).toContain("unknown_key");
    expect(reasons).toContain("not_fitted: skipped too_few_rows");
    expect([...reasons].some((reason) => reason?.startsWith("not_fitted: failed "))).toBe(true);
  });
});

test("more reasons than a byte can number are all told", async () => {
  const count = 300;
  const folder = await trained({
    source: await parquet(`select i as key, x, x * x as y from range(${count}) k(i), range(5) t(x)`),
    by: "key",
    trainer: linearRegression({ target: "y", features: ["x"] }),
  });
  const run = await openRun(folder);
  await run.close();
  const damaged = { ...(await trainedRunFrom(run)), folder: temporaryFolder() };
  await sql(
    `copy (select * replace ('failed' as state, 'cause_' || partition as error_code) from '${folder}/ledger.parquet')
       to '${damaged.folder}/ledger.parquet' (format parquet);
     copy (from '${folder}/models.parquet' where false) to '${damaged.folder}/models.parquet' (format parquet)`,
  );
  const source = await parquet(`select i as key, 1.0 as x from range(${count}) k(i)`);
  const duckdb = await openTestDuckdb();
  const out = join(temporaryFolder(), "out.parquet");
  const task = {
    request: predictRequestFrom({ run: folder, source, out }),
    trained: damaged,
    output: await checkOutputFile(out, false),
  };
  const engine = await createLocalEngine({ duckdb, workers: 0, tempFolder: temporaryFolder(), families: [] });
  const { predicted: none } = await predictWith({ duckdb, engine, tempFolder: "" }, task, {});
  expect(none).toBe(0);
  expect(
    await sql(
      `select count(*)::integer as told from '${out}' where prediction_reason = 'not_fitted: failed cause_' || key`,
    ),
  ).toEqual([{ told: count }]);
  await engine.close();
  duckdb.close();
});
