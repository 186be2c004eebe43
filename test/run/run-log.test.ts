import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/run/run-event.ts";
import { NO_COUNTS } from "../../src/run/run-event.ts";
import { RunLog } from "../../src/run/run-log.ts";

const STARTED: RunEvent = { type: "run.started", atMs: 1, version: 1, run: "r", engine: "local", workers: 2 };
const SAMPLED: RunEvent = { type: "memory.sampled", atMs: 3, bytes: 5, budgetBytes: 9 };
const ENDS: readonly RunEvent[] = [
  { type: "run.committed", atMs: 2, counts: NO_COUNTS, digest: "d" },
  { type: "run.stopped", atMs: 2, reason: "failed", message: "the disk is full" },
];

describe("a run's log", () => {
  test.each(ENDS)("tells nothing behind $type", (end) => {
    const told: RunEvent[] = [];
    const kept: RunEvent[] = [];
    const log = new RunLog((event) => told.push(event));
    log.attach({ recordEvent: (event) => kept.push(event) });
    for (const event of [STARTED, end, SAMPLED]) log.add(event);
    expect(told).toEqual([STARTED, end]);
    expect(kept).toEqual(end.type === "run.stopped" ? [STARTED, end] : [STARTED]);
  });

  test("goes on when its listener throws, and keeps what came before it was attached", () => {
    const kept: RunEvent[] = [];
    const log = new RunLog(() => {
      throw new Error("the listener is broken");
    });
    log.add(STARTED);
    log.attach({ recordEvent: (event) => kept.push(event) });
    log.add(SAMPLED);
    expect(kept).toEqual([STARTED, SAMPLED]);
  });
});
