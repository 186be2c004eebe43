import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { OpenedRun } from "../../src/store/open-run.ts";
import { train } from "../../src/train.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const MODULE = fileURLToPath(new URL("fixtures/least-squares.ts", import.meta.url));
const DATA = fileURLToPath(new URL("../data/", import.meta.url));

const JOBS = [
  {
    name: "gapminder by country",
    source: `${DATA}gapminder/gapminder_unfiltered.csv`,
    by: ["country"],
    target: "lifeExp",
    features: ["year"],
    models: 184,
  },
  {
    name: "flights by carrier and destination, NULLs among them",
    source: `${DATA}flights/flights.parquet`,
    by: ["carrier", "dest"],
    target: "arr_delay",
    features: ["dep_delay"],
    models: 297,
  },
  {
    name: "flights by carrier, some of a single distance",
    source: `${DATA}flights/flights.parquet`,
    by: ["carrier"],
    target: "arr_delay",
    features: ["dep_delay", "distance"],
    models: 16,
  },
];

/** Coefficients by key, the intercept first, null where aliased. */
type Coefficients = ReadonlyMap<string, readonly (number | null)[]>;

async function coefficientsOf(run: OpenedRun, by: readonly string[], model: string): Promise<Coefficients> {
  const { rows } = await run.query(`select ${by.join(", ")}, ${model} from models`);
  return new Map(
    rows.map((row) => {
      const [intercept, coefficients] = row.slice(by.length);
      const list = typeof coefficients === "string" ? JSON.parse(coefficients) : coefficients;
      return [JSON.stringify(row.slice(0, by.length)), [intercept as number, ...(list as (number | null)[])]];
    }),
  );
}

describe.each(JOBS)("least squares as a trainer of one's own, $name", (job) => {
  const { source, by, target, features, models } = job;
  const digests = new Map<number, string>();
  let builtIn: Coefficients;

  beforeAll(async () => {
    const run = await train({
      source,
      by,
      trainer: linearRegression({ target, features }),
      runs: temporaryFolder(),
    });
    builtIn = await coefficientsOf(run, by, "intercept, coefficients");
    await run.close();
  });

  test.each([0, 1, 2, 8])("has the built-in's coefficients with %i workers", async (workers) => {
    const trainer = { module: MODULE, params: { target, features } };
    const run = await train({ source, by, trainer, runs: temporaryFolder(), workers });
    digests.set(workers, run.manifest!.digest);
    const own = await coefficientsOf(
      run,
      by,
      "(model->>'intercept')::double, (model->'coefficients')::varchar",
    );
    await run.close();
    expect(own.size).toBe(models);
    expect([...own.keys()].sort()).toEqual([...builtIn.keys()].sort());
    for (const [key, coefficients] of own) {
      for (const [i, value] of builtIn.get(key)!.entries()) {
        if (value === null) expect(coefficients[i]).toBeNull();
        else expect(Math.abs(coefficients[i]! - value)).toBeLessThanOrEqual(1e-12 * Math.abs(value));
      }
    }
  });

  test("has one digest for any number of workers", () => {
    expect([...digests.keys()].sort()).toEqual([0, 1, 2, 8]);
    expect(new Set(digests.values()).size).toBe(1);
  });
});
