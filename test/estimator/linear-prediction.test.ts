import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import { predictLinear } from "../../src/estimator/linear-prediction.ts";
import { linearValues } from "../../src/predict/linear-values.ts";
import { openTestDuckdb } from "../source/write-source.ts";

const ROWS = 500;
const FEATURES = [
  Float64Array.from({ length: ROWS }, (_, i) => 1e6 * Math.sin(i)),
  Float64Array.from({ length: ROWS }, (_, i) => Math.cos(7 * i) / 3),
  Float64Array.from({ length: ROWS }, (_, i) => 0.1 * i - 17),
];

const MODELS: readonly (readonly [number | null, readonly (number | null)[]])[] = [
  [0.1, [1 / 3, -2e5, 0.7]],
  [-123456.789, [1e-7, null, 1 / 7]],
  [null, [0.2, 0.3, null]],
  [5, [null, null, null]],
];

/** A number as DuckDB reads it to the bit: without quotes it would be a decimal first. */
function literal(value: number | null): string {
  return value === null ? "null::double" : `'${value}'::double`;
}

describe("a linear prediction", () => {
  let connection: Connection;

  beforeAll(async () => {
    connection = await (await openTestDuckdb()).connect();
  });

  test.each(MODELS)(
    "of intercept %j and coefficients %j has the bits of stored models' predictions",
    async (...model) => {
      const [intercept, coefficients] = model;
      const cells = coefficients.map((value, j) => `${literal(value)} as b${j}`);
      const rows = Array.from(
        { length: ROWS },
        (_, i) => `(${FEATURES.map((column) => literal(column[i]!)).join(", ")})`,
      );
      const found = await connection.rows<{ value: number }>(
        `select ${linearValues(3).values[0]!.sql} as value
       from (values ${rows.join(", ")}) r(c0, c1, c2), (select ${literal(intercept ?? 0)} as b, ${cells.join(", ")}) d`,
      );
      const predictions = predictLinear([intercept, coefficients], { rowCount: ROWS, features: FEATURES });
      expect([...predictions]).toEqual(found.map(({ value }) => value));
    },
  );

  test("without a feature is the intercept for every row", () => {
    expect(predictLinear([2.5, []], { rowCount: 3, features: [] })).toEqual(Float64Array.of(2.5, 2.5, 2.5));
  });
});
