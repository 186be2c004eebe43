import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../temporary-folder.ts";

/**
 * Runs a script in a Python process that knows nothing of manyfit, with one thread for linear algebra, and gives what it
 * prints. It may read `input`.
 */
export function runPlainPython(python: string, script: string, input = ""): string {
  const env = { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1", PYTHONHASHSEED: "0" };
  const { status, stdout, stderr } = spawnSync(python, ["-c", script], { env, input, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** Loads models by plain `joblib.load` in another process, after `setup`, and gives what `code` prints of each `model`. */
export function loadByJoblib(
  python: string,
  models: readonly Uint8Array[],
  code: string,
  setup = "",
): string {
  const folder = temporaryFolder();
  const paths = models.map((model, i) => {
    const path = join(folder, `${i}.joblib`);
    writeFileSync(path, model);
    return path;
  });
  const script = `import sys, joblib\n${setup}\nfor path in sys.stdin.read().split():\n    model = joblib.load(path)\n    ${code}`;
  return runPlainPython(python, script, paths.join("\n"));
}
