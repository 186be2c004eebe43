import type { TestContext } from "vitest";
import { environmentForTests, type TEST_ENVIRONMENTS } from "../../scripts/python-environment.mjs";

/** Python with the packages of a requirements file, or why there is none. */
export type PythonForTests = { readonly path: string } | { readonly reason: string };

/**
 * The environment of `requirements.txt` (`newest`), `requirements-lowest.txt` or `requirements-lint.txt`; made where it is not
 * there yet, which takes a minute or two.
 */
export function pythonWith(versions: keyof typeof TEST_ENVIRONMENTS): Promise<PythonForTests> {
  return environmentForTests(versions);
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
