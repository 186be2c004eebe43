import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import { copyModels } from "../../src/store/copy-models.ts";
import { readStoredParquet } from "../../src/store/parquet-sql.ts";
import { listParts } from "../../src/store/run-files.ts";
import { createRunWriter, type RunWriter } from "../../src/store/run-writer.ts";
import type { TableSources } from "../../src/store/table-sql.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { shuffled, withFailures } from "./changed-run.ts";
import { batchesOf, documentRun, jobOf, type MadeRun, ORIGIN } from "./made-run.ts";

/** Models of 100 to 199 bytes, and one that is larger than a range. */
const RUN = withFailures(
  documentRun(
    Array.from({ length: 300 }, (_, i) => ({
      model: JSON.stringify("x".repeat(i === 150 ? 5000 : 98 + (i % 100))),
      metrics: {},
    })),
  ),
);

let duckdb: Duckdb;
let connection: Connection;

beforeAll(async () => {
  duckdb = await openTestDuckdb();
  connection = await duckdb.connect();
});

afterAll(() => {
  connection.close();
  duckdb.close();
});

function createWriter(run: MadeRun, onPart: () => void, flushEveryRows?: number): Promise<RunWriter> {
  const { keyFields, keys, resultSchema } = run;
  return createRunWriter({
    ...{
      duckdb,
      runsFolder: temporaryFolder(),
      id: "r",
      job: jobOf(run),
      origin: ORIGIN,
      seed: 42,
      flushEveryMs: 1e9,
    },
    ...{ keyFields, keys, resultSchema },
    ...(flushEveryRows === undefined ? {} : { flushEveryRows }),
    onWritePoint: (point) => {
      if (point === "part.renamed") onPart();
    },
  });
}

describe("models that are too large to be sorted at once", () => {
  test("come into the table in key order all the same, a range in each row group", async () => {
    const writer = await createWriter(RUN, () => undefined, 7);
    for (const batch of batchesOf(RUN, { order: shuffled(300, 5), batchRows: 7 })) await writer.append(batch);
    await writer.stop();
    const sources: TableSources = {
      keyFields: [{ name: "store", type: "integer", column: "store" }],
      keys: readStoredParquet([join(writer.folder, "parts", "keys.parquet")]),
      parts: readStoredParquet(await listParts(writer.folder)),
      resultSchema: RUN.resultSchema,
      metricsColumn: "map",
    };
    const copy = async (name: string, limits: object): Promise<[object[], number]> => {
      const path = join(temporaryFolder(), name);
      await copyModels(connection, sources, { folder: writer.folder, path, ...limits });
      const [groups] = await connection.rows<{ n: number }>(
        `select count(distinct row_group_id)::INTEGER as n from parquet_metadata('${path}')`,
      );
      return [await connection.rows(`from ${readStoredParquet([path])}`), groups!.n];
    };
    const [atOnce, one] = await copy("once.parquet", {});
    const [inRanges, many] = await copy("ranges.parquet", { sortedAtOnce: 0, rowGroupBytes: 2000 });
    expect(atOnce.length).toBe(294);
    expect(inRanges).toEqual(atOnce);
    expect(one).toBe(1);
    expect(many).toBeGreaterThan(15);
    expect((await listParts(writer.folder)).length).toBe(Math.ceil(300 / 7));
  });
});

describe("documents that are waiting", () => {
  test("are written when they have 64 MiB, however few they are", async () => {
    const bytes = 2 ** 20;
    const run = documentRun(
      Array.from({ length: 70 }, () => ({ model: new Uint8Array(bytes), metrics: {} })),
    );
    let parts = 0;
    const writer = await createWriter(run, () => {
      parts++;
    });
    const batches = batchesOf(run, { batchRows: 1 });
    for (const batch of batches.slice(0, 63)) await writer.append(batch);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(parts).toBe(0);
    await writer.append(batches[63]!);
    await expect.poll(() => parts, { timeout: 30_000 }).toBe(1);
    await writer.stop();
  });
});
