import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { columnFromArray, float64, tableFromColumns } from "@uwdata/flechette";
import { afterAll, describe, expect } from "vitest";
import { giveFile, startExecutors } from "../../src/engine/spark/executor-start.ts";
import { fitOnSpark, type SparkFitOptions } from "../../src/engine/spark/fit-on-spark.ts";
import type { SparkKeys } from "../../src/engine/spark/prepared.ts";
import { queryRows } from "../../src/engine/spark/relations.ts";
import { endSessions, openSession } from "../../src/engine/spark/shared-session.ts";
import type { ResolvedJob, TrainerColumns } from "../../src/job/resolved-job.ts";
import type { ResultBatch } from "../../src/run/result-batch.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";
import { BUILT_IN_ESTIMATORS } from "../../src/trainer/built-in-estimators.ts";
import { createTrainer } from "../../src/trainer/create-trainer.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { test } from "./spark-test.ts";

afterAll(endSessions);

const NEVER = new AbortController().signal;

/** Keys 0.5, NULL and NaN, with so many rows that Spark gives them in several batches. */
const KEYS = [0.5, null, Number.NaN];
const ROWS_OF_KEY = 15_000;
const COLUMNS: TrainerColumns = { features: ["x"], target: "y", weights: null };
const SPEC = linearRegression({ target: "y", features: ["x"] }) as never;
const COLUMN: ReadColumn = { name: "y", type: "double", hasValidity: false, isInteger: false };

/**
 * y = 10 k + (k + 1) x for the key with number k; in the second half of the rows y is larger by 1000. `numbers` are those of the
 * keys' partitions; `counted` are the rows that were counted of the first.
 */
function prepared(
  numbers: readonly number[],
  { counted = ROWS_OF_KEY, order = [] as string[] } = {},
): SparkKeys {
  const count = KEYS.length * ROWS_OF_KEY;
  const rows = queryRows(`
    select element_at(array(0.5D, null, double('NaN')), cast(id % 3 + 1 as int)) as k0, -id as o0,
      cast(id as double) as position, cast(id % 101 as double) as c0,
      10D * (id % 3) + (id % 3 + 1) * (id % 101) + if(id < ${count / 2}, 0, 1000) as c1
    from range(0, ${count}, 1, 4)`);
  const job = {
    ...{ keyFields: [{ name: "k", type: { kind: "double" } }], limit: null, seed: 1 },
    readColumns: [{ ...COLUMN, name: "x" }, COLUMN],
    rowPolicy: { nulls: "drop", minRows: 0, holdout: { share: 0.5, rows: "last" } },
  } as unknown as ResolvedJob;
  const keys = { bytes: new Uint8Array(), offsets: new Float64Array(4) };
  const counts = Float64Array.of(counted, ROWS_OF_KEY, ROWS_OF_KEY);
  return {
    kind: "keys",
    inventory: {
      ...{ job, partitionCount: 3, keys, rows: counts, usableRows: counts },
      ...{ rowCount: count, fileRows: null },
    },
    rows,
    dictionary: {
      keys: tableFromColumns({ k0: columnFromArray(KEYS, float64()) }),
      partition: Int32Array.from(numbers),
      textBytes: [null, null],
    },
    order,
  };
}

async function fitted(
  server: string,
  of: SparkKeys,
  options: Partial<SparkFitOptions> = {},
): Promise<{ readonly batches: ResultBatch[]; readonly events: RunEvent[] }> {
  const { session } = await openSession(server, NEVER);
  const trainer = createTrainer(SPEC, COLUMNS, BUILT_IN_ESTIMATORS, of.inventory.job);
  const batches: ResultBatch[] = [];
  const events: RunEvent[] = [];
  const items = fitOnSpark(of, {
    ...{ session, signal: NEVER, nodePath: process.execPath, cores: 2, tasks: 2, bundle: null },
    partitionBytes: 2 ** 32,
    trainer: { kind: "estimator", spec: SPEC, columns: COLUMNS },
    resultSchema: trainer.resultSchema,
    limits: { timeoutMs: null, memoryBytes: null, loading: null },
    executors: await startExecutors(session, { nodePath: process.execPath, cores: 2, signal: NEVER }),
    ...options,
  });
  for await (const item of items) {
    if (item.type === "result.batch") batches.push(item);
    else events.push(item);
  }
  return { batches, events };
}

/** Estimates of each partition's terms: the intercept and the slope. */
function linesOf(batches: readonly ResultBatch[]): Map<number, readonly number[]> {
  const lines = new Map<number, readonly number[]>();
  for (const { partition, terms } of batches) {
    for (const [row, number] of partition.entries())
      lines.set(number, [...terms!.estimate.values.subarray(2 * row, 2 * row + 2)]);
  }
  return lines;
}

describe("fitting by key on a cluster", () => {
  test("fits each key's line once, NULL and NaN too, whatever their partitions' numbers", async ({
    server,
  }) => {
    const { batches, events } = await fitted(server, prepared([2, 0, 1]));
    const lines = linesOf(batches);
    expect(lines.size).toBe(3);
    for (const [key, partition] of [2, 0, 1].entries()) {
      const [intercept, slope] = lines.get(partition)!;
      expect(intercept).toBeCloseTo(10 * key, 8);
      expect(slope).toBeCloseTo(key + 1, 10);
    }
    for (const { rowsRead } of batches) expect(new Set(rowsRead)).toEqual(new Set([ROWS_OF_KEY]));
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type === "phase.started")).toHaveLength(1);
    const finished = events.filter((event) => event.type === "task.finished");
    expect(finished.map(({ task }) => task).sort()).toEqual([0, 1]);
    expect(finished.reduce((sum, { counts }) => sum + counts.fitted, 0)).toBe(3);
    const workers = batches.map(({ worker }) => worker);
    expect(Math.max(...workers)).toBeLessThan(2);
  });

  test("takes rows in the order of columns where there is one, else in that of the source", async ({
    server,
  }) => {
    const forwards = linesOf((await fitted(server, prepared([0, 1, 2]))).batches);
    const backwards = linesOf((await fitted(server, prepared([0, 1, 2], { order: ["o0"] }))).batches);
    for (const key of KEYS.keys()) {
      expect(forwards.get(key)![0]).toBeCloseTo(10 * key, 8);
      expect(backwards.get(key)![0]).toBeCloseTo(10 * key + 1000, 8);
    }
  });

  test("tells where other rows came than were counted", async ({ server }) => {
    await expect(fitted(server, prepared([0, 1, 2], { counted: ROWS_OF_KEY - 1 }))).rejects.toMatchObject({
      code: "source_changed",
    });
  });

  test("tells of a key that was not there when keys were counted", async ({ server }) => {
    const of = prepared([0, 1, 2]);
    const known = {
      ...of.dictionary,
      keys: tableFromColumns({ k0: columnFromArray([0.5, null, 7], float64()) }),
    };
    await expect(fitted(server, { ...of, dictionary: known })).rejects.toMatchObject({
      code: "source_changed",
    });
  });

  test("leaves partitions alone that have no room, and fits the others", async ({ server }) => {
    const source = prepared([0, 1, 2]);
    const { batches } = await fitted(server, source, { partitionBytes: 1 });
    const failed = batches.flatMap(({ partition, errors }) =>
      errors.map(({ row, code, message }) => [partition[row], code, message]),
    );
    expect(failed.toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual(
      [0, 1, 2].map((partition) => [
        ...[partition, "partition_too_large", expect.stringMatching(/rows need 1 MB to be fitted at once/)],
      ]),
    );
    const rows = source.inventory.rows.slice();
    rows[1] = 10 ** 9;
    const { batches: some } = await fitted(server, { ...source, inventory: { ...source.inventory, rows } });
    expect([...linesOf(some.filter(({ errors }) => errors.length === 0)).keys()].sort()).toEqual([0, 2]);
  });

  test("fits with the Node that was sent, where one was", async ({ server }) => {
    const { session } = await openSession(server, NEVER);
    const used = join(temporaryFolder(), "used");
    const packed = gzipSync(`#!/bin/sh\ntouch '${used}'\nexec '${process.execPath}' "$@"\n`);
    const sentNode = await giveFile(session, { name: "some-node.gz", bytes: packed }, NEVER);
    const started = await startExecutors(session, { nodePath: null, cores: 2, signal: NEVER });
    // All executors here have one.
    expect(started.sentNode).toBeNull();
    const options = { nodePath: null, executors: { ...started, sentNode } };
    const { batches } = await fitted(server, prepared([0, 1, 2]), options);
    expect(linesOf(batches).size).toBe(3);
    expect(existsSync(used)).toBe(true);
  });

  test("says where executors have no Node", async ({ server }) => {
    await expect(fitted(server, prepared([0, 1, 2]), { nodePath: "/no/such/node" })).rejects.toMatchObject({
      code: "spark_failed",
      message: expect.stringMatching(/^executor \d+ on .* has no Node: \/no\/such\/node is no program there/),
    });
  });
});
