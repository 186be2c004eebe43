import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectFolder } from "../../scripts/step.mjs";
import { fakePython } from "../python/bare-python.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Makes the environments of the tests with nothing but this folder on the path. */
function makeWith(folder: string): string {
  const { status, stdout } = spawnSync(process.execPath, ["scripts/python-environment.mjs"], {
    cwd: projectFolder,
    env: { ...process.env, PATH: folder, MANYFIT_TEST_PYTHON: "" },
    encoding: "utf8",
  });
  expect(status).toBe(0);
  return stdout;
}

const SKIPPED =
  "tests that need it are skipped: there is no Python 3.11 or later on the path that can make environments (on Debian: apt-get install python3 python3-venv)";

test("a machine without Python, or with one that cannot make environments, is told what it skips", () => {
  const nothing = temporaryFolder();
  expect(makeWith(nothing).trim().split("\n")).toEqual(
    ["newest", "lowest", "lint"].map((name) => `${name}: ${SKIPPED}`),
  );
  const old = fakePython("echo 3.10.2; echo /usr/bin/python3");
  writeFileSync(join(old, "..", "python3"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  expect(makeWith(join(old, ".."))).toContain(`newest: ${SKIPPED}`);
});
