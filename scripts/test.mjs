import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installIfNeeded } from "./install.mjs";
import { runStep, STEPS } from "./step.mjs";
import { countTests, formatCounts } from "./test-counts.mjs";

const NOT_TESTED = { passed: 0, failed: 1, skipped: 0, remarks: [] };

/** @returns {Promise<import("./test-counts.mjs").TestCounts>} */
async function runEverything() {
  console.log(`Node ${process.versions.node}`);
  await installIfNeeded();
  for (const name of /** @type {const} */ (["build", "lint", "types"])) {
    const { isOk } = await runStep(name, STEPS[name]);
    if (!isOk)
      return {
        ...NOT_TESTED,
        remarks: [`stopped at ${name}: it says why above; npm run ${name} repeats it`],
      };
  }
  // Where there is no Python it says so, and the tests that need it are listed as skipped; on CI they fail.
  await runStep("python", { args: ["scripts/python-environment.mjs"], isLive: true });
  return runTests();
}

async function runTests() {
  const folder = mkdtempSync(join(tmpdir(), "manyfit-test-"));
  const reportFile = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
    const { isOk } = await runStep("tests", {
      args: ["node_modules/vitest/vitest.mjs", "run", ...reporters],
      env: { MANYFIT_QUICK: "0" },
      isLive: true,
    });
    return countTests(readReport(reportFile), { isOk, isSkipFailure: process.env["CI"] === "true" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} path */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

const counts = await runEverything().catch((error) => ({ ...NOT_TESTED, remarks: [error.message] }));
for (const remark of counts.remarks) console.log(remark);
console.log(formatCounts(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;
