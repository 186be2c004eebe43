/**
 * @typedef {object} TestReport What vitest's JSON reporter writes, as far as it is read here.
 * @property {readonly { status: string, assertionResults: readonly { status: string, fullName: string }[] }[]} testResults
 *
 * @typedef {object} TestCounts
 * @property {number} passed
 * @property {number} failed 0 only when everything is well.
 * @property {number} skipped
 * @property {readonly string[]} remarks What else a person must know, one line each.
 */

/**
 * What a test run came to. A test file that could not be loaded counts as one failure, and so does a run that
 * failed outside of its tests or passed none. With `isSkipFailure` a skipped test is a failed one.
 *
 * @param {TestReport | null} report Null when the run left none.
 * @param {{ isOk: boolean, isSkipFailure: boolean }} run `isOk`: whether vitest ended with exit code 0.
 * @returns {TestCounts}
 */
export function countTests(report, { isOk, isSkipFailure }) {
  if (report === null) {
    return {
      passed: 0,
      failed: 1,
      skipped: 0,
      remarks: ["the test run ended before it could say what it did"],
    };
  }
  const remarks = [];
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const passed = tests.filter((test) => test.status === "passed").length;
  let failed = tests.filter((test) => test.status === "failed").length;
  failed += report.testResults.filter(isBrokenFile).length;

  const skipped = tests.filter((test) => test.status !== "passed" && test.status !== "failed");
  for (const test of skipped)
    remarks.push(`skipped${isSkipFailure ? ", which counts as failed" : ""}: ${test.fullName}`);
  if (isSkipFailure) failed += skipped.length;

  if (failed === 0 && !isOk) {
    failed = 1;
    remarks.push("the test run failed outside of its tests");
  }
  if (failed === 0 && passed === 0) {
    failed = 1;
    remarks.push("no test ran");
  }
  return { passed, failed, skipped: isSkipFailure ? 0 : skipped.length, remarks };
}

/**
 * The closing line of a test run, such as `212 passed, 0 failed` or `210 passed, 0 failed, 2 skipped`.
 *
 * @param {{ passed: number, failed: number, skipped: number }} counts
 */
export function formatCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** @param {TestReport["testResults"][number]} file */
function isBrokenFile(file) {
  return file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed");
}
