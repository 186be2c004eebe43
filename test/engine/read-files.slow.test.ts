import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import { type FileOutcome, type FileReader, readFile } from "../../src/engine/local/read-file.ts";
import { readFiles } from "../../src/engine/local/read-files.ts";
import { inspectFiles } from "../../src/source/inspect-files.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { cellsOf } from "../source/duckdb-rows.ts";
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

/** Files of rows that this process has open and that have no name any more. */
function spilledFiles(): number {
  const names = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return names.filter((name) => name.includes(".spill")).length;
}

/** Keys are looked at where rows are held out by chance. */
const NO_KEYS = { bytes: new Uint8Array(0), offsets: Float64Array.of(0) };

/** Files by name, the largest first in the order of names, and what reads them. */
async function readerOf(
  content: Readonly<Record<string, string>>,
  told: {
    readonly where?: string;
    readonly orderBy?: readonly string[];
    readonly partitionBytes?: number;
  } = {},
): Promise<FileReader & { readonly statements: string[] }> {
  const folder = join(temporaryFolder(), "files");
  mkdirSync(folder);
  for (const [name, text] of Object.entries(content)) writeFileSync(join(folder, name), text);
  const source = plainSource([folder], { where: told.where ?? null });
  const { schema, files } = await inspectFiles(source, connection);
  const { partitionBytes = 1e9 } = told;
  const trainer = linearRegression({ target: "y", features: ["x"] });
  const asked = { source, partitioning: { kind: "file" } as const, trainer, seed: 0 };
  const job = resolveEstimatorJob({ ...asked, ...PLAIN_JOB, orderBy: told.orderBy ?? [] }, schema);
  const statements: string[] = [];
  const inventory = { job: { ...job, files }, keys: NO_KEYS };
  return { inventory, connection: listening(statements), partitionBytes, spillFolder: null, statements };
}

/** The connection, with what it ran. */
function listening(statements: string[]): Connection {
  return new Proxy(connection, {
    get: (target, name) => {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== "function") return member;
      return (sql: string, ...more: unknown[]): unknown => {
        if (name === "run") statements.push(sql);
        return (member as (...args: unknown[]) => unknown).apply(target, [sql, ...more]);
      };
    },
  });
}

function shown(outcome: FileOutcome): unknown {
  if (!("rows" in outcome)) return outcome;
  const { rows, file } = outcome;
  return { file, rowCount: rows.rowCount, cells: rows.columns.map(cellsOf) };
}

/** Reads all files together, and checks that it gives what each of them gives alone. */
async function readAll(reader: FileReader): Promise<FileOutcome[]> {
  const all = [...reader.inventory.job.files.keys()];
  const together = await readFiles(all, reader, NEVER);
  const alone: FileOutcome[] = [];
  for (const partition of all) alone.push(await readFile(partition, { ...reader, connection }, NEVER));
  expect(together.map(shown)).toEqual(alone.map(shown));
  return together;
}

function table(rows: number, from = 0): string {
  const lines = Array.from({ length: rows }, (_, i) => `${i + from},${(i + from) / 7},${i % 3}\n`);
  return `x,y,z\n${lines.join("")}`;
}

describe("files that are read together", () => {
  test("have the rows that each has alone, in order, those without any among them", async () => {
    const reader = await readerOf({
      "a.csv": table(5000),
      "b.csv": "x,y,z\n",
      "c.csv": table(1, 9),
      "d.csv": "z,y,x\n5,6,7\n,,\n",
      "e.csv": "x,y,z\n",
      "f.csv": "y,other,x\n1,2,3\n",
      "g.csv": table(300, 40),
    });
    const outcomes = await readAll(reader);
    expect(outcomes.map((outcome) => ("rows" in outcome ? outcome.rows.rowCount : null))).toEqual([
      ...[5000, 0, 1, 2, 0, 1, 300],
    ]);
    expect(reader.statements.filter((sql) => sql.includes("create or replace table"))).toHaveLength(1);
  });

  test("are filtered each by its own columns", async () => {
    const reader = await readerOf(
      {
        "a.csv": table(50),
        "b.csv": "x,y,z\n1,2,0\n",
        "c.csv": "x,y\n1,2\n",
        "d.csv": "z,x,y\n1,2,3\n2,7,8\n",
      },
      { where: "z >= 1" },
    );
    const outcomes = await readAll(reader);
    expect(outcomes.map((outcome) => ("rows" in outcome ? outcome.rows.rowCount : "failure"))).toEqual([
      ...[33, 0, "failure", 2],
    ]);
  });

  test("fail each for itself, with its own message, and none for another", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `f${String(i).padStart(2, "0")}.csv`);
    const bad: Readonly<Record<number, string>> = {
      3: "x,y,z\n1,2,3\n4,oops,6\n",
      4: "x,z\n1,2\n",
      11: "",
      19: "x,y,z\n1,2,3,4\n",
    };
    const content = names.map((name, i) => [name, bad[i] ?? table(i === 0 ? 900 : 20 + i)] as const);
    const outcomes = await readAll(await readerOf(Object.fromEntries(content)));
    const failures = outcomes.flatMap((outcome, i) => ("failure" in outcome ? [[i, outcome.failure]] : []));
    expect(failures).toEqual([
      [3, expect.objectContaining({ message: expect.stringMatching(/^line 3: column "y" has "oops"/) })],
      [4, expect.objectContaining({ code: "unknown_column" })],
      [11, expect.objectContaining({ code: "source_empty" })],
      [19, expect.objectContaining({ message: expect.stringMatching(/^line 2: the row has 4 fields/) })],
    ]);
  });

  test("are read one by one where their rows are ordered", async () => {
    const reader = await readerOf(
      { "a.csv": table(40), "b.csv": "x,y,z\n3,1,1\n1,2,1\n2,3,1\n" },
      { orderBy: ["x"] },
    );
    const [, b] = await readAll(reader);
    expect(b).toMatchObject({ rows: { columns: [{ values: Float64Array.of(1, 2, 3) }, {}] } });
    expect(reader.statements.filter((sql) => sql.includes("create or replace table"))).toHaveLength(2);
  });

  test("leave no rows on disk where a later one ends all", async () => {
    const reader = await readerOf({ "a.csv": table(400), "b.csv": table(400) }, { partitionBytes: 0 });
    const spillFolder = temporaryFolder();
    const controller = new AbortController();
    // The second file is hashed when the rows of the first are on disk.
    const stopping = new Proxy(reader.inventory.job.files[1]!, {
      get: (target, name) => {
        if (name === "path" && spilledFiles() > 0) controller.abort(new Error("stopped"));
        return Reflect.get(target, name) as unknown;
      },
    });
    const job = { ...reader.inventory.job, files: [reader.inventory.job.files[0]!, stopping] };
    const inventory = { ...reader.inventory, job };
    const reading = readFiles([0, 1], { ...reader, inventory, spillFolder }, controller.signal);
    await expect(reading).rejects.toThrow("stopped");
    expect(spilledFiles()).toBe(0);
  });

  test("end with the signal", async () => {
    const reader = await readerOf({ "a.csv": table(40), "b.csv": table(5) });
    await expect(readFiles([0, 1], reader, AbortSignal.abort())).rejects.toThrow();
  });
});
