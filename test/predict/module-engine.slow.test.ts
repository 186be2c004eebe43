import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type OpenedRun, predict, train } from "../../src/index.ts";
import { openEngine } from "../../src/open-engine.ts";
import { checkOutputFile } from "../../src/predict/output-file.ts";
import { trainedRunFrom } from "../../src/predict/trained-run.ts";
import { predictWith } from "../../src/predict.ts";
import { predictRequestFrom } from "../../src/predict-options.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Predicts each row from all rows of its partition, so that one row too few or in another place shows. */
const TRAINER = `
import { defineTrainer } from "manyfit";
export default defineTrainer({
  columns: ["x", "name"],
  fit: ({ table, key, seed }) => ({ model: { key, seed, rows: table.rowCount } }),
  predict({ model, table, key }) {
    if (key.store === "k3") process.kill(process.pid, "SIGKILL");
    if (key.store === "k4") throw new Error("k4 cannot be predicted");
    const x = table.numbers("x");
    const names = table.texts("name");
    let sum = 0;
    return {
      running: x.map((value) => (sum += Number.isNaN(value) ? 0 : value)),
      label: names.map((name, i) => (name === null ? null : model.key.store + "/" + name + "/" + i)),
      is_even: Array.from(x, (value) => (Number.isNaN(value) ? null : value % 2 === 0)),
    };
  },
});`;

/** Stores k0 to k6 with 400 rows, in no order; k9 is not in the training data. */
const ROWS = `select i as n, 'k' || (case when i % 50 = 0 then 9 else hash(i) % 7 end) as store,
  case when i % 11 = 0 then null else i end as x,
  case when i % 13 = 0 then null else chr(65279) || 'ü' || (i % 5) end as name from range(400) t(i) order by i`;

async function writeParquet(sql: string, path: string): Promise<void> {
  const duckdb = await openTestDuckdb();
  const connection = await duckdb.connect();
  await connection.run(`copy (${sql}) to '${path}'`);
  connection.close();
  duckdb.close();
}

describe("predicting with a trainer of the user's", () => {
  let run: OpenedRun;
  let folder: string;
  let source: string;

  beforeAll(async () => {
    folder = temporaryFolder();
    source = join(folder, "rows.parquet");
    const known = join(folder, "known.parquet");
    await writeParquet(ROWS, source);
    await writeParquet(`select * from (${ROWS}) where store <> 'k9'`, known);
    writeFileSync(join(folder, "trainer.ts"), TRAINER);
    run = await train({
      source: known,
      by: "store",
      trainer: { module: join(folder, "trainer.ts"), params: {} },
      runs: join(folder, "runs"),
      workers: 2,
    });
    await run.close();
  });

  test("gives every row what its partition's model says of it, in the order of the source", async () => {
    const out = join(folder, "predictions.parquet");
    const { rows, predicted, reasons } = await predict({ run: run.folder, source, out, workers: 2 });
    expect([rows, predicted]).toEqual([400, 400 - 8 - reasons["predict_failed"]!]);
    expect(reasons["unknown_key"]).toBe(8);
    const duckdb = await openTestDuckdb();
    const connection = await duckdb.connect();
    const expected = `select *, case when x is null then null else x % 2 = 0 end as even,
        sum(x) over (partition by store order by n) as sum_x,
        store || '/' || name || '/' || (row_number() over (partition by store order by n) - 1) as text
      from (${ROWS})`;
    const [wrong] = await connection.rows<{ order: bigint; values: bigint; reasons: bigint }>(
      `select count(*) filter (where p.n <> p.at) as order, count(*) filter (where e.store not in ('k3', 'k4', 'k9') and (
          p.running is distinct from coalesce(e.sum_x, 0) or p.label is distinct from e.text or p.is_even is distinct from e.even
          or p.prediction_reason is not null)) as values,
        count(*) filter (where case e.store
          when 'k9' then p.prediction_reason <> 'unknown_key'
          when 'k4' then p.prediction_reason <> 'predict_failed: k4 cannot be predicted'
          when 'k3' then not starts_with(p.prediction_reason, 'predict_failed: worker ') or not contains(p.prediction_reason, 'SIGKILL')
          else false end) as reasons
       from (select *, file_row_number as at from read_parquet('${out}', file_row_number = true)) p join (${expected}) e using (n)`,
    );
    expect(wrong).toEqual({ order: 0n, values: 0n, reasons: 0n });
    connection.close();
    duckdb.close();
  });

  test("gives the same in this thread, on any number of workers, in buckets of any size", async () => {
    const outputs: string[] = [];
    for (const [workers, rows] of [
      [0, 50],
      [1, 1000],
      [2, 20],
      [8, 100],
    ] as const) {
      const out = join(folder, `on-${workers}.csv`);
      const filtered = { run: run.folder, source, out, where: "store not in ('k3')" };
      const opened = await openEngine(workers, { bucketLimits: { rows, partitions: 3 } });
      const task = {
        request: predictRequestFrom(filtered),
        trained: await trainedRunFrom(run),
        output: await checkOutputFile(out, false),
      };
      await predictWith(opened, task, {}).finally(() => opened.close());
      outputs.push(readFileSync(out, "utf8"));
    }
    expect(new Set(outputs).size).toBe(1);
    expect(outputs[0]!.split("\n").length).toBeGreaterThan(300);
  });
});
