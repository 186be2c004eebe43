import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { findPythonForTests, pythonEnvironment } from "../../scripts/python-environment.mjs";
import { test } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A requirements file with these lines, and an empty folder for environments. */
function places(lines: string) {
  const folder = temporaryFolder();
  const requirements = join(folder, "requirements.txt");
  writeFileSync(requirements, lines);
  return { requirements, root: join(folder, "environments") };
}

describe("the environment of a requirements file", () => {
  test("is made once, by whoever comes first, and has another place when the file changes", async ({
    python,
  }) => {
    const { requirements, root } = places("# nothing\n");
    const interpreter = { path: python, version: "3.11.0" };
    const [first, second] = await Promise.all(
      [1, 2].map(() => pythonEnvironment(requirements, interpreter, root)),
    );
    expect(second).toBe(first);
    expect(existsSync(first!)).toBe(true);
    expect(readdirSync(root)).toHaveLength(1);
    writeFileSync(requirements, "# something\n");
    expect(await pythonEnvironment(requirements, interpreter, root)).not.toBe(first);
    expect(readdirSync(root)).toHaveLength(2);
  });

  test("that cannot be made says why, and leaves nothing", async ({ python }) => {
    const { requirements, root } = places("./no-such-package.whl\n");
    const made = pythonEnvironment(requirements, { path: python, version: "3.11.0" }, root);
    await expect(made).rejects.toThrow(/pip install .*requirements\.txt: ended with 1: .*no-such-package/s);
    expect(readdirSync(root)).toEqual([]);
  });

  test("waits for no process that is gone", async ({ python }) => {
    const { requirements, root } = places("# nothing\n");
    const interpreter = { path: python, version: "3.11.0" };
    const path = await pythonEnvironment(requirements, interpreter, root);
    const [name] = readdirSync(root);
    const lock = join(root, `${name}.lock`);
    writeFileSync(lock, "999999999");
    rmSync(join(root, name!), { recursive: true });
    expect(await pythonEnvironment(requirements, interpreter, root)).toBe(path);
    expect(existsSync(lock)).toBe(false);
  });
});

test("a Python for tests is new enough, and older than a bound", ({ python }) => {
  expect(python).not.toBe("");
  expect(Number(findPythonForTests()!.version.split(".")[1])).toBeGreaterThanOrEqual(11);
  expect(findPythonForTests([3, 11])).toBeNull();
});
