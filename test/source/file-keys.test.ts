import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeKey } from "../../src/key/decode-key.ts";
import { keyAt, keyCount } from "../../src/key/key-list.ts";
import { isAscending } from "../../src/key/key-order.ts";
import { fileKeys, fileNames } from "../../src/source/file-keys.ts";
import { listFiles } from "../../src/source/list-files.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { openTestDuckdb } from "./write-source.ts";

const FILES = ["a.csv", "b/é.csv", "b/z.csv", "b-1.csv", "c/d/x y.csv", "c/d/\ud83d\ude00.csv"];

function makeFiles(): string {
  const folder = temporaryFolder();
  for (const name of FILES) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), "x\n1\n");
  }
  return folder;
}

async function namesOf(paths: readonly string[]): Promise<string[]> {
  const duckdb = await openTestDuckdb();
  const connection = await duckdb.connect();
  try {
    return fileNames(await listFiles(paths, connection), paths);
  } finally {
    connection.close();
    duckdb.close();
  }
}

describe("the key of a file", () => {
  test("is its path from the folder that was given, whether a shell or manyfit expanded a pattern", async () => {
    const folder = makeFiles();
    const names = await namesOf([folder]);
    expect([...names].sort()).toEqual([...FILES].sort());
    expect(await namesOf([`${folder}/**/*.csv`])).toEqual(names);
    expect(await namesOf(FILES.map((name) => join(folder, name)))).toEqual(names);
    expect(await namesOf([relative(process.cwd(), folder)])).toEqual(names);
  });

  test("begins where the given paths part", async () => {
    const folder = makeFiles();
    expect(await namesOf([join(folder, "c/d/x y.csv")])).toEqual(["x y.csv"]);
    expect(await namesOf([join(folder, "b"), join(folder, "c/d/x y.csv")])).toEqual([
      "b/z.csv",
      "b/é.csv",
      "c/d/x y.csv",
    ]);
  });

  test("stands in key order, which is the order of the files", async () => {
    const names = await namesOf([makeFiles()]);
    const keys = fileKeys(names);
    expect(isAscending(keys)).toBe(true);
    expect(keyCount(keys)).toBe(FILES.length);
    expect(names.map((_, i) => decodeKey(["text"], keyAt(keys, i))[0])).toEqual(names);
  });
});
