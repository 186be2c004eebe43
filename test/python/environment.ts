import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import { findPythonForTests, pythonEnvironment } from "../../scripts/python-environment.mjs";

/** Python with the packages of a requirements file, or why there is none. */
export type PythonForTests = { readonly path: string } | { readonly reason: string };

/** The lowest versions have wheels for this Python and the one before. */
const TOO_NEW_FOR_LOWEST = [3, 13] as const;

/**
 * The environment of `requirements.txt`, or of `requirements-lowest.txt`; made where it is not there yet, which takes a minute
 * or two.
 */
export async function pythonWith(versions: "newest" | "lowest"): Promise<PythonForTests> {
  const below = versions === "newest" ? null : TOO_NEW_FOR_LOWEST;
  const python = findPythonForTests(below);
  if (python === null)
    return {
      reason: `there is no Python 3.11 or later${below === null ? "" : `, below ${below.join(".")}`}`,
    };
  const file = versions === "newest" ? "requirements.txt" : "requirements-lowest.txt";
  try {
    return { path: await pythonEnvironment(fileURLToPath(new URL(file, import.meta.url)), python) };
  } catch (thrown) {
    return { reason: `no environment could be made: ${(thrown as Error).message}` };
  }
}

/**
 * The context of a test goes on where there is Python, and gives its path. Elsewhere the test is listed as skipped, with the
 * reason; on CI (`CI=true`) it fails, so that nobody takes it for passed.
 */
export function needPython(context: Pick<TestContext, "skip">, python: PythonForTests): string {
  if ("path" in python) return python.path;
  if (process.env["CI"] === "true") throw new Error(python.reason);
  return context.skip(python.reason);
}
