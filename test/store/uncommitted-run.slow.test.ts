import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Duckdb } from "../../src/duckdb/duckdb.ts";
import type { JobFile } from "../../src/store/job-file.ts";
import { openRun } from "../../src/store/open-run.ts";
import { createRunWriter, type RunWriter, type RunWriterOptions } from "../../src/store/run-writer.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { withFailures } from "./changed-run.ts";
import {
  batchesOf,
  byFile,
  documentRun,
  factsOf,
  jobOf,
  type MadeRun,
  ORIGIN,
  plainRun,
} from "./made-run.ts";

const RUN = withFailures(plainRun(20));
const TABLES = ["ledger", "models", "terms"];

let duckdb: Duckdb;

beforeAll(async () => {
  duckdb = await openTestDuckdb();
});

afterAll(() => duckdb.close());

/** A writer that puts every batch on disk before it takes the next. */
function createWriter(run: MadeRun, changes: Partial<RunWriterOptions> = {}): Promise<RunWriter> {
  const { keyFields, keys, resultSchema } = run;
  const runsFolder = temporaryFolder();
  const options = {
    duckdb,
    runsFolder,
    id: "r",
    keyFields,
    keys,
    resultSchema,
    job: jobOf(run),
    origin: ORIGIN,
    seed: 42,
  };
  return createRunWriter({ ...options, flushEveryRows: 1, startedAtMs: 1e12, ...changes });
}

/** A writer that has these batches on disk. */
async function writerWith(run: MadeRun, batches: ReturnType<typeof batchesOf>): Promise<RunWriter> {
  let parts = 0;
  const writer = await createWriter(run, {
    onWritePoint: (point) => {
      if (point === "part.renamed") parts++;
    },
  });
  for (const batch of batches) await writer.append(batch);
  await expect.poll(() => parts).toBe(batches.length);
  return writer;
}

describe("the folder of a run that is under way", () => {
  test("says what is to be done, where it was asked for, and on which files", async () => {
    const writer = await createWriter(RUN);
    const content = JSON.parse(readFileSync(join(writer.folder, "job.json"), "utf8")) as JobFile;
    const { files: _, ...job } = jobOf(RUN);
    expect(content).toEqual({
      ...{ format: 1, run: "r", startedAt: "2001-09-09T01:46:40.000Z", origin: ORIGIN, job },
      keys: [{ name: "store", type: "integer", column: "store" }],
      resultSchema: RUN.resultSchema,
    });
    const sources = readFileSync(join(writer.folder, "sources.ndjson"), "utf8");
    expect(sources).toBe('{"path":"/data/rows.csv","bytes":100,"modifiedAtMs":1000000000000}\n');
    await writer.stop();
  });

  test("has a line for each of many files, and loses them and its job with the commit", async () => {
    const made = byFile(plainRun(2500));
    const writer = await createWriter(made, { flushEveryRows: 10_000 });
    const lines = readFileSync(join(writer.folder, "sources.ndjson"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(jobOf(made).files);
    for (const batch of batchesOf(made)) await writer.append(batch);
    await writer.commit(factsOf(made));
    expect(readdirSync(writer.folder).sort()).toEqual([
      ...["ledger.parquet", "manifest.json", "models.parquet", "terms.parquet"],
    ]);
  });
});

describe("a run that is not committed", () => {
  test("is queried as it will be: the answered partitions, in the columns of the committed tables", async () => {
    const batches = batchesOf(RUN, { order: [6, 9, 0, 1, 3, 2], batchRows: 2 });
    const others = batchesOf(RUN, { order: [4, 5, 7, 8, ...Array.from({ length: 10 }, (_, i) => 10 + i)] });
    const writer = await writerWith(RUN, batches);
    const run = await openRun(writer.folder);
    expect(run).toMatchObject({ status: "running", progress: { answered: 6, partitions: 20 } });
    const early = await Promise.all(TABLES.map((table) => run.query(`from ${table}`)));
    expect(early[0]!.rows.map((row) => row[0])).toEqual([0, 1, 2, 3, 6, 9]);
    expect(early[1]!.rows.map((row) => row[0])).toEqual([0, 1, 2]);
    await expect(run.verify()).rejects.toMatchObject({ code: "run_not_committed" });

    for (const batch of others) await writer.append(batch);
    await writer.commit(factsOf(RUN));
    const committed = await openRun(writer.folder);
    for (const [i, table] of TABLES.entries()) {
      const of = early[i]!.rows.map((row) => row[0]).join(", ");
      expect(await committed.query(`from ${table} where partition in (${of})`)).toEqual(early[i]);
      expect(await run.query(`from ${table}`)).toEqual(await committed.query(`from ${table}`));
    }
    expect(committed.progress).toBeNull();
    await committed.close();
  });

  test("shows with every query what has come since, and still when it was stopped", async () => {
    const batches = batchesOf(RUN, { batchRows: 5 });
    const writer = await createWriter(RUN);
    const run = await openRun(writer.folder);
    const count = async (): Promise<unknown> => (await run.query("select count(*) from ledger")).rows[0]![0];
    for (const [i, batch] of batches.entries()) {
      expect(await count()).toBe(5 * i);
      await writer.append(batch);
      await expect.poll(count).toBe(5 * (i + 1));
    }
    await writer.stop();
    expect(await count()).toBe(20);
    const stopped = await openRun(writer.folder);
    expect(stopped.status).toBe("interrupted");
    expect(
      (await stopped.query("select state, count(*) from ledger group by all order by all")).rows,
    ).toEqual([
      ["failed", 1],
      ["fitted", 14],
      ["lost", 1],
      ["skipped", 3],
      ["timed_out", 1],
    ]);
  });

  test("without a result has empty tables with the right columns", async () => {
    for (const made of [RUN, documentRun([{ model: "1", metrics: { r2: 1 } }])]) {
      const writer = await createWriter(made);
      const run = await openRun(writer.folder);
      expect(run.progress).toMatchObject({ answered: 0 });
      const tables = made === RUN ? TABLES : TABLES.slice(0, 2);
      const empty = await Promise.all(tables.map((table) => run.query(`from ${table}`)));
      for (const batch of batchesOf(made)) await writer.append(batch);
      await writer.commit(factsOf(made));
      for (const [i, table] of tables.entries()) {
        expect(empty[i]!.rows).toEqual([]);
        const { columns } = await run.query(`from ${table}`);
        const named = columns.filter((column) => made === RUN || column.name !== "metrics");
        expect(empty[i]!.columns.filter((column) => made === RUN || column.name !== "metrics")).toEqual(
          named,
        );
      }
    }
  });

  test("whose models are documents has the metrics that occur so far", async () => {
    const made = documentRun([
      { model: "1", metrics: { r2: 1 } },
      { model: Buffer.from("b"), metrics: { rmse: 2 } },
      { model: "3", metrics: { R2: 3 } },
    ]);
    const [first, second, third] = batchesOf(made, { batchRows: 1 });
    const writer = await writerWith(made, [first!, second!]);
    const run = await openRun(writer.folder);
    expect((await run.query("select metrics from ledger")).rows).toEqual([
      [{ r2: 1, rmse: null }],
      [{ r2: null, rmse: 2 }],
    ]);
    expect((await run.query("select partition, model, model_blob from models order by all")).rows).toEqual([
      [0, "1", null],
      [1, null, "b"],
    ]);
    await writer.append(third!);
    await writer.stop();
    expect((await run.query("select metrics['r2'], metrics['R2'] from ledger")).rows).toEqual([
      [1, null],
      [null, null],
      [null, 3],
    ]);
  });

  test("writes a query's rows to a file, and is confined to its own parts", async () => {
    const writer = await writerWith(RUN, batchesOf(RUN));
    const run = await openRun(writer.folder);
    const file = join(temporaryFolder(), "out.csv");
    expect(await run.queryTo("select store from models where partition < 2", file)).toBe(2);
    expect(readFileSync(file, "utf8")).toBe("store\n-5\n-2\n");
    for (const sql of ["select * from read_text('/etc/passwd')", "drop view ledger", "select 1; select 2"])
      await expect(run.query(sql)).rejects.toMatchObject({ code: "query_refused" });
    await expect(run.queryTo("select 1", join(run.folder, "x.csv"))).rejects.toMatchObject({
      code: "invalid_option",
    });
    await writer.stop();
  });

  test("answers nothing when it stopped before its keys were written", async () => {
    const writer = await createWriter(RUN);
    await writer.stop();
    rmSync(join(writer.folder, "parts"), { recursive: true });
    const run = await openRun(writer.folder);
    expect(run.progress).toEqual({ answered: 0, partitions: null });
    const refused = { code: "run_not_committed", message: run.explanation };
    await expect(run.query("select 1")).rejects.toMatchObject(refused);
    await expect(run.stream("select 1")).rejects.toMatchObject(refused);
    await expect(run.queryTo("select 1", join(temporaryFolder(), "x.csv"))).rejects.toMatchObject(refused);
  });

  test.each([
    ["{", "not JSON"],
    ['{"format": 2}', "format 2, must be a whole job of 1"],
    ['{"format": 1, "keys": []}', "format 1, must be a whole job of 1"],
  ])("is damaged when its job is %s", async (text, message) => {
    const writer = await createWriter(RUN);
    await writer.stop();
    writeFileSync(join(writer.folder, "job.json"), text);
    await expect((await openRun(writer.folder)).query("select 1")).rejects.toMatchObject({
      code: "run_damaged",
      message: expect.stringContaining(message),
    });
  });
});

describe("the commit of a run that is being queried", () => {
  const LARGE = plainRun(3000);

  const DOCUMENTS = documentRun(
    Array.from({ length: 900 }, () => ({ model: `"${"x".repeat(1000)}"`, metrics: {} })),
  );

  test.each([
    ["ledger", LARGE, "select partition, r.metrics from ledger r, range(20)", 20 * 3000],
    ["models that are documents", DOCUMENTS, "select repeat(model, 300) from models", 900],
    [
      "two tables one after the other",
      DOCUMENTS,
      "select repeat('x', 10_000) from range(3000) union all select model from models",
      3900,
    ],
  ])(
    "takes nothing from a stream of %s that was opened before it removes the parts",
    async (_, made, sql, rows) => {
      const writer = await writerWith(made, batchesOf(made, { batchRows: made.outcomes.length / 30 }));
      await writer.stop();
      const run = await openRun(writer.folder);
      const { batches } = await run.stream(sql);
      rmSync(join(writer.folder, "parts"), { recursive: true });
      let found = 0;
      for await (const batch of batches) found += batch.length;
      expect(found).toBe(rows);
    },
    60_000,
  );

  test("is noticed by every query, at whatever moment it comes", async () => {
    const writer = await writerWith(LARGE, batchesOf(LARGE, { batchRows: 100 }));
    const run = await openRun(writer.folder);
    let isCommitted = false;
    const commit = writer.commit(factsOf(LARGE)).finally(() => {
      isCommitted = true;
    });
    const sql =
      "select count(*), count(model_bytes), sum(rows_used) from ledger join models using (partition)";
    let asked = 0;
    while (!isCommitted) {
      const answers = await Promise.all([run.query(sql), run.query(sql), run.query(sql)]);
      for (const { rows } of answers) expect(rows).toEqual([[3000, 3000, 27_000]]);
      asked++;
    }
    await commit;
    expect(asked).toBeGreaterThan(0);
    expect((await run.query(sql)).rows).toEqual([[3000, 3000, 27_000]]);
  });

  test("is the reason why a query that lost its parts is run again", async () => {
    let run: Awaited<ReturnType<typeof openRun>> | undefined;
    const answers: unknown[] = [];
    let folder = "";
    const writer = await createWriter(RUN, {
      onWritePoint: async (point) => {
        if (point !== "manifest.written") return;
        // As if the query had listed a part that the commit then removed: the manifest comes while it is asked.
        rmSync(join(folder, "parts", "part-000001.parquet"));
        writeFileSync(join(folder, "parts", "part-000001.parquet"), "gone");
        await expect(run!.query("from ledger")).rejects.toMatchObject({ code: "run_damaged" });
        answers.push(run!.query("select count(*) from ledger").then(({ rows }) => rows[0]));
      },
    });
    folder = writer.folder;
    for (const batch of batchesOf(RUN, { batchRows: 5 })) await writer.append(batch);
    run = await openRun(folder);
    await writer.commit(factsOf(RUN));
    expect(await answers[0]).toEqual([20]);
  });
});
