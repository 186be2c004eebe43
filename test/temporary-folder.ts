import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new empty folder that is removed when all tests have ended. */
export function temporaryFolder(): string {
  return mkdtempSync(join(process.env["MANYFIT_TEST_FOLDER"] ?? tmpdir(), "manyfit-test-"));
}
