import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { progressLine, progressLogLine } from "../../src/cli/progress-line.ts";
import {
  foldProgress,
  INITIAL_PROGRESS,
  type ProgressState,
  phasePace,
} from "../../src/cli/progress-state.ts";
import { COLOUR_STYLE, PLAIN_STYLE } from "../../src/cli/style.ts";
import { textWidth } from "../../src/cli/text-width.ts";
import type { Phase, RunEvent, StateCounts } from "../../src/index.ts";

const NO_COUNTS: StateCounts = { fitted: 0, skipped: 0, failed: 0, timed_out: 0, lost: 0 };

const STARTED: RunEvent = { type: "run.started", atMs: 0, version: 1, run: "r", engine: "local", workers: 2 };

function phase(atMs: number, name: Phase, total: number | null): RunEvent {
  const unit = name === "fitting" || name === "committing" ? "partitions" : "rows";
  return { type: "phase.started", atMs, phase: name, total, unit };
}

function read(atMs: number, done: number): RunEvent {
  return { type: "phase.progressed", atMs, phase: "exchanging", done };
}

function fitted(atMs: number, counts: Partial<StateCounts>): RunEvent {
  const task = { task: 0, worker: 0, attempt: 0, durationMs: 1 };
  return { type: "task.finished", atMs, ...task, counts: { ...NO_COUNTS, ...counts } };
}

function stateAfter(...events: RunEvent[]): ProgressState {
  return events.reduce(foldProgress, INITIAL_PROGRESS);
}

function lineOf(state: ProgressState, nowMs: number, width = 120): string {
  return progressLine(state, { nowMs, width, style: PLAIN_STYLE });
}

describe("the live line", () => {
  test("is empty before the first phase and after the run", () => {
    expect(lineOf(INITIAL_PROGRESS, 0)).toBe("");
    const committed: RunEvent = { type: "run.committed", atMs: 9, counts: NO_COUNTS, digest: "" };
    expect(lineOf(stateAfter(STARTED, phase(1, "fitting", 5), committed), 10)).toBe("");
  });

  test("tells phase and time where nothing else is known", () => {
    expect(lineOf(stateAfter(STARTED, phase(0, "reading", null)), 1240)).toBe("reading     1.2 s");
  });

  test("has bar, share, amount, rate and time", () => {
    const state = stateAfter(STARTED, phase(1000, "exchanging", 6_000_000), read(2000, 1_500_000));
    expect(lineOf(state, 2000)).toBe(
      "exchanging  █████░░░░░░░░░░░░░░░   25 %  1,500,000 of 6,000,000 rows  1,500,000/s  2.0 s",
    );
  });

  test("says an end only after two seconds and a twentieth of the phase", () => {
    const events = [STARTED, phase(0, "exchanging", 1000)];
    expect(lineOf(stateAfter(...events, read(1900, 500)), 1900)).not.toContain("~");
    expect(lineOf(stateAfter(...events, read(9000, 49)), 9000)).not.toContain("~");
    expect(lineOf(stateAfter(...events, read(4000, 250)), 4000)).toContain("4.0 s, ~12 s to exchange");
    expect(lineOf(stateAfter(...events, read(4000, 999)), 4000)).toContain("~1 s to exchange");
    expect(lineOf(stateAfter(STARTED, phase(0, "reading", null)), 60_000)).not.toContain("~");
  });

  test("counts the rate of fitting from where the phase began: fits overlap with reading", () => {
    const state = stateAfter(
      ...[STARTED, phase(0, "exchanging", 10), fitted(900, { fitted: 600 })],
      ...[phase(1000, "fitting", 1000), fitted(3000, { fitted: 200 })],
    );
    expect(phasePace(state, 3000)).toMatchObject({ done: 800, perSecond: 100, leftMs: 2000 });
    expect(lineOf(state, 3000)).toContain("80 %  800 of 1,000 partitions  100/s  3.0 s, ~2 s to fit");
  });

  test("holds the rate between events, and lowers it when nothing comes for long", () => {
    const state = stateAfter(STARTED, phase(0, "exchanging", 1000), read(4000, 400));
    expect(phasePace(state, 4000)).toMatchObject({ perSecond: 100, leftMs: 6000 });
    expect(phasePace(state, 5000)).toMatchObject({ perSecond: 100, leftMs: 5000 });
    expect(phasePace(state, 10_000)!.perSecond).toBe(50);
  });

  test("counts one as one", () => {
    const fitting = stateAfter(STARTED, phase(0, "fitting", 1));
    expect(lineOf(fitting, 1000)).toContain("  1 partition  ");
    expect(progressLogLine(stateAfter(STARTED, phase(0, "committing", 1)), 0)).toBe("committing 1 partition");
    expect(progressLogLine(stateAfter(STARTED, phase(0, "exchanging", null), read(1, 1)), 1)).toContain(
      "1 row,",
    );
  });

  test("names partitions that went wrong, and not those that were skipped", () => {
    const counts = { fitted: 5, skipped: 4, failed: 3, timed_out: 2, lost: 1 };
    const line = lineOf(stateAfter(STARTED, phase(0, "fitting", 20), fitted(10, counts)), 10);
    expect(line).toMatch(/15 of 20 partitions {2}10 ms {2}3 failed, 2 timed out, 1 lost$/);
  });

  test("has no bar where the phase does not say how far it is", () => {
    expect(lineOf(stateAfter(STARTED, phase(0, "committing", 187)), 500)).toBe(
      "committing  187 partitions  0.5 s",
    );
  });

  test.each([
    [
      120,
      "fitting     ██████████░░░░░░░░░░   50 %  100,000 of 200,000 partitions  25,000/s  4.0 s, ~4 s to fit  7 failed",
    ],
    [
      100,
      "fitting     █████░░░░░   50 %  100,000 of 200,000 partitions  25,000/s  4.0 s, ~4 s to fit  7 failed",
    ],
    [90, "fitting     █████░░░░░   50 %  100,000 of 200,000 partitions  4.0 s, ~4 s to fit  7 failed"],
    [70, "fitting      50 %  100,000 of 200,000 partitions  7 failed"],
    [40, "fitting      50 %  7 failed"],
    [12, "fitting   "],
    [5, "fitt…"],
  ])("in %i cells leaves out what tells least", (width, line) => {
    const counts = { fitted: 99_993, failed: 7 };
    const state = stateAfter(STARTED, phase(0, "fitting", 200_000), fitted(4000, counts));
    expect(lineOf(state, 4000, width)).toBe(line);
  });

  test("colours phase, bar and trouble only", () => {
    const state = stateAfter(STARTED, phase(0, "fitting", 2), fitted(10, { failed: 1 }));
    const line = progressLine(state, { nowMs: 10, width: 80, style: COLOUR_STYLE });
    expect(line).toBe(
      `\u001b[1mfitting   \u001b[22m  \u001b[32m${"█".repeat(10)}${"░".repeat(10)}\u001b[39m   50 %  1 of 2 partitions  10 ms  \u001b[33m1 failed\u001b[39m`,
    );
  });

  test("is never wider than told and never breaks, whatever happens", () => {
    const count = fc.integer({ min: 0, max: 10 ** 9 });
    const time = fc.integer({ min: 0, max: 10 ** 8 });
    const event = fc.oneof(
      fc.tuple(time, count).map(([atMs, done]) => read(atMs, done)),
      fc.tuple(time, count, count).map(([atMs, ok, bad]) => fitted(atMs, { fitted: ok, failed: bad })),
      fc
        .tuple(
          time,
          fc.constantFrom<Phase>("reading", "exchanging", "fitting", "committing"),
          fc.option(count),
        )
        .map(([atMs, name, total]) => phase(atMs, name, total)),
    );
    fc.assert(
      fc.property(fc.array(event), time, fc.integer({ min: 1, max: 150 }), (events, nowMs, width) => {
        const line = lineOf(stateAfter(STARTED, ...events), nowMs, width);
        expect(textWidth(line)).toBeLessThanOrEqual(width);
        expect(line).toMatch(/^[^\p{Cc}]*$/u);
        expect(line).not.toMatch(/NaN|Infinity|undefined|null/);
      }),
    );
  });
});

describe("a line of the log", () => {
  test("says the same without bar and colours", () => {
    const events = [STARTED, phase(0, "fitting", 1000)];
    expect(progressLogLine(stateAfter(...events), 0)).toBe("fitting 1,000 partitions");
    expect(progressLogLine(stateAfter(...events, fitted(5000, { fitted: 240, failed: 10 })), 5000)).toBe(
      "fitting 250 of 1,000 partitions (25 %), 50/s, 5.0 s, ~15 s to fit, 10 failed",
    );
    expect(progressLogLine(stateAfter(STARTED, phase(0, "reading", null)), 0)).toBe("reading");
  });
});
