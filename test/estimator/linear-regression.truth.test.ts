import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";
import { expectClose, rightDigits } from "./close-to.ts";
import { fitLinear, type NamedFit } from "./linear-fit.ts";
import { nistProblems } from "./nist-problems.ts";
import {
  dataPath,
  type GroupColumns,
  groupRecords,
  readRecords,
  readTruth,
  type TrueGroup,
} from "./truth-files.ts";

/** What the truth files promise of an honest double-precision program. */
const COEFFICIENT = { relative: 1e-8 };
const STD_ERROR = { relative: 1e-7 };
const METRIC = { relative: 1e-8 };

function expectGroup(fit: NamedFit, truth: TrueGroup): void {
  const key = truth.key.join(" ");
  // As many rows as coefficients: the true residuals are 0, ours are rounding of the target.
  const isExact = truth.metrics["df_resid"] === 0;
  const rounding = isExact ? truth.metrics["tss"]! * 1e-28 : 0;
  for (const [name, value] of Object.entries(truth.coef)) {
    expectClose(`${key}: ${name}`, fit.terms[name]?.estimate, value, COEFFICIENT);
    expectClose(`${key}: error of ${name}`, fit.terms[name]?.stdError, truth.se[name]!, STD_ERROR);
  }
  for (const [name, value] of Object.entries(truth.metrics)) {
    expectClose(`${key}: ${name}`, fit.metrics[name], value, {
      ...METRIC,
      absolute: name === "rmse" ? Math.sqrt(rounding) : rounding,
    });
  }
  expect(fit.intercept).toBe(fit.terms["(intercept)"]!.estimate);
  expect(fit.warnings, key).toEqual([]);
}

describe("linear regression on NIST's certified sets", () => {
  test.each(nistProblems())("$name has $digits right digits", ({ columns, truth, names, digits }) => {
    const fit = fitLinear(columns);
    for (const name of names) {
      expect(rightDigits(fit.terms[name]!.estimate, truth.coef[name]!), name).toBeGreaterThan(digits);
      expect(rightDigits(fit.terms[name]!.stdError, truth.se[name]!), `error of ${name}`).toBeGreaterThan(
        digits,
      );
    }
    for (const name of ["sigma", "r2"]) {
      expect(rightDigits(fit.metrics[name], truth.metrics[name]!), name).toBeGreaterThan(digits);
    }
    expect(fit.metrics["df_resid"]).toBe(truth.metrics["df_resid"]);
    expect(fit.metrics["rank"]).toBe(names.length);
    expect(fit.warnings).toEqual([]);
  });
});

describe("linear regression on the gapminder countries", () => {
  test.each(["gapminder", "gapminder_unfiltered"])("gives lifeExp ~ year of every country of %s", (file) => {
    const { groups } = readTruth<{ groups: TrueGroup[] }>(`gapminder/truth_${file}.json`);
    const shape = { by: ["country"], features: ["year"], target: "lifeExp" };
    const countries = groupRecords(readRecords(`gapminder/${file}.csv`), shape);
    const fitted = groups.filter((group) => group.state === "fitted");
    expect(fitted.length).toBe(file === "gapminder" ? 142 : 184);
    for (const truth of fitted) {
      expectGroup(fitLinear(countries.get(truth.key[0]!)!, { names: ["year"] }), truth);
    }
  });
});

interface FlightTruth {
  readonly fits: Readonly<Record<string, { readonly groups: readonly TrueGroup[] }>>;
}

describe("linear regression on the flights", () => {
  test("gives arr_delay ~ dep_delay of every carrier and destination of January", () => {
    const { groups } = readTruth<FlightTruth>("flights/truth.json").fits["january_carrier_dest"]!;
    const shape = { by: ["carrier", "dest"], features: ["dep_delay"], target: "arr_delay" };
    const routes = groupRecords(readRecords("flights/flights_january.csv.gz"), shape);
    const fitted = groups.filter((group) => group.state === "fitted");
    expect(fitted.length).toBe(238);
    for (const truth of fitted) {
      expectGroup(fitLinear(routes.get(truth.key.join("|"))!, { names: ["dep_delay"] }), truth);
    }
  });

  test("gives arr_delay ~ dep_delay + distance of every carrier, aliasing distance where it is one", async () => {
    const { groups } = readTruth<FlightTruth>("flights/truth.json").fits["carrier"]!;
    const carriers = await readCarriers();
    expect(groups.length).toBe(16);
    const aliased: string[] = [];
    for (const truth of groups) {
      const fit = fitLinear(carriers.get(truth.key[0]!)!, { names: ["dep_delay", "distance"] });
      if (truth.state === "fitted") {
        expectGroup(fit, truth);
      } else {
        aliased.push(truth.key[0]!);
        expectAliased(fit, truth);
      }
    }
    expect(aliased.sort()).toEqual(["AS", "F9", "HA"]);
  });
});

async function readCarriers(): Promise<Map<string, GroupColumns>> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `select carrier, dep_delay::double, distance::double, arr_delay::double
     from read_parquet('${dataPath("flights/flights.parquet")}', file_row_number = true)
     where dep_delay is not null and arr_delay is not null order by carrier, file_row_number`,
  );
  const carriers = new Map<string, GroupColumns>();
  for (const [carrier, delay, distance, arrival] of reader.getRows() as [string, number, number, number][]) {
    const group = carriers.get(carrier) ?? { features: [[], []], target: [] };
    carriers.set(carrier, group);
    group.features[0]!.push(delay);
    group.features[1]!.push(distance);
    group.target.push(arrival);
  }
  connection.closeSync();
  instance.closeSync();
  return carriers;
}

function expectAliased(fit: NamedFit, truth: TrueGroup): void {
  const key = truth.key.join(" ");
  for (const [name, value] of Object.entries(truth.coef_r!)) {
    expectClose(`${key}: ${name}`, fit.terms[name]!.estimate, value, COEFFICIENT);
  }
  expectClose(`${key}: r2`, fit.metrics["r2"], truth.metrics["r2"]!, METRIC);
  expectClose(`${key}: rss`, fit.metrics["rss"], truth.metrics["rss"]!, METRIC);
  expect(fit.metrics["rank"]).toBe(2);
  expect(fit.terms["distance"]).toEqual({ estimate: null, stdError: null, statistic: null, pValue: null });
  expect(fit.warnings).toEqual([
    {
      code: "rank_deficient",
      message:
        "1 of 2 features have no coefficient, being linear combinations of the terms before them: distance",
    },
  ]);
}
