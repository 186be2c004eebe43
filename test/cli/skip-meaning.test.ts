import { expect, test } from "vitest";
import { type SkipRules, skipMeaning } from "../../src/cli/causes.ts";
import type { RowPolicy } from "../../src/job/policy.ts";

const MODULE = { name: "trainer.ts", sha256: "0", hasPredict: true, hasScore: true, minRows: 5 };

/** A linear regression with two coefficients. */
function linear(told: Partial<RowPolicy> = {}): SkipRules {
  const rowPolicy: RowPolicy = { nulls: "drop", minRows: 0, holdout: null, ...told };
  return { job: { module: null, rowPolicy }, resultSchema: { form: "fields", terms: ["(intercept)", "x"] } };
}

/** A trainer of the user's that needs five rows. */
function module(told: Partial<RowPolicy> = {}): SkipRules {
  const rowPolicy: RowPolicy = { nulls: "keep", minRows: 0, holdout: null, ...told };
  return { job: { module: MODULE, rowPolicy }, resultSchema: { form: "document", terms: [] } };
}

const HOLDOUT = { share: 0.2, rows: "random" } as const;

test.each<[string, SkipRules, string]>([
  ["nothing, by a regression", linear(), "fewer usable rows than coefficients"],
  ["nothing, by a trainer", module(), "fewer rows than the trainer needs (minRows)"],
  ["less than a regression needs", linear({ minRows: 2 }), "fewer usable rows than coefficients"],
  ["less than a trainer needs", module({ minRows: 5 }), "fewer rows than the trainer needs (minRows)"],
  ["more than a regression needs", linear({ minRows: 3 }), "fewer than 3 usable rows (--min-rows)"],
  ["more than a trainer needs", module({ minRows: 1000 }), "fewer than 1,000 rows (--min-rows)"],
  [
    "a holdout, of a regression",
    linear({ holdout: HOLDOUT }),
    "fewer usable rows than coefficients, without those held out (--holdout 0.2)",
  ],
  [
    "a holdout, of a trainer",
    module({ holdout: HOLDOUT }),
    "fewer rows than the trainer needs (minRows), without those held out (--holdout 0.2)",
  ],
  [
    "both",
    linear({ minRows: 30, holdout: HOLDOUT }),
    "fewer than 30 usable rows (--min-rows), without those held out (--holdout 0.2)",
  ],
])("too few rows where the job asks for %s", (_, rules, meaning) => {
  expect(skipMeaning(rules, "too_few_rows")).toBe(meaning);
  expect(skipMeaning(rules, "no_rows")).toBe("no usable row");
});
