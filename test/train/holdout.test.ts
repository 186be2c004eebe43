import { describe, expect, test } from "vitest";
import { train } from "../../src/train.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { HOLDOUT_TRUTH } from "../data/holdout/truth.ts";
import { expectClose } from "../estimator/close-to.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const DATA = new URL("../data/", import.meta.url).pathname;

type HoldoutFit = (typeof HOLDOUT_TRUTH.fits)[number];

const COLUMNS =
  "state, rows_read, rows_used, rows_dropped, rows_held_out, m.intercept, metrics.holdout_rmse, metrics.holdout_mae, metrics.holdout_r2";

/** A prediction is a sum of numbers of some hundreds, whose last digits are 1e-13: no error can be better. */
const ERROR_TOLERANCE = { relative: 1e-12, absolute: 2e-13 };

/** What a run stored of each key: the columns above. */
async function stored(fit: HoldoutFit, workers: number): Promise<Map<unknown, readonly unknown[]>> {
  const run = await train({
    source: `${DATA}${fit.source}`,
    by: fit.by,
    trainer: linearRegression({
      target: fit.target,
      features: fit.features,
      ...(fit.weights === null ? {} : { weights: fit.weights }),
    }),
    holdout: fit.percent / 100,
    seed: HOLDOUT_TRUTH.seed,
    ...(fit.order_by === undefined ? {} : { orderBy: fit.order_by }),
    runs: temporaryFolder(),
    workers,
  });
  const { rows } = await run.query(
    `select l."${fit.by}", ${COLUMNS} from ledger l left join models m using (partition) order by partition`,
  );
  expect(await run.verify()).toEqual([]);
  await run.close();
  return new Map(rows.map(([key, ...cells]) => [key, cells]));
}

describe("models that are scored on held-out rows", () => {
  test.each(
    HOLDOUT_TRUTH.fits.map((fit, i) => ({ ...fit, weighted: fit.weights ?? "nothing", workers: i % 3 })),
  )(
    "of $target by $by, $percent % of rows held out as $rows, weighted by $weighted, score as scikit-learn does",
    async ({ workers, ...fit }) => {
      const found = await stored(fit, workers);
      expect([...found.keys()]).toEqual(fit.groups.map(({ key }) => key));
      for (const group of fit.groups) {
        const [state, ...cells] = found.get(group.key)!;
        const used = group.read - group.dropped - group.held_out;
        expect([state, ...cells.slice(0, 4)], group.key).toEqual([
          ...[group.state, group.read, used, group.dropped, group.held_out],
        ]);
        if (group.state === "skipped") continue;
        const [intercept, rmse, mae, r2] = cells.slice(4) as (number | null)[];
        expectClose(`${group.key} intercept`, intercept, group.intercept, {
          relative: 1e-11,
          absolute: 1e-12,
        });
        expectClose(`${group.key} rmse`, rmse, group.rmse, ERROR_TOLERANCE);
        expectClose(`${group.key} mae`, mae, group.mae, ERROR_TOLERANCE);
        expectClose(`${group.key} r2`, r2, group.r2, { relative: 1e-12, absolute: 1e-12 });
      }
    },
  );
});
