import { describe, expect, test } from "vitest";
import { forecastTimes, type Measurements, type SampledFit } from "../../src/plan/forecast.ts";

const SIZES = Float64Array.from({ length: 1000 }, (_, i) => i + 1);

/** Fits that take a microsecond a row, one after the other. */
function fitsOf(partitions: readonly number[], sizes: Float64Array = SIZES): SampledFit[] {
  return partitions.map((partition, i) => ({
    partition,
    startedAtMs: i,
    durationMs: sizes[partition]! / 1000,
  }));
}

const MEASURED: Measurements = {
  sizes: SIZES,
  fits: fitsOf([0, 99, 499, 899, 999]),
  tasksMs: 3,
  fittingMs: 2,
  workers: 2,
  readingMs: 100,
  exchangingMs: 200,
  rowCount: 500_500,
  columns: 3,
  documentBytes: 0,
};

/** All rows at a microsecond, by two workers. */
const FITTING_MS = 500.5 / 2;

describe("a forecast", () => {
  test("finds the time of all fits between those of a sample, and its phases add up", () => {
    const { reading, exchanging, fitting, committing, total } = forecastTimes(MEASURED);
    expect(fitting!.lowMs).toBeLessThan(FITTING_MS);
    expect(fitting!.highMs).toBeGreaterThan(FITTING_MS);
    expect(fitting!.highMs).toBeLessThan(2 * FITTING_MS);
    expect(total!.highMs).toBeCloseTo(
      reading.highMs + exchanging!.highMs + fitting!.highMs + committing.highMs,
    );
    // Where rows come sorted, fits and exchange go on at the same time.
    expect(total!.lowMs).toBeCloseTo(
      reading.lowMs + Math.max(exchanging!.lowMs, fitting!.lowMs) + committing.lowMs,
    );
  });

  test("does not take the largest for one of many", () => {
    const sizes = Float64Array.from(SIZES, (size) => (size === 1000 ? 1e6 : 100));
    const { fitting } = forecastTimes({ ...MEASURED, sizes, fits: fitsOf([0, 500, 999], sizes), tasksMs: 0 });
    // It alone takes a second, all others together a tenth of one.
    expect(fitting!.lowMs).toBeGreaterThan(700);
    expect(fitting!.highMs).toBeLessThan(1500);
  });

  test("knows that one fit is not shared by workers", () => {
    const sizes = Float64Array.of(10, 1e6);
    const fits = fitsOf([0, 1], sizes);
    const { fitting } = forecastTimes({
      ...MEASURED,
      sizes,
      fits,
      workers: 8,
      tasksMs: 1000,
      fittingMs: 1000,
    });
    expect(fitting!.lowMs).toBeGreaterThan(700);
  });

  test("takes the time of fits before their code was compiled for the upper end only", () => {
    const sizes = new Float64Array(1000).fill(20);
    const fits = Array.from({ length: 100 }, (_, partition) => ({
      partition,
      startedAtMs: partition,
      durationMs: partition < 50 ? 1 : 0.1,
    }));
    const { fitting } = forecastTimes({ ...MEASURED, sizes, fits, workers: 1, tasksMs: 55 });
    expect(fitting!.lowMs).toBeLessThan(110);
    expect(fitting!.highMs).toBeGreaterThan(540);
  });

  test("counts the time until code is compiled once, where the sample is large enough to show it", () => {
    const sizes = new Float64Array(1_000_000).fill(20);
    const fits = Array.from({ length: 10_000 }, (_, partition) => ({
      partition,
      startedAtMs: partition,
      durationMs: partition < 1000 ? 1 : 0.01,
    }));
    const { fitting } = forecastTimes({ ...MEASURED, sizes, fits, workers: 1, tasksMs: 0 });
    // A million at 10 µs and a second at the start, not a million at the mean of 0.1 ms.
    expect(fitting!.lowMs).toBeLessThan(10_000);
    expect(fitting!.highMs).toBeGreaterThan(11_000);
    expect(fitting!.highMs).toBeLessThan(15_000);
  });

  test("says nothing of fits of which none ended", () => {
    const { fitting, total, reading } = forecastTimes({ ...MEASURED, fits: [] });
    expect([fitting, total]).toEqual([null, null]);
    expect(reading.highMs).toBeGreaterThan(100);
  });

  test("says nothing of fits where that of the largest did not end, which alone may take longest", () => {
    const { fitting, total } = forecastTimes({ ...MEASURED, fits: fitsOf([0, 99, 499, 899]) });
    expect([fitting, total]).toEqual([null, null]);
    const sizes = Float64Array.of(5, 7, 7);
    expect(forecastTimes({ ...MEASURED, sizes, fits: fitsOf([0, 1], sizes) }).fitting).not.toBeNull();
  });

  test("is not less than what the sample took, of which some fits may not have ended", () => {
    const { fitting } = forecastTimes({ ...MEASURED, fittingMs: 5000 });
    expect(fitting!.lowMs).toBeCloseTo(0.8 * 5000);
    expect(fitting!.highMs).toBeCloseTo(1.3 * 5000);
  });

  test("has no exchange where no rows are brought together", () => {
    expect(forecastTimes({ ...MEASURED, exchangingMs: null, rowCount: null }).exchanging).toBeNull();
  });
});
