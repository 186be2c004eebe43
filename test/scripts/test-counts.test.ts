import { describe, expect, test } from "vitest";
import { countTests, formatCounts } from "../../scripts/test-counts.mjs";

/** A report of files, each given as the states of its tests. */
function report(...files: readonly (readonly string[])[]) {
  return {
    testResults: files.map((states) => ({
      status: states.includes("failed") ? "failed" : "passed",
      assertionResults: states.map((status, index) => ({ status, fullName: `test ${index}` })),
    })),
  };
}

const BROKEN_FILE = { status: "failed", assertionResults: [] };

describe("the counts of a test run", () => {
  test("are those of its tests", () => {
    const counts = countTests(report(["passed", "passed"], ["failed", "passed"]), {
      isOk: false,
      isSkipFailure: true,
    });
    expect(counts).toEqual({ passed: 3, failed: 1, skipped: 0, remarks: [] });
  });

  test("have one failure when the run left no report", () => {
    expect(countTests(null, { isOk: true, isSkipFailure: false })).toMatchObject({ passed: 0, failed: 1 });
  });

  test("have one failure when nothing ran, whatever the exit code", () => {
    for (const isOk of [true, false]) {
      expect(countTests(report(), { isOk, isSkipFailure: false })).toMatchObject({ passed: 0, failed: 1 });
    }
  });

  test("have one failure when all tests passed and the run failed", () => {
    const counts = countTests(report(["passed"]), { isOk: false, isSkipFailure: false });
    expect(counts).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
      remarks: ["the test run failed outside of its tests"],
    });
  });

  test("have one failure for each file that could not be loaded", () => {
    const { testResults } = report(["passed"], ["failed"]);
    const broken = { testResults: [...testResults, BROKEN_FILE, BROKEN_FILE] };
    expect(countTests(broken, { isOk: false, isSkipFailure: false })).toMatchObject({ passed: 1, failed: 3 });
  });

  test("show skipped tests beside the others", () => {
    const counts = countTests(report(["passed", "skipped", "todo", "pending"]), {
      isOk: true,
      isSkipFailure: false,
    });
    expect(counts).toMatchObject({ passed: 1, failed: 0, skipped: 3 });
    expect(counts.remarks).toContain("skipped: test 1");
  });

  test("take skipped tests for failed ones where they are told to", () => {
    const counts = countTests(report(["passed", "skipped"]), { isOk: true, isSkipFailure: true });
    expect(counts).toMatchObject({ passed: 1, failed: 1, skipped: 0 });
    expect(counts.remarks).toEqual(["skipped, which counts as failed: test 1"]);
  });

  test("have a failure when all tests were skipped", () => {
    const counts = countTests(report(["skipped"]), { isOk: true, isSkipFailure: false });
    expect(counts).toMatchObject({ passed: 0, failed: 1, skipped: 1 });
  });
});

test("the closing line names skipped tests only when there are some", () => {
  expect(formatCounts({ passed: 212, failed: 0, skipped: 0 })).toBe("212 passed, 0 failed");
  expect(formatCounts({ passed: 210, failed: 1, skipped: 2 })).toBe("210 passed, 1 failed, 2 skipped");
});
