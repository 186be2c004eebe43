import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import { type FileReader, readFile } from "../../src/engine/local/read-file.ts";
import { inspectFiles } from "../../src/source/inspect-files.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { resolveEstimatorJob } from "../source/resolve-estimator-job.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

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

const NEVER = new AbortController().signal;

/** Keys are looked at where rows are held out by chance. */
const NO_KEYS = { bytes: new Uint8Array(0), offsets: Float64Array.of(0) };

async function readerOf(path: string): Promise<FileReader> {
  const source = plainSource([path]);
  const { schema } = await inspectFiles(source, connection);
  const job = resolveEstimatorJob(
    {
      source,
      partitioning: { kind: "file" },
      trainer: linearRegression({ target: "y", features: ["x"] }),
      seed: 0,
      ...PLAIN_JOB,
    },
    schema,
  );
  return { inventory: { job, keys: NO_KEYS }, connection, partitionBytes: 1e9, spillFolder: null };
}

/** The connection, but that something happens before its first statement. */
function withFirst(happens: () => void): Connection {
  let isFirst = true;
  return new Proxy(connection, {
    get: (target, name) => {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        if (isFirst) happens();
        isFirst = false;
        return (member as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

describe("a file that the engine reads", () => {
  test("fails where it changes between its hash and its rows: the hash is that of the rows, or of none", async () => {
    const path = join(temporaryFolder(), "a.csv");
    writeFileSync(path, "x,y\n1,2\n2,3\n");
    const reader = await readerOf(path);
    const changing = { ...reader, connection: withFirst(() => appendFileSync(path, "3,4\n")) };
    const outcome = await readFile(0, changing, NEVER);
    expect(outcome).toMatchObject({
      failure: {
        code: "source_changed",
        message: expect.stringMatching(/^changed while it was read \(12 bytes before, 16 now\)/),
      },
      file: null,
    });
    expect(await readFile(0, reader, NEVER)).toMatchObject({ rows: { rowCount: 3 }, file: { bytes: 16 } });
  });

  test("may be another one than was listed: what counts is what is read", async () => {
    const path = join(temporaryFolder(), "a.csv");
    writeFileSync(path, "x,y\n1,2\n2,3\n");
    const reader = await readerOf(path);
    writeFileSync(path, "x,y\n1,2\n2,3\n3,4\n4,5\n");
    expect(await readFile(0, reader, NEVER)).toMatchObject({ rows: { rowCount: 4 } });
  });

  test("is not read any further when its run is stopped while it is hashed", async () => {
    const path = join(temporaryFolder(), "a.csv");
    writeFileSync(path, `x,y\n${"1,2\n".repeat(3_000_000)}`);
    const reader = await readerOf(path);
    let statements = 0;
    const counting = { ...reader, connection: withFirst(() => statements++) };
    const controller = new AbortController();
    const reading = readFile(0, counting, controller.signal);
    controller.abort(new Error("stopped"));
    await expect(reading).rejects.toThrow("stopped");
    expect(statements).toBe(0);
  });
});
