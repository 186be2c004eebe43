import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { GAPMINDER_JOB, runCli } from "./run-cli.ts";

/** What speaks with Spark, and what its protocol is made of. */
const OF_SPARK = /node_modules\/(@grpc|@bufbuild|@uwdata)\/|\/proto\/spark\//;

/** Everything that a command loads, as addresses: V8 tells it of processes that count what they run. */
async function loadedBy(args: readonly string[]): Promise<string[]> {
  const folder = temporaryFolder();
  const coverage = join(folder, "coverage");
  mkdirSync(coverage);
  await runCli(args, { cwd: folder, env: { NODE_V8_COVERAGE: coverage } });
  return readdirSync(coverage).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(coverage, name), "utf8")) as {
      result: readonly { readonly url: string }[];
    };
    return result.map(({ url }) => url);
  });
}

test.each([
  ["help", ["--help"]],
  ["a local run", GAPMINDER_JOB],
])("%s loads nothing of Spark", async (_, args) => {
  const loaded = await loadedBy(args);
  expect(loaded.some((url) => url.includes("/dist/cli/program.js"))).toBe(true);
  expect(loaded.filter((url) => OF_SPARK.test(url))).toEqual([]);
});

test("a run on a cluster loads what speaks with Spark", async () => {
  const loaded = await loadedBy([...GAPMINDER_JOB, "--spark", "sc://127.0.0.1:1"]);
  expect(loaded.some((url) => url.includes("node_modules/@grpc/grpc-js/"))).toBe(true);
});
