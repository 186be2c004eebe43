import { appendFileSync, cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Duckdb } from "../../src/duckdb/duckdb.ts";
import { quoteText } from "../../src/duckdb/quote.ts";
import { eventsFrom } from "../../src/run/event-log.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { openRun } from "../../src/store/open-run.ts";
import { createRunWriter, type RunWriter } from "../../src/store/run-writer.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { leaveLock } from "./lock-taker.ts";
import { batchesOf, factsOf, jobOf, ORIGIN, plainRun } from "./made-run.ts";

const RUN = plainRun(20);
const STARTED: RunEvent = { type: "run.started", atMs: 1, version: 1, run: "r", engine: "local", workers: 2 };

let duckdb: Duckdb;
let committed: string;

function createWriter(): Promise<RunWriter> {
  const { keyFields, keys, resultSchema } = RUN;
  const runsFolder = temporaryFolder();
  return createRunWriter({
    duckdb,
    runsFolder,
    id: "r",
    keyFields,
    keys,
    resultSchema,
    job: jobOf(RUN),
    origin: ORIGIN,
    seed: 42,
    flushEveryMs: 50,
  });
}

async function commitRun(): Promise<string> {
  const writer = await createWriter();
  for (const batch of batchesOf(RUN, { batchRows: 6 })) await writer.append(batch);
  await writer.commit(factsOf(RUN));
  return writer.folder;
}

/** A copy of the committed run that a test may damage. */
function copyRun(): string {
  const folder = join(temporaryFolder(), "copy");
  cpSync(committed, folder, { recursive: true });
  return folder;
}

/** Writes a table of a run anew, with other rows. */
async function rewrite(folder: string, name: string, sql: string, compression = "zstd"): Promise<void> {
  const connection = await duckdb.connect();
  const path = join(folder, name);
  const select = sql.replace("TABLE", quoteText(path));
  await connection.run(`create or replace table rewritten as ${select}`);
  await connection.run(`copy rewritten to ${quoteText(path)} (format parquet, compression ${compression})`);
  connection.close();
}

/** Makes the manifest agree with the sizes and hashes that the files have now, as a forger would. */
function editManifest(folder: string, edit: (text: string) => string): void {
  const path = join(folder, "manifest.json");
  writeFileSync(path, edit(readFileSync(path, "utf8")));
}

beforeAll(async () => {
  duckdb = await openTestDuckdb();
  committed = await commitRun();
});

afterAll(() => duckdb.close());

describe("an opened run", () => {
  test("that is committed says when, and of how many partitions", async () => {
    const run = await openRun(committed);
    expect(run).toMatchObject({ id: "r", folder: committed, status: "committed" });
    expect(run.explanation).toMatch(/^run r was committed at \d{4}-.*Z; it has 20 partitions: 20 fitted$/);
    expect(run.manifest).toMatchObject({
      format: 1,
      run: "r",
      job: { trainer: { estimator: "linear-regression" } },
      sources: [{ path: "/data/rows.csv", rows: 200 }],
      keys: [{ name: "store", type: "integer", column: "store" }],
      phaseMs: { reading: 12, committing: expect.any(Number) },
      files: [{ name: "ledger.parquet" }, { name: "models.parquet" }, { name: "terms.parquet", rows: 40 }],
    });
    expect(run.manifest!.job).not.toHaveProperty("files");
    await run.close();
  });

  test("can be closed, and asked again, when its tables could not be read", async () => {
    const folder = copyRun();
    const run = await openRun(folder);
    const ledger = readFileSync(join(folder, "ledger.parquet"));
    writeFileSync(join(folder, "ledger.parquet"), "no table");
    await expect(run.query("select 1 from ledger")).rejects.toMatchObject({ code: "run_damaged" });
    await run.close();
    writeFileSync(join(folder, "ledger.parquet"), ledger);
    expect((await run.query("select count(*)::integer from ledger")).rows).toEqual([[20]]);
    await run.close();
  });

  test("that is under way says so, while its parts can be read by SQL", async () => {
    const writer = await createWriter();
    writer.recordEvent(STARTED);
    const [first, ...others] = batchesOf(RUN, { batchRows: 6 });
    await writer.append(first!);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const run = await openRun(writer.folder);
    expect(run).toMatchObject({ status: "running", manifest: null });
    expect(run.explanation).toBe(
      "run r is under way; nothing is committed yet; it has the keys of 20 partitions (parts/keys.parquet), 1 part file with the results of 6 of them, and its event log (events.ndjson)",
    );
    const connection = await duckdb.connect();
    const part = quoteText(join(writer.folder, "parts", "part-000001.parquet"));
    const columns =
      "state, reason, rows_read, attempts, metrics, warnings, model_coefficients, term_estimate";
    expect(await connection.rows(`select partition, ${columns} from ${part} limit 1`)).toMatchObject([
      { partition: 0, state: "fitted", reason: null, rows_read: 10n, attempts: 1, warnings: [] },
    ]);
    connection.close();
    expect(eventsFrom(readFileSync(join(writer.folder, "events.ndjson"), "utf8"))).toEqual([STARTED]);
    for (const batch of others) await writer.append(batch);
    await writer.stop();
  });

  test("whose process is on another machine says that nobody here can see whether it lives", async () => {
    const folder = temporaryFolder();
    await leaveLock(folder, { host: "elsewhere", pid: 12 });
    writeFileSync(join(folder, "events.ndjson"), `${JSON.stringify({ ...STARTED, atMs: 1e12 })}\n`);
    const run = await openRun(folder);
    expect(run.status).toBe("running");
    expect(run.explanation).toMatch(
      / is under way if process 12 lives on elsewhere, which cannot be seen from here \(its last event is of 2001-09-09T01:46:40.000Z\); nothing is committed yet; /,
    );
  });

  test("that was stopped has everything it took, and keeps nobody out", async () => {
    const writer = await createWriter();
    for (const batch of batchesOf(RUN, { batchRows: 6 })) await writer.append(batch);
    writer.recordEvent(STARTED);
    await writer.stop();
    await writer.stop();
    const run = await openRun(writer.folder);
    expect(run).toMatchObject({ status: "interrupted" });
    expect(run.explanation).toContain("with the results of 20 of them, and its event log");
    await expect(run.verify()).rejects.toMatchObject({ code: "run_not_committed", message: run.explanation });
    await expect(writer.append(batchesOf(RUN)[0]!)).rejects.toMatchObject({ code: "internal" });
  });

  test("with a part that cannot be read is an error", async () => {
    const writer = await createWriter();
    await writer.append(batchesOf(RUN)[0]!);
    await writer.stop();
    writeFileSync(join(writer.folder, "parts", "part-000001.parquet"), "PAR1 cut off");
    await expect(openRun(writer.folder)).rejects.toMatchObject({ code: "run_damaged" });
  });

  test("that does not exist is an error", async () => {
    await expect(openRun("/no/such/run")).rejects.toMatchObject({ code: "run_not_found" });
  });

  test("that is no folder, or one of something else, is not taken for a run that stopped", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "notes.txt");
    writeFileSync(file, "no run");
    await expect(openRun(file)).rejects.toMatchObject({
      code: "run_not_found",
      message: `run folder ${file}: is a file, not a folder`,
    });
    await expect(openRun(folder)).rejects.toMatchObject({
      code: "run_not_found",
      message: `run folder ${folder}: has something that is no run`,
    });
  });
});

describe("a damaged run is refused", () => {
  test("when files are missing or of another size, with all of them named", async () => {
    const folder = copyRun();
    rmSync(join(folder, "models.parquet"));
    truncateSync(join(folder, "terms.parquet"), 100);
    await expect(openRun(folder)).rejects.toMatchObject({
      code: "run_damaged",
      message: expect.stringMatching(
        /: models\.parquet is missing; terms\.parquet has 100 bytes, the manifest says \d+$/,
      ),
    });
  });

  test.each([
    ["is cut off", (text: string) => text.slice(0, 100), "not JSON"],
    ["is a list", () => "[]", "not a JSON object"],
    [
      "is of a newer manyfit",
      (text: string) => text.replace('"format": 1', '"format": 2'),
      "format 2 is of a newer manyfit, this one reads up to 1",
    ],
    [
      "is of no format",
      (text: string) => text.replace('"format": 1', '"format": "x"'),
      '"format" is missing or not what it should be',
    ],
    ["has no digest", (text: string) => text.replace('"digest"', '"dig"'), '"digest" is missing'],
    [
      "has no keys",
      (text: string) => text.replace('"column": "store"', '"col": "store"'),
      '"keys" is missing',
    ],
    ["has no schema", (text: string) => text.replace('"terms": [', '"term": ['), '"resultSchema" is missing'],
  ])("when its manifest %s", async (_, edit, message) => {
    const folder = copyRun();
    editManifest(folder, edit);
    await expect(openRun(folder)).rejects.toMatchObject({
      code: "run_damaged",
      message: expect.stringContaining(message),
    });
  });
});

describe("the verification of a run", () => {
  async function found(folder: string): Promise<string[]> {
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as {
      files: { name: string; bytes: number }[];
    };
    for (const file of manifest.files) file.bytes = readFileSync(join(folder, file.name)).length;
    writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
    const run = await openRun(folder);
    return (await run.verify()).map(({ what, expected, found }) => {
      expect(found).not.toBe(expected);
      return what;
    });
  }

  test("finds nothing in a run as it was committed", async () => {
    expect(await found(copyRun())).toEqual([]);
  });

  test("tells a table that was written anew from one whose content is another", async () => {
    const folder = copyRun();
    await rewrite(folder, "models.parquet", "from TABLE", "snappy");
    expect(await found(folder)).toEqual(["models.parquet"]);
  });

  test.each([
    [
      "a coefficient in its last bit",
      "models.parquet",
      "select * replace ([coefficients[1], nextafter(coefficients[2], 1e9), coefficients[3]] as coefficients) from TABLE",
    ],
    [
      "a row count",
      "ledger.parquet",
      "select * replace (case when partition = 3 then rows_used + 1 else rows_used end as rows_used) from TABLE",
    ],
    [
      "a key",
      "ledger.parquet",
      "select * replace (case when partition = 19 then store + 1 else store end as store) from TABLE",
    ],
    [
      "the number of a partition",
      "ledger.parquet",
      "select * replace (case when partition = 19 then 25 else partition end as partition) from TABLE",
    ],
    [
      "a state",
      "ledger.parquet",
      "select * replace (case when partition = 3 then 'failed' else state end as state) from TABLE",
    ],
    [
      "a state that is none",
      "ledger.parquet",
      "select * replace (case when partition = 3 then 'fine' else state end as state) from TABLE",
    ],
    ["the order of rows", "ledger.parquet", "from TABLE order by partition desc"],
    ["the order of models", "models.parquet", "from TABLE order by partition desc"],
    ["the order of keys", "ledger.parquet", "select * replace (-store as store) from TABLE"],
    ["one ledger row less", "ledger.parquet", "from TABLE where partition < 19"],
    ["one model less", "models.parquet", "from TABLE where partition < 19"],
    [
      "one model more",
      "models.parquet",
      "from TABLE union all (select * replace (20 as partition) from TABLE limit 1)",
    ],
  ])("finds a change of %s", async (_, name, sql) => {
    const folder = copyRun();
    await rewrite(folder, name, sql.replaceAll("TABLE", quoteText(join(folder, name))));
    expect(await found(folder)).toEqual([name, "digest"]);
  });

  test("finds a byte that changed, and a table that cannot be read", async () => {
    const folder = copyRun();
    const path = join(folder, "terms.parquet");
    const bytes = readFileSync(path);
    bytes[50]! ^= 1;
    writeFileSync(path, bytes);
    expect(await found(folder)).toEqual(["terms.parquet"]);
    appendFileSync(join(folder, "ledger.parquet"), "x");
    expect(await found(folder)).toEqual(["ledger.parquet", "terms.parquet", "digest"]);
  });
});
