import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import { commonFormat } from "../../src/source/file-format.ts";
import { listFiles } from "../../src/source/list-files.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { openTestDuckdb } from "./write-source.ts";

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

/** A folder with these files, each with a line of text. */
function folderOf(...names: readonly string[]): string {
  const folder = realpathSync(temporaryFolder());
  for (const name of names) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), "x\n");
  }
  return folder;
}

async function listed(folder: string, ...paths: readonly string[]): Promise<string[]> {
  const files = await listFiles(paths.length === 0 ? [folder] : paths, connection);
  return files.map(({ path }) => relative(folder, path));
}

describe("links", () => {
  test("a file that a link names a second time is there once, under its own name", async () => {
    const folder = folderOf("b.csv", "c.csv");
    symlinkSync(join(folder, "b.csv"), join(folder, "a-latest.csv"));
    expect(await listed(folder)).toEqual(["b.csv", "c.csv"]);
    expect(await listed(folder, join(folder, "*.csv"))).toEqual(["b.csv", "c.csv"]);
    expect(await listed(folder, join(folder, "a-latest.csv"), join(folder, "b.csv"))).toEqual(["b.csv"]);
    expect(await listed(folder, join(folder, "a-latest.csv"))).toEqual(["a-latest.csv"]);
  });

  test("a folder that is a link is looked into like any other, and its files are there once", async () => {
    const outside = folderOf("x.csv", "deep/y.csv");
    const folder = folderOf("a.csv", "real/z.csv");
    symlinkSync(outside, join(folder, "link"));
    symlinkSync(join(folder, "real"), join(folder, "again"));
    expect(await listed(folder)).toEqual(["a.csv", "link/deep/y.csv", "link/x.csv", "real/z.csv"]);
  });

  test("a link back to a folder above it ends the search there", async () => {
    const folder = folderOf("a.csv", "in/b.csv");
    symlinkSync(folder, join(folder, "in", "back"));
    expect(await listed(folder)).toEqual(["a.csv", "in/b.csv"]);
  });

  test("a link to nothing is refused by name", async () => {
    const folder = folderOf("a.csv");
    symlinkSync(join(folder, "gone"), join(folder, "b.csv"));
    await expect(listed(folder)).rejects.toMatchObject({
      code: "source_not_found",
      message: expect.stringMatching(/b\.csv: is listed and cannot be found.*a link to nothing/),
    });
  });
});

describe("a gzip file whose ending is not in small letters", () => {
  test.each(["b.csv.GZ", "B.CSV.GZ", "b.csv.Gz"])("is refused and not passed over: %s", async (name) => {
    const folder = folderOf("a.csv", name);
    for (const source of [folder, join(folder, "*")]) {
      const files = await listFiles([source], connection);
      expect(() =>
        commonFormat(
          files.map(({ path }) => path),
          null,
        ),
      ).toThrow(/its ending is not one of/);
    }
  });
});

test("a folder of more files than a call can have arguments is listed", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "in"));
  const count = 45_000;
  for (let i = 0; i < count; i++) writeFileSync(join(folder, "in", `${i}.csv`), "");
  // A thread with a small stack takes as few arguments as the main one takes files by the hundred thousand.
  const entry = join(import.meta.dirname, "../../dist/source/list-files.js");
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(workerData.entry)
      .then(({ listFiles }) => listFiles([workerData.folder], null))
      .then((files) => parentPort.postMessage(files.length));`;
  const thread = new Worker(code, {
    eval: true,
    workerData: { entry, folder },
    resourceLimits: { stackSizeMb: 0.4 },
    execArgv: [],
  });
  const found = await new Promise((done, failed) => {
    thread.once("message", done);
    thread.once("error", failed);
  });
  await thread.terminate();
  expect(found).toBe(count);
});
