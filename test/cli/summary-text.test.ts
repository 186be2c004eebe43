import { expect, test } from "vitest";
import { PLAIN_STYLE } from "../../src/cli/style.ts";
import { headlines, type SummarisedRun } from "../../src/cli/summary-text.ts";
import type { RunCounts, StateCounts } from "../../src/index.ts";

function lineOf(states: Partial<StateCounts>, rows: Partial<RunCounts>): string {
  const all = { fitted: 0, skipped: 0, failed: 0, timed_out: 0, lost: 0, ...states };
  const run: SummarisedRun = {
    counts: {
      partitions: Object.values(all).reduce((sum, count) => sum + count, 0),
      states: all,
      reasons: { no_rows: 0, too_few_rows: 0 },
      ...{ rowsRead: 100, rowsUsed: 100, rowsDropped: 0, rowsHeldOut: 0 },
      ...rows,
    },
    durationMs: 1000,
    sources: [],
    job: { partitioning: { kind: "by", columns: ["k"] } },
  };
  return headlines(run, { width: 300, style: PLAIN_STYLE }).join(" ");
}

test("the rows of a run are told with those that were dropped or held out", () => {
  expect(lineOf({ fitted: 5 }, {})).toContain(" · 100 rows · ");
  expect(lineOf({ fitted: 5 }, { rowsDropped: 3, rowsHeldOut: 1000 })).toContain(
    " · 100 rows (3 dropped, 1,000 held out) · ",
  );
});

test("whose rows are not known is told, whether they were lost or timed out", () => {
  expect(lineOf({ fitted: 5, lost: 1 }, {})).toContain("100 rows (those of 1 lost partition not known)");
  expect(lineOf({ fitted: 5, timed_out: 2 }, {})).toContain(
    "100 rows (those of 2 lost or timed-out partitions not known)",
  );
});
