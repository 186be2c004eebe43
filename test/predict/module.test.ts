import { copyFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import type { Engine, ScoringSource } from "../../src/engine/engine.ts";
import { decodeKey } from "../../src/key/decode-key.ts";
import { keyAt } from "../../src/key/key-list.ts";
import { checkOutputFile } from "../../src/predict/output-file.ts";
import { type TrainedRun, trainedRunFrom } from "../../src/predict/trained-run.ts";
import { predictWith } from "../../src/predict.ts";
import { predictRequestFrom } from "../../src/predict-options.ts";
import type { PredictionBatch } from "../../src/protocol/prediction-batch.ts";
import type { PredictedColumn } from "../../src/run/predicted.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { streamRows } from "../../src/source/stream-rows.ts";
import { hashFile } from "../../src/store/disk.ts";
import type { Manifest } from "../../src/store/manifest.ts";
import { type OpenedRun, openRun } from "../../src/store/open-run.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { csv, GAPMINDER, sql, trained } from "./trained.ts";

/** What stands for the trainer: the columns for one partition, or an error. */
type Predict = (partition: {
  readonly country: string;
  readonly model: { readonly intercept: number; readonly slope: number };
  readonly year: Float64Array;
}) => readonly PredictedColumn[];

let linear = "";
let run: OpenedRun;
let manifest: Manifest;

/** A run of linear models whose models are stored as documents, as those of a module are. */
beforeAll(async () => {
  linear = await trained({
    source: GAPMINDER,
    by: "country",
    trainer: linearRegression({ target: "lifeExp", features: ["year"] }),
  });
  const folder = join(temporaryFolder(), basename(linear));
  cpSync(linear, folder, { recursive: true });
  await sql(
    `copy (select partition, country,
       case when partition % 2 = 0 then json_object('intercept', intercept, 'slope', coefficients[1])::varchar end as model,
       case when partition % 2 = 1 then encode(json_object('intercept', intercept, 'slope', coefficients[1])::varchar) end as model_blob
     from '${linear}/models.parquet') to '${folder}/models.parquet' (format parquet)`,
  );
  writeFileSync(join(folder, "trainer.mjs"), "export default {};\n");
  const committed = (await openRun(linear)).manifest!;
  const bundle = { name: "trainer.mjs", rows: null, ...(await hashFile(join(folder, "trainer.mjs"))) };
  manifest = {
    ...committed,
    job: {
      ...committed.job,
      trainer: { module: "trainer.ts", params: { scale: 1 } },
      readColumns: [{ name: "year", type: "double", hasValidity: true, isInteger: false }],
      trainerColumns: null,
      module: { name: "trainer.ts", sha256: bundle.sha256, hasPredict: true, hasScore: false, minRows: 1 },
    },
    files: [...committed.files.filter((file) => file.name !== "models.parquet"), bundle],
  };
  run = { ...(await openRun(linear)), folder, manifest };
});

/** An engine whose `score` calls a function on every partition, as workers do. */
function engineOf(duckdb: Duckdb, predict: Predict): Engine {
  const refuse = (): never => {
    throw new Error("not asked for");
  };
  return {
    ...{ name: "stand-in", workers: 0, cluster: null, inspect: refuse, run: refuse, sample: refuse },
    close: async () => undefined,
    async *score(source): AsyncGenerator<RunEvent | PredictionBatch> {
      const connection = await duckdb.connect();
      yield { type: "phase.started", atMs: 0, phase: "fitting", total: null, unit: "partitions" };
      yield* scored(source, connection, predict);
      connection.close();
    },
  };
}

async function* scored(
  source: ScoringSource,
  connection: Connection,
  predict: Predict,
): AsyncGenerator<PredictionBatch> {
  const rowsOf = new Map<number, { year: number; position: number }[]>();
  for await (const { rowCount, partition, position, columns } of streamRows(
    source.relation,
    source.lookup,
    connection,
  )) {
    const [year] = columns;
    if (year?.kind !== "numbers") throw new Error("year must be numbers");
    for (let i = 0; i < rowCount; i++) {
      const rows = rowsOf.get(partition[i]!) ?? [];
      rows.push({ year: year.values[i]!, position: position[i]! });
      rowsOf.set(partition[i]!, rows);
    }
  }
  for (const [partition, rows] of rowsOf) {
    expect(source.partitionRows[partition]).toBe(rows.length);
    const [model] = (await source.models(partition, partition + 1)) as (string | Uint8Array)[];
    const text = typeof model === "string" ? model : new TextDecoder().decode(model!);
    expect(source.modelBytes[partition]).toBe(Buffer.byteLength(text));
    const [country] = decodeKey(["text"], keyAt(source.keys, partition));
    const year = Float64Array.from(rows, (row) => row.year);
    const position = Float64Array.from(rows, (row) => row.position);
    const result = resultOf(() => predict({ country: String(country), model: JSON.parse(text), year }));
    yield { type: "prediction.batch", task: 0, partition, position, result };
  }
  const total = source.partitionRows.reduce((sum, rows) => sum + rows, 0);
  expect(total).toBe([...rowsOf.values()].reduce((sum, rows) => sum + rows.length, 0));
}

function resultOf(predict: () => readonly PredictedColumn[]): PredictionBatch["result"] {
  try {
    return { columns: predict() };
  } catch (error) {
    return { failure: { code: "trainer_threw", message: (error as Error).message, stack: null } };
  }
}

/** Predicts with the stand-in, and gives what came of it and the file's path. */
async function predictedBy(predict: Predict, source: string, withRun?: TrainedRun) {
  const duckdb = await openTestDuckdb();
  try {
    const out = join(temporaryFolder(), "out.parquet");
    const summary = await predictWith(
      { duckdb, engine: engineOf(duckdb, predict), tempFolder: "" },
      {
        request: predictRequestFrom({ run: run.folder, source, out }),
        trained: withRun ?? (await trainedRunFrom(run)),
        output: await checkOutputFile(out, false),
      },
      {},
    );
    return { summary, out };
  } finally {
    duckdb.close();
  }
}

function doubles(name: string, values: Float64Array): PredictedColumn {
  return { name, values: { type: "double", values, isValid: new Uint8Array(values.length).fill(1) } };
}

function texts(name: string, values: readonly string[]): PredictedColumn {
  return { name, values: { type: "text", values } };
}

/** What a list of nulls becomes. */
function nulls(name: string, length: number): PredictedColumn {
  return {
    name,
    values: { type: "double", values: new Float64Array(length), isValid: new Uint8Array(length) },
  };
}

const line: Predict = ({ model, year }) => [
  doubles(
    "life",
    year.map((at) => model.intercept + model.slope * at),
  ),
];

describe("predictions of a trainer", () => {
  test("stand beside their rows, as those of the same linear models do", async () => {
    const { summary, out } = await predictedBy(line, GAPMINDER);
    const [difference] = await sql<{ worst: number; n: number }>(
      `select max(abs(life - (m.intercept + m.coefficients[1] * p.year::double)))::double as worst, count(*)::integer as n
       from '${out}' p join '${linear}/models.parquet' m using (country)`,
    );
    expect(difference).toEqual({ worst: 0, n: 3310 });
    expect(summary).toMatchObject({
      rows: 3313,
      predicted: 3310,
      reasons: { "not_fitted: skipped too_few_rows": 3 },
    });
    const order = await sql(
      `select count(*)::integer as n from (select country, year, row_number() over () as n from '${out}') a
       join (select country, year, row_number() over () as n from read_csv('${GAPMINDER}', all_varchar = true)) b
       using (n) where a.country = b.country and a.year = b.year`,
    );
    expect(order).toEqual([{ n: 3313 }]);
  });

  test("have the names and types that the trainer gives", async () => {
    const { out } = await predictedBy(
      ({ country, year }) => [
        {
          name: "Label",
          values: { type: "text", values: Array.from(year, (at) => (at > 1980 ? country : null)) },
        },
        {
          name: 'is "old"',
          values: {
            type: "boolean",
            values: Uint8Array.from(year, (at) => Number(at < 1980)),
            isValid: Uint8Array.from(year, (at) => Number(at !== 1990)),
          },
        },
        doubles("d", year),
      ],
      csv(["country,year", "Rwanda,1970", "Rwanda,1990", "Atlantis,1990", "Latvia,2000", "Rwanda,"]),
    );
    expect(await sql(`select * exclude (country, year) from '${out}'`)).toEqual([
      { Label: null, 'is "old"': true, d: 1970, prediction_reason: null },
      { Label: "Rwanda", 'is "old"': null, d: 1990, prediction_reason: null },
      { Label: null, 'is "old"': null, d: null, prediction_reason: "unknown_key" },
      { Label: "Latvia", 'is "old"': false, d: 2000, prediction_reason: null },
      { Label: null, 'is "old"': false, d: expect.any(Number), prediction_reason: null },
    ]);
  });

  test("fail partition by partition, each with its reason", async () => {
    const { summary, out } = await predictedBy(
      (partition) => {
        if (partition.country === "Latvia") throw new Error("no 'Latvia' here");
        if (partition.country === "Oman") return [doubles("other", partition.year)];
        if (partition.country === "Bhutan") return [doubles("life", new Float64Array(1))];
        return line(partition);
      },
      csv([
        "country,year",
        "Rwanda,1970",
        "Rwanda,1971",
        "Sudan,1970",
        "Latvia,1990",
        "Oman,1990",
        "Bhutan,1990",
        "Bhutan,1991",
      ]),
    );
    const rows = await sql<{ life: number | null; prediction_reason: string | null }>(
      `select life, prediction_reason from '${out}'`,
    );
    expect(rows.map((row) => row.life !== null)).toEqual([true, true, true, false, false, false, false]);
    const [, , , latvia, oman, bhutan] = rows.map((row) => row.prediction_reason);
    expect(latvia).toBe("predict_failed: no 'Latvia' here");
    expect(oman).toBe(
      'predict_failed: predict gave the columns "other" (double), for most partitions it gave "life" (double); all need the same',
    );
    expect(bhutan).toBe('predict_failed: column "life" has 1 predictions for 2 rows');
    expect(summary.reasons).toEqual({ predict_failed: 4 });
    expect(summary.examples["predict_failed"]).toEqual(["country=Bhutan", "country=Latvia", "country=Oman"]);
  });

  test("have the columns that most partitions have, whichever is predicted first", async () => {
    const kinds: Readonly<Record<string, (year: Float64Array) => readonly PredictedColumn[]>> = {
      Bhutan: (year) => [doubles("odd", year)],
      Latvia: (year) => [texts("label", Array.from(year, String)), doubles("at", year)],
      Oman: (year) => [doubles("at", year), texts("label", Array.from(year, String))],
      Rwanda: (year) => [nulls("label", year.length), nulls("at", year.length)],
      Sudan: (year) => [doubles("label", year), doubles("at", year)],
    };
    const countries = Object.keys(kinds);
    const outputs: unknown[] = [];
    for (const rows of [countries, countries.toReversed()]) {
      const { out } = await predictedBy(
        ({ country, year }) => kinds[country]!(year),
        csv(["country,year", ...rows.map((country) => `${country},1990`)]),
      );
      outputs.push(await sql(`select * exclude (year) from '${out}' order by country`));
    }
    const failed = (columns: string) =>
      `predict_failed: predict gave the columns ${columns}, for most partitions it gave "label" (text), "at" (double); all need the same`;
    const whole = { label: "1990", at: 1990, prediction_reason: null };
    const none = { label: null, at: null };
    expect(outputs[0]).toEqual([
      { country: "Bhutan", ...none, prediction_reason: failed('"odd" (double)') },
      { country: "Latvia", ...whole },
      { country: "Oman", ...whole },
      { country: "Rwanda", ...none, prediction_reason: null },
      { country: "Sudan", ...none, prediction_reason: failed('"label" (double), "at" (double)') },
    ]);
    expect(outputs[1]).toEqual(outputs[0]);
  });

  test("may lack values in ever other columns", async () => {
    const names = Array.from({ length: 8 }, (_, i) => `c${i}`);
    const found = await sql<{ country: string }>(`select country from '${linear}/models.parquet' limit 150`);
    const countries = found.map(({ country }) => country);
    const { summary, out } = await predictedBy(
      ({ country, year }) => {
        const at = countries.indexOf(country);
        return names.map((name, i) => ((at >> i) & 1 ? texts(name, [country]) : nulls(name, year.length)));
      },
      csv(["country,year", ...countries.map((country) => `"${country}",1990`)]),
    );
    expect(summary).toMatchObject({ rows: 150, predicted: 150, reasons: {} });
    const rows = await sql<Record<string, string | null>>(
      `select * exclude (year, prediction_reason) from '${out}'`,
    );
    expect(rows).toEqual(
      countries.map((country, at) => ({
        country,
        ...Object.fromEntries(names.map((name, i) => [name, (at >> i) & 1 ? country : null])),
      })),
    );
  });

  test("that have columns of ever other names are refused, not failed one by one", async () => {
    const found = await sql<{ country: string }>(`select country from '${linear}/models.parquet' limit 70`);
    const source = csv(["country,year", ...found.map(({ country }) => `"${country}",1990`)]);
    await expect(
      predictedBy(({ country, year }) => [doubles(`life in ${country}`, year)], source),
    ).rejects.toMatchObject({
      code: "trainer_invalid",
      message: expect.stringMatching(/^predict gave more than 64 different lists of columns/),
    });
  });

  test.each([
    ["prediction_reason", ["Prediction_Reason"]],
    ["each other", ["life", "Life"]],
    ["none in a table", ["li\0fe"]],
  ])("cannot have the names of columns that are written beside them: %s", async (_, names) => {
    const source = csv(["country,year", "Rwanda,1970"]);
    await expect(
      predictedBy(({ year }) => names.map((name) => doubles(name, year)), source),
    ).rejects.toMatchObject({
      code: "trainer_invalid",
      message: expect.stringContaining(`predict gave a column ${JSON.stringify(names.at(-1))}, which has`),
    });
  });

  test("may all fail, and then there is no column but the reason", async () => {
    const { out } = await predictedBy(
      () => {
        throw new Error("never");
      },
      csv(["country,year", "Rwanda,1970"]),
    );
    expect(await sql(`select * from '${out}'`)).toEqual([
      { country: "Rwanda", year: 1970, prediction_reason: "predict_failed: never" },
    ]);
  });

  test("cannot take the names of columns that are there", async () => {
    const source = csv(["country,year,Life", "Rwanda,1970,1"]);
    await expect(predictedBy(line, source)).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining(
        'column "Life" of the source has the name of a column that predict adds',
      ),
    });
  });

  test("that are not given for a row are an error, not a silent NULL", async () => {
    const source = csv(["country,year", "Rwanda,1970", "Oman,1970"]);
    const forgetful: Predict = (partition) => line(partition);
    const duckdb = await openTestDuckdb();
    const whole = engineOf(duckdb, forgetful);
    const engine: Engine = {
      ...whole,
      async *score(scoring, signal) {
        let isFirst = true;
        for await (const item of whole.score(scoring, signal)) {
          if (item.type === "prediction.batch" && isFirst) isFirst = false;
          else yield item;
        }
      },
    };
    const out = join(temporaryFolder(), "out.parquet");
    const task = {
      request: predictRequestFrom({ run: run.folder, source, out }),
      trained: await trainedRunFrom(run),
      output: await checkOutputFile(out, false),
    };
    await expect(predictWith({ duckdb, engine, tempFolder: "" }, task, {})).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("a row was not predicted"),
    });
    duckdb.close();
  });
});

describe("a trainer that cannot predict", () => {
  test("is told before anything is read: without predict", async () => {
    const module = { ...manifest.job.module!, hasPredict: false };
    const without = { ...run, manifest: { ...manifest, job: { ...manifest.job, module } } };
    await expect(trainedRunFrom(without)).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining("trainer trainer.ts has no predict"),
    });
  });

  test("is told before it is run: with a bundle that was changed", async () => {
    const folder = temporaryFolder();
    copyFileSync(join(run.folder, "trainer.mjs"), join(folder, "trainer.mjs"));
    writeFileSync(join(folder, "trainer.mjs"), `${readFileSync(join(folder, "trainer.mjs"), "utf8")} `);
    await expect(trainedRunFrom({ ...run, folder })).rejects.toMatchObject({ code: "run_damaged" });
  });
});
