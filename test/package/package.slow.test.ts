import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** What npm and the test runner tell the processes that they start; how to reach a registry is not among it. */
const OF_RUNNER =
  /^(npm_(package|lifecycle|command|execpath|node_execpath|config_(local|global)?_?prefix)|NODE_OPTIONS|NODE_ENV|VITEST)/i;

/** As a shell of somebody else's has it: nothing of the npm that runs these tests. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_RUNNER.test(name)));

/** Nobody can stop a child that is waited for but its own limit. */
const LIMIT_MS = 240_000;

interface PackedFile {
  readonly path: string;
}

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly PackedFile[];
}

function npm(folder: string, ...args: string[]): string {
  return execFileSync("npm", args, {
    cwd: folder,
    env: ENVIRONMENT,
    encoding: "utf8",
    stdio: "pipe",
    timeout: LIMIT_MS,
  });
}

describe("the package", () => {
  let packed: Packed;
  let prefix: string;
  let folder: string;

  beforeAll(() => {
    const place = temporaryFolder();
    packed = (
      JSON.parse(npm(PROJECT, "pack", "--ignore-scripts", "--json", "--pack-destination", place)) as Packed[]
    )[0]!;
    prefix = join(place, "global");
    folder = join(place, "empty");
    mkdirSync(prefix);
    mkdirSync(folder);
    const tarball = join(place, packed.filename);
    npm(
      folder,
      "install",
      "--global",
      "--prefix",
      prefix,
      "--omit=dev",
      "--prefer-offline",
      "--no-audit",
      tarball,
    );
  }, 300_000);

  const manyfit = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(join(prefix, "bin", "manyfit"), args, { cwd: folder, env: ENVIRONMENT, encoding: "utf8" });

  test("holds what is built and nothing of tests, benchmarks or examples", () => {
    const paths = packed.files.map((file) => file.path);
    const needed = ["python/manyfit_host/__main__.py", "python/manyfit_spark/shim.py"];
    const spark = "proto/spark/connect/base_pb.js";
    const known = ["dist/index.js", "dist/index.d.ts", "dist/cli/main.js", "README.md", "LICENSE"];
    for (const path of [...known, ...needed, spark]) expect(paths).toContain(path);
    const isMeant =
      /^(dist\/|python\/manyfit_(host|spark)\/\w+\.py$|proto\/spark\/connect\/\w+_pb\.js$|README|LICENSE|CHANGELOG|package\.json)/;
    expect(paths.filter((path) => !isMeant.test(path))).toEqual([]);
    expect(paths.filter((path) => path.endsWith(".tsbuildinfo"))).toEqual([]);
    expect(packed.size).toBeLessThan(1_200_000);
  });

  test("is what publint would have it be", () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(PROJECT, "node_modules/publint/src/cli.js"), "--strict"],
      { cwd: PROJECT, encoding: "utf8" },
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining("All good") });
  });

  test("works without development dependencies, installed for all in an empty folder", () => {
    const modules = join(prefix, "lib", "node_modules", "manyfit", "node_modules");
    expect(existsSync(join(modules, "vitest"))).toBe(false);
    expect(existsSync(join(modules, "typescript"))).toBe(false);
    expect(manyfit("--version").stdout).toMatch(/\d+\.\d+\.\d+/);
    for (const slope of [2, 3]) {
      const rows = Array.from({ length: 20 }, (_, x) => `${x},${slope * x + (x % 3)}`);
      writeFileSync(join(folder, `slope-${slope}.csv.gz`), gzipSync(["x,y", ...rows, ""].join("\n")));
    }
    const trained = manyfit(
      "train",
      "slope-2.csv.gz",
      "slope-3.csv.gz",
      "--per-file",
      "--target",
      "y",
      "--json",
    );
    expect(trained.status).toBe(0);
    expect(JSON.parse(trained.stdout)).toMatchObject({ counts: { states: { fitted: 2 } } });
  });

  test("runs a trainer that imports manyfit from a folder where it is not installed", () => {
    const trainer = `import { defineTrainer, type Table } from "manyfit";
      const mean = (table: Table): number => table.numbers("y").reduce((sum, y) => sum + y, 0) / table.rowCount;
      export default defineTrainer({
        columns: ["y"],
        fit: ({ table }) => ({ model: { mean: mean(table) } }),
        predict: ({ model, table }) => ({ prediction: new Float64Array(table.rowCount).fill(model.mean) }),
      });`;
    writeFileSync(join(folder, "trainer.ts"), trainer);
    const trained = manyfit(
      "train",
      "slope-2.csv.gz",
      "slope-3.csv.gz",
      "--per-file",
      "--trainer",
      "trainer.ts",
    );
    expect(trained).toMatchObject({ status: 0 });
    const predicted = manyfit(
      "predict",
      "latest",
      "slope-2.csv.gz",
      "slope-3.csv.gz",
      "--out",
      "predictions.csv",
    );
    expect(predicted).toMatchObject({ status: 0 });
    expect(readFileSync(join(folder, "predictions.csv"), "utf8").split("\n")).toHaveLength(42);
  });

  test("is documented, every export of it", () => {
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      [join(PROJECT, "node_modules/typedoc/bin/typedoc"), "--emit", "none"],
      { cwd: PROJECT, encoding: "utf8" },
    );
    expect({ status, output: stdout + stderr }).toEqual({ status: 0, output: expect.any(String) });
  });
});
