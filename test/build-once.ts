import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The exit codes with which the compiler has written everything: no errors, or errors in types only. */
const WRITTEN = [0, 2];

/**
 * Compiles `src` before any test runs: worker threads start from `dist`, so what tests start must be what they read.
 * Gives the tests a folder for what they write, and removes it at the end.
 * Types are not its matter but that of `npm run types`: a wrong type in one file leaves the tests of others running.
 */
export function setup(): () => void {
  const { status } = spawnSync(
    process.execPath,
    ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--noCheck"],
    { stdio: "inherit" },
  );
  if (status === null || !WRITTEN.includes(status)) throw new Error("the compiler did not write dist");
  // Test processes are ended without a word, so that only the one that started them can tidy up.
  const folder = mkdtempSync(join(tmpdir(), "manyfit-tests-"));
  process.env["MANYFIT_TEST_FOLDER"] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
