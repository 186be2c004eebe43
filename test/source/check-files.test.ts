import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { SourceFile } from "../../src/job/resolved-job.ts";
import { checkFiles } from "../../src/source/check-files.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const folder = temporaryFolder();
const NEVER = new AbortController().signal;

function written(name: string, bytes: string | Uint8Array): SourceFile {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const { size, mtimeMs } = statSync(path);
  return { path, bytes: size, modifiedAtMs: mtimeMs };
}

test("files without content and files that cannot be read are found, with the first names and how many there are", async () => {
  const gone = { ...written("gone.csv", "x\n1\n"), path: join(folder, "gone", "gone.csv") };
  const empty = ["a", "b", "c", "d"].map((name) => written(`empty-${name}.csv`, ""));
  const nothing = written("nothing.csv.gz", gzipSync(""));
  const fine = [
    written("fine.csv", "x\n1\n"),
    written("fine.csv.gz", gzipSync("x\n1\n")),
    written("cut.csv.gz", gzipSync("x\n1\n").subarray(0, 12)),
  ];
  expect(await checkFiles([...empty, nothing, gone, ...fine], NEVER)).toEqual({
    empty: { count: 4, examples: empty.slice(0, 3).map((file) => file.path) },
    packedNothing: { count: 1, examples: [nothing.path] },
    unreadable: { count: 1, examples: [gone.path] },
  });
  expect(await checkFiles(fine, NEVER)).toEqual({ empty: null, packedNothing: null, unreadable: null });
});

test("NDJSON without a line is a file without rows, which does not fail; a packed file without a byte is damaged", async () => {
  const none = [written("none.ndjson", ""), written("none.jsonl.gz", gzipSync(""))];
  expect(await checkFiles(none, NEVER)).toEqual({ empty: null, packedNothing: null, unreadable: null });
  const damaged = written("damaged.ndjson.gz", "");
  expect(await checkFiles([...none, damaged], NEVER)).toEqual({
    empty: { count: 1, examples: [damaged.path] },
    packedNothing: null,
    unreadable: null,
  });
});

test("nothing is looked at any more when it is told to stop", async () => {
  await expect(checkFiles([written("one.csv", "x\n")], AbortSignal.abort())).rejects.toMatchObject({
    name: "AbortError",
  });
});
