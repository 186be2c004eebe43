import { dirname } from "node:path";
import { describe, expect } from "vitest";
import { textWidth } from "../../src/cli/text-width.ts";
import type { Diagnosis } from "../../src/index.ts";
import { barePython } from "../python/bare-python.ts";
import { test } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli, runOnTerminal } from "./run-cli.ts";

const NOBODY = { MANYFIT_PYTHON: "", VIRTUAL_ENV: "", CONDA_PREFIX: "" };

describe("manyfit doctor", () => {
  test("ends with 0 where all is there", async ({ python }) => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await runCli(["doctor", "--python", python], { cwd, env: NOBODY });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Every run\n {2}ok {6}manyfit {7}\d/);
    expect(stdout).toMatch(/\n\nTrainers in Python\n {2}ok {6}Python/);
    expect(stdout).toMatch(/\n\nNothing is broken\.\n$/);
    expect(stdout).toMatch(/^ {2}ok {6}pandas {8}\d/m);
  });

  test("ends with 1 where a Python that was named lacks packages, and writes JSON", async ({ python }) => {
    const cwd = temporaryFolder();
    const env = { ...NOBODY, MANYFIT_PYTHON: barePython(python) };
    const { code, stdout } = await runCli(["doctor", "--json"], { cwd, env });
    expect(code).toBe(1);
    const { isOk, findings } = JSON.parse(stdout) as Diagnosis;
    expect(isOk).toBe(false);
    expect(findings.find(({ name }) => name === "Python")!.facts["foundBy"]).toBe("MANYFIT_PYTHON");
    expect(findings.filter(({ state }) => state === "broken").map(({ name }) => name)).toContain("pandas");
  });

  test("ends with 0 where there is no Python and nobody named one", async ({ python }) => {
    expect(python).not.toBe("");
    const env = { ...NOBODY, PATH: temporaryFolder() };
    const { code, stdout } = await runCli(["doctor"], { cwd: temporaryFolder(), env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}absent {2}Python/m);
  });

  test("fits into 80 columns of a terminal, in colours, but for paths and commands", async ({ python }) => {
    const env = { ...NOBODY, PATH: `${dirname(python)}:${process.env["PATH"]}` };
    const line = "$manyfit doctor";
    const { stdout } = await runOnTerminal(line, { cwd: temporaryFolder(), env, columns: 80 });
    expect(stdout).toContain("\u001b[32m");
    const long = stdout.split(/\r?\n/).filter((text) => textWidth(text) > 80 && !text.includes("/"));
    expect(long).toEqual([]);
  });
});

test("DuckDB that cannot be loaded is told in a sentence, by whatever command", async () => {
  // npm leaves native packages out with --omit=optional: Node does not find them then.
  const hooks = `export async function resolve(name, context, next) {
    if (name.startsWith("@duckdb/")) throw new Error("Cannot find module '@duckdb/node-bindings-linux-x64'");
    return next(name, context);
  }`;
  const loader = `import { register } from "node:module"; register("data:text/javascript,${encodeURIComponent(hooks)}");`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(loader)}` };
  const { code, stdout, stderr } = await runCli(["doctor"], { cwd: temporaryFolder(), env });
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(
    /^manyfit: DuckDB cannot be loaded by Node v\S+ on \w+ \w+: Cannot find module '@duckdb\/[\w-]+'; install manyfit anew with npm install, without --omit=optional\n$/,
  );
});
