import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openRun } from "../../src/store/open-run.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { csv, DATA, GAPMINDER, parquet, predicted, sql, trained } from "./trained.ts";

const LINE_PER_COUNTRY = {
  source: GAPMINDER,
  by: "country",
  trainer: linearRegression({ target: "lifeExp", features: ["year"] }),
} as const;

interface TruthGroup {
  readonly key: readonly string[];
  readonly state: string;
  readonly coef?: Readonly<Record<string, number>>;
}

interface PredictedRow extends Readonly<Record<string, string | number | null>> {
  readonly country: string;
  readonly year: number;
  readonly prediction: number | null;
  readonly prediction_reason: string | null;
}

describe("the fitted values of a run", () => {
  test("are those of R's coefficients to 1e-12, row by row and in the order of the file", async () => {
    const truth = JSON.parse(readFileSync(`${DATA}gapminder/truth_gapminder_unfiltered.json`, "utf8")) as {
      readonly fits: readonly { readonly groups: readonly TruthGroup[] }[];
    } & {
      readonly groups?: readonly TruthGroup[];
    };
    const groups = truth.groups ?? truth.fits[0]!.groups;
    const coefficients = new Map(groups.map((group) => [group.key[0]!, group.coef]));
    const {
      file,
      rows,
      predicted: count,
    } = await predicted({ run: await trained(LINE_PER_COUNTRY), source: GAPMINDER }, "parquet");
    const found = await sql<PredictedRow>(
      `select country, year::double as year, prediction, prediction_reason from '${file}'`,
    );
    const given = await sql<PredictedRow>(
      `select country, year::double as year from read_csv('${GAPMINDER}')`,
    );
    expect({ rows, count }).toEqual({ rows: 3313, count: 3310 });
    expect(found.map(({ country, year }) => [country, year])).toEqual(
      given.map(({ country, year }) => [country, year]),
    );
    for (const { country, year, prediction, prediction_reason } of found) {
      const coef = coefficients.get(country);
      if (coef === undefined) {
        expect({ country, prediction, prediction_reason }).toEqual({
          country,
          prediction: null,
          prediction_reason: "not_fitted: skipped too_few_rows",
        });
        continue;
      }
      const expected = coef["(intercept)"]! + coef["year"]! * year;
      expect(Math.abs(prediction! - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
    }
  });

  test("are the stored coefficients times the features, added up in order, to the last bit", async () => {
    const run = await trained({
      source: `${DATA}flights/flights_january.csv.gz`,
      by: "carrier",
      trainer: linearRegression({ target: "arr_delay", features: ["dep_delay", "distance"] }),
    });
    const { file } = await predicted({ run, source: `${DATA}flights/flights_january.csv.gz` }, "parquet");
    const [differing] = await sql<{ n: number; compared: number }>(
      `select count(*) filter (where p.prediction is distinct from
           m.intercept + coalesce(m.coefficients[1] * p.dep_delay::double, 0)
             + coalesce(m.coefficients[2] * p.distance::double, 0))::integer as n, count(*)::integer as compared
       from '${file}' p join '${run}/models.parquet' m using (carrier) where p.prediction is not null`,
    );
    expect(differing!.n).toBe(0);
    expect(differing!.compared).toBeGreaterThan(25_000);
  });

  test("leave the residual sum that the ledger has, to 1e-9", async () => {
    const folder = await trained(LINE_PER_COUNTRY);
    const { file } = await predicted({ run: folder, source: GAPMINDER }, "parquet");
    const sums = await sql<{ country: string; found: number; rss: number }>(
      `select l.country, sum((p."lifeExp"::double - p.prediction) ** 2) as found, any_value(l.metrics.rss) as rss
       from '${file}' p join '${folder}/ledger.parquet' l using (country)
       where l.state = 'fitted' and l.metrics.df_resid > 0 group by all`,
    );
    expect(sums.length).toBeGreaterThan(150);
    for (const { country, found, rss } of sums) {
      expect({ country, isClose: Math.abs(found - rss) <= 1e-9 * rss }).toEqual({ country, isClose: true });
    }
  });
});

describe("a row of a linear model", () => {
  test("says why it has no prediction", async () => {
    const run = await trained(LINE_PER_COUNTRY);
    const source = csv([
      "country,year",
      "Rwanda,2030",
      "Atlantis,2030",
      "Martinique,2030",
      "Rwanda,",
      "Rwanda,nan",
      "Rwanda,inf",
      ",2030",
    ]);
    const prediction = await predicted({ run, source }, "csv");
    const found = await sql<{ prediction_reason: string | null }>(
      `select prediction_reason from read_csv('${prediction.file}')`,
    );
    expect(found.map((row) => row.prediction_reason)).toEqual([
      null,
      "unknown_key",
      "not_fitted: skipped too_few_rows",
      "null_feature",
      "null_feature",
      "null_feature",
      "unknown_key",
    ]);
    expect(prediction).toMatchObject({
      rows: 7,
      predicted: 1,
      reasons: { null_feature: 3, unknown_key: 2, "not_fitted: skipped too_few_rows": 1 },
      examples: {
        null_feature: ["country=Rwanda"],
        unknown_key: ["country=Atlantis", "country=NULL"],
        "not_fitted: skipped too_few_rows": ["country=Martinique"],
      },
    });
  });

  test("does not look at a feature whose coefficient is aliased", async () => {
    // Hawaiian flies one distance, so that distance says nothing beside the intercept.
    const run = await trained({
      source: `${DATA}flights/flights.parquet`,
      by: "carrier",
      trainer: linearRegression({ target: "arr_delay", features: ["dep_delay", "distance"] }),
    });
    const source = csv(["carrier,dep_delay,distance", "HA,10,", "HA,10,7", "UA,10,"]);
    const { file } = await predicted({ run, source }, "csv");
    const [first, second, third] = await sql<PredictedRow>(
      `select prediction, prediction_reason from read_csv('${file}')`,
    );
    expect(first!.prediction).toBeTypeOf("number");
    expect(second).toEqual(first);
    expect(third).toEqual({ prediction: null, prediction_reason: "null_feature" });
  });

  test("has no intercept where the run has none", async () => {
    const run = await trained({
      source: csv(["k,x,y", "a,1,3", "a,2,6", "b,1,5"]),
      by: "k",
      trainer: linearRegression({ target: "y", features: ["x"], intercept: false }),
    });
    const { file } = await predicted({ run, source: csv(["k,x", "a,10", "b,10"]) }, "csv");
    expect(readFileSync(file, "utf8")).toBe("k,x,prediction,prediction_reason\na,10,30.0,\nb,10,50.0,\n");
  });

  test("is predicted by the one model of a pooled run", async () => {
    const run = await trained({
      source: GAPMINDER,
      pooled: true,
      trainer: linearRegression({ target: "lifeExp", features: ["year"] }),
    });
    const { file, predicted: count } = await predicted({ run, source: csv(["year", "1950", "2050"]) }, "csv");
    const opened = await openRun(run);
    const { rows } = await opened.query("select intercept, coefficients[1] from models");
    await opened.close();
    const [intercept, slope] = rows[0] as [number, number];
    const found = await sql<PredictedRow>(`select prediction from read_csv('${file}')`);
    expect(count).toBe(2);
    expect(found.map((row) => row.prediction)).toEqual([intercept + slope * 1950, intercept + slope * 2050]);
  });

  test("needs neither the target nor weights", async () => {
    const run = await trained({
      source: await parquet(
        "select 'a' as k, i as x, 2 * i + 1 as y, 1.0 as w, i % 2 = 0 as b from range(9) t(i)",
      ),
      by: "k",
      trainer: linearRegression({ target: "y", features: ["x", "b"], weights: "w" }),
    });
    const { file } = await predicted({ run, source: csv(["b,x,k", "true,100,a", "false,100,a"]) }, "csv");
    const found = await sql<PredictedRow>(`select prediction from read_csv('${file}')`);
    for (const { prediction } of found) expect(prediction).toBeCloseTo(201, 9);
    expect(found).toHaveLength(2);
  });
});
