import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EtaState, foldEta, INITIAL_ETA, remainingMs } from "../../src/run/eta.ts";
import { eventsFrom } from "../../src/run/event-log.ts";
import type { RunEvent } from "../../src/run/run-event.ts";

const LOGS = join(import.meta.dirname, "logs");

/** What is said at the end counts whole seconds. */
const SLACK_MS = 500;
const TICK_MS = 50;

interface Forecast {
  readonly atMs: number;
  readonly phase: string;
  readonly saidMs: number | null;
  readonly leftMs: number;
}

/** What is said at every tick of a clock from a fifth of a run on. */
function forecastsOf(events: readonly RunEvent[]): Forecast[] {
  const startMs = events[0]!.atMs;
  const endMs = events.at(-1)!.atMs;
  const forecasts: Forecast[] = [];
  let state: EtaState = INITIAL_ETA;
  let next = 0;
  for (let nowMs = startMs + 0.2 * (endMs - startMs); nowMs < endMs; nowMs += TICK_MS) {
    while (events[next]!.atMs <= nowMs) state = foldEta(state, events[next++]!);
    const phase = state.phase?.name ?? "none";
    forecasts.push({
      atMs: nowMs - startMs,
      phase,
      saidMs: remainingMs(state, nowMs),
      leftMs: endMs - nowMs,
    });
  }
  return forecasts;
}

function isHonest({ saidMs, leftMs }: Forecast): boolean {
  if (saidMs === null) return true;
  return saidMs <= leftMs * 1.5 + SLACK_MS && saidMs >= leftMs / 1.5 - SLACK_MS;
}

describe("the end that is foreseen from the log of a real run", () => {
  const names = readdirSync(LOGS).filter((name) => name.endsWith(".ndjson"));

  test("is asked of logs of every kind", () => {
    expect(names.length).toBeGreaterThanOrEqual(9);
  });

  test.each(names)("is right within a factor of 1.5 from a fifth of the run on: %s", (name) => {
    const forecasts = forecastsOf(eventsFrom(readFileSync(join(LOGS, name), "utf8")));
    expect(forecasts.filter((forecast) => !isHonest(forecast))).toEqual([]);
  });

  test.each(names)("is said of a good part of what follows the reading: %s", (name) => {
    const forecasts = forecastsOf(eventsFrom(readFileSync(join(LOGS, name), "utf8")));
    const afterReading = forecasts.filter(({ phase }) => phase !== "reading" && phase !== "none");
    const said = afterReading.filter(({ saidMs }) => saidMs !== null);
    expect(said.length / afterReading.length).toBeGreaterThan(0.3);
  });
});

const STARTED: RunEvent = { type: "run.started", atMs: 0, version: 1, run: "r", engine: "local", workers: 2 };

function planned(partitions: number, rows: number | null, isEstimator: boolean): RunEvent {
  return { type: "run.planned", atMs: 100, partitions, rows, skips: 0, bytes: 1, isEstimator };
}

function stateAfter(...events: RunEvent[]): EtaState {
  return events.reduce(foldEta, INITIAL_ETA);
}

describe("the time that is left", () => {
  const fitting: RunEvent = {
    type: "phase.started",
    atMs: 100,
    phase: "fitting",
    total: 100,
    unit: "partitions",
  };
  const begun: RunEvent = {
    ...{ type: "task.started", atMs: 100, task: 0, worker: 0, attempt: 0 },
    ...{ partitions: 100, rows: null },
  };
  const done = (atMs: number, partitions: number): RunEvent => {
    return { type: "phase.progressed", atMs, phase: "fitting", done: partitions, rows: 0 };
  };

  test("is not known before partitions are counted", () => {
    expect(remainingMs(INITIAL_ETA, 5)).toBeNull();
    expect(remainingMs(stateAfter(STARTED), 5)).toBeNull();
  });

  test("is not known of a trainer of the user's until some of its fits have ended", () => {
    expect(remainingMs(stateAfter(STARTED, planned(100, null, false), fitting, begun), 900)).toBeNull();
  });

  test("goes by the pace of the fits, and falls while nothing is said", () => {
    const said = [done(1000, 5), done(2000, 15), done(3000, 25)];
    const state = stateAfter(STARTED, planned(100, null, false), fitting, begun, ...said);
    const left = remainingMs(state, 3000)!;
    expect(left).toBeGreaterThan(7500);
    expect(left).toBeLessThan(7700);
    expect(remainingMs(state, 3500)).toBeCloseTo(left - 500, 6);
  });

  test("grows again when the last fits take longer than the pace says", () => {
    const said = [done(1000, 5), done(2000, 50), done(3000, 95)];
    const state = stateAfter(STARTED, planned(100, null, false), fitting, begun, ...said);
    // 5 fits are 111 ms of the pace.
    expect(remainingMs(state, 3050)).toBeLessThan(150);
    expect(remainingMs(state, 63_000)).toBeGreaterThan(59_000);
  });

  test("is never negative, NaN or endless, whatever happens", () => {
    const time = fc.integer({ min: 0, max: 10 ** 9 });
    const count = fc.integer({ min: 0, max: 10 ** 7 });
    const event = fc.oneof(
      fc.tuple(time, count, fc.option(count), fc.boolean()).map(([, ...told]) => planned(...told)),
      fc
        .tuple(time, fc.constantFrom("reading", "exchanging", "fitting", "committing"), fc.option(count))
        .map(([atMs, phase, total]): RunEvent => {
          return { type: "phase.started", atMs, phase: phase as "reading", total, unit: "rows" };
        }),
      fc
        .tuple(time, fc.constantFrom("exchanging", "fitting", "committing"), count, count)
        .map(([atMs, phase, part, rows]): RunEvent => {
          return { type: "phase.progressed", atMs, phase: phase as "fitting", done: part, rows };
        }),
      fc.tuple(time).map(([atMs]): RunEvent => ({ ...begun, atMs }) as RunEvent),
    );
    fc.assert(
      fc.property(fc.array(event), time, (events, nowMs) => {
        const left = remainingMs(stateAfter(STARTED, ...events), nowMs);
        expect(left === null || (left >= 0 && Number.isFinite(left))).toBe(true);
      }),
    );
  });

  test("changes neither state nor event", () => {
    const state = Object.freeze(stateAfter(STARTED, planned(9, 9, true)));
    expect(() => foldEta(state, Object.freeze(fitting))).not.toThrow();
  });
});
