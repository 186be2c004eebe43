import { describe, expect, test } from "vitest";
import { train } from "../../src/train.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const DATA = new URL("../data/flights/", import.meta.url).pathname;

describe("all flights by carrier and destination", () => {
  test("agree with R in all 314 partitions, and with an independent count of the source", async () => {
    const run = await train({
      source: `${DATA}flights.parquet`,
      by: ["carrier", "dest"],
      trainer: linearRegression({ target: "arr_delay", features: ["dep_delay"] }),
      runs: temporaryFolder(),
    });
    const connection = await (await openTestDuckdb()).connect();
    await connection.run(`create view ledger as from '${run.folder}/ledger.parquet';
      create view models as from '${run.folder}/models.parquet';
      create view terms as from '${run.folder}/terms.parquet';
      create view truth as from '${DATA}truth_carrier_dest.parquet';
      create view flights as from '${DATA}flights.parquet'`);
    const one = async (sql: string): Promise<Record<string, unknown>> =>
      (await connection.rows<Record<string, string | number | null>>(sql))[0]!;

    expect(
      await one(`select count(*)::int as partitions, count(*) filter (state = 'fitted')::int as fitted,
        count(*) filter (reason = 'too_few_rows')::int as few, count(*) filter (reason = 'no_rows')::int as none from ledger`),
    ).toEqual({ partitions: 314, fitted: 297, few: 15, none: 2 });

    expect(
      await one(`select count(*)::int as n from ledger full join
        (select carrier, dest, count(*) as n, count(dep_delay + arr_delay) as used from flights group by all) as counted
        using (carrier, dest)
        where rows_read is distinct from n or rows_used is distinct from used or rows_dropped is distinct from n - used`),
    ).toEqual({ n: 0 });

    expect(
      await one(`select count(*)::int as n,
          max(abs(intercept / "coef:(intercept)" - 1)) < 1e-8 as intercepts,
          max(abs(coefficients[1] / "coef:dep_delay" - 1)) < 1e-8 as slopes,
          max(abs(metrics.sigma / "metrics:sigma" - 1)) filter ("metrics:sigma" > 0) < 1e-8 as sigmas,
          max(abs(metrics.r2 - "metrics:r2")) < 1e-8 as r2s
        from truth join models on carrier = "key:carrier" and dest = "key:dest" join ledger using (partition)`),
    ).toEqual({ n: 297, intercepts: true, slopes: true, sigmas: true, r2s: true });

    expect(
      await one(`select count(*)::int as n, max(abs(std_error / "se:dep_delay" - 1)) < 1e-7 as errors
        from truth join terms on carrier = "key:carrier" and dest = "key:dest"
        where term = 'dep_delay' and "se:dep_delay" > 0`),
    ).toMatchObject({ errors: true });
    await run.close();
  });
});
