import { describe, test } from "vitest";
import { expectClose } from "./close-to.ts";
import { fitLinear } from "./linear-fit.ts";
import { nistProblems } from "./nist-problems.ts";
import type { PartitionColumns } from "./partition-blocks.ts";
import { slowLeastSquares } from "./slow-least-squares.ts";
import { groupRecords, readRecords } from "./truth-files.ts";

const OFFSET = 1e6;

function offset({ features, target }: PartitionColumns): { features: Float64Array[]; target: Float64Array } {
  return {
    features: features.map((column) => Float64Array.from(column, (value) => value + OFFSET)),
    target: Float64Array.from(target),
  };
}

/**
 * The tolerances of the data without offset, against 60 digits on the same doubles. Where the true fit is exact
 * (Wampler1, two rows), what is zero is asked to be zero beside the numbers it is computed from.
 */
function expectExact(label: string, columns: PartitionColumns): void {
  const moved = offset(columns);
  const fit = fitLinear(moved);
  const truth = slowLeastSquares({ ...moved, hasIntercept: true });
  const isExact = truth.rss < truth.tss * 1e-20;
  const rounding = isExact ? truth.tss * 1e-28 : 0;
  for (const [i, [name, term]] of Object.entries(fit.terms).entries()) {
    const value = [truth.intercept, ...truth.coefficients][i]!;
    expectClose(`${label}: ${name}`, term.estimate, value, { relative: 1e-8 });
    const absolute = isExact ? 1e-9 * Math.abs(value) : 0;
    expectClose(`${label}: error of ${name}`, term.stdError, truth.stdErrors[i]!, {
      relative: 1e-7,
      absolute,
    });
  }
  const exactMetrics = { r2: truth.r2, adj_r2: truth.adjR2, tss: truth.tss };
  for (const [name, value] of Object.entries(exactMetrics)) {
    expectClose(`${label}: ${name}`, fit.metrics[name], value, { relative: 1e-8 });
  }
  for (const [name, value] of Object.entries({ sigma: truth.sigma, rmse: truth.rmse })) {
    expectClose(`${label}: ${name}`, fit.metrics[name], value, {
      relative: 1e-8,
      absolute: Math.sqrt(rounding),
    });
  }
  expectClose(`${label}: rss`, fit.metrics["rss"], truth.rss, { relative: 1e-8, absolute: rounding });
  const condition = fit.metrics["condition_number"];
  expectClose(`${label}: condition`, condition, truth.conditionNumber, { relative: 1e-7 });
}

describe("linear regression with every feature a million away from zero", () => {
  test.each(nistProblems())("loses nothing on NIST $name", ({ name, columns }) => {
    expectExact(name, columns);
  });

  test.each(["gapminder", "gapminder_unfiltered"])("loses nothing on the countries of %s", (file) => {
    const shape = { by: ["country"], features: ["year"], target: "lifeExp" };
    for (const [country, columns] of groupRecords(readRecords(`gapminder/${file}.csv`), shape)) {
      if (columns.target.length > 1) expectExact(country, columns);
    }
  });

  test("loses nothing on the flights of January", () => {
    const shape = { by: ["carrier", "dest"], features: ["dep_delay"], target: "arr_delay" };
    for (const [route, columns] of groupRecords(readRecords("flights/flights_january.csv.gz"), shape)) {
      if (columns.target.length > 1) expectExact(route, columns);
    }
  });
});
