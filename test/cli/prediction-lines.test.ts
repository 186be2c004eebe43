import { join } from "node:path";
import { expect, test } from "vitest";
import { predictionLines } from "../../src/cli/prediction-lines.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";

test("a prediction tells of what a trainer failed: a line for each cause, its keys, and how many more there are", () => {
  const lines = predictionLines(
    {
      ...{ rows: 1300, predicted: 1000, run: "night", file: join(process.cwd(), "p.csv"), durationMs: 60 },
      ...{ columnsLeftOut: [], filesLeftOut: [], warnings: [] },
      reasons: { predict_failed: 300 },
      examples: { predict_failed: ["store=1", "store=2", "store=3"] },
      failures: [
        { message: "row 7 is\nodd", rows: 298, partitions: 1002, examples: ["store=1", "store=2"] },
        { message: "x".repeat(1000), rows: 1, partitions: 1, examples: ["store=3"] },
      ],
    },
    { width: 400, style: PLAIN_STYLE },
  );
  expect(lines).toEqual([
    "1,000 of 1,300 rows predicted · 60 ms",
    "",
    "not predicted",
    "  prediction_reason  rows  such as",
    "  predict_failed      300  store=1; store=2; store=3",
    "",
    "predict failed",
    "  298 rows  row 7 is odd",
    "            store=1; store=2; and 1,000 more",
    `  1 row     ${"x".repeat(299)}…`,
    "            store=3",
    "  and 1 row for other causes",
    "",
    "  run   night",
    "  file  p.csv",
  ]);
});

test("a prediction tells of what was left out: a line for each cause with its files, and the columns", () => {
  const folder = process.cwd();
  const lines = predictionLines(
    {
      ...{ rows: 4, predicted: 4, run: "night", file: join(folder, "p.csv"), durationMs: 60 },
      ...{ reasons: {}, examples: {}, failures: [] },
      warnings: [],
      columnsLeftOut: ["note", "more"],
      filesLeftOut: [
        { file: join(folder, "e.csv"), problem: "is empty" },
        ...["a", "b", "c", "d"].map((name, i) => {
          return { file: join(folder, `${name}.csv`), problem: `row ${i}: column "x" has "${name}"` };
        }),
      ],
    },
    { width: 400, style: PLAIN_STYLE },
  );
  expect(lines).toEqual([
    "4 of 4 rows predicted · 60 ms",
    "",
    "files left out",
    '  4 files  row 0: column "x" has "a"',
    "           a.csv; b.csv; c.csv; and 1 more",
    "  1 file   is empty",
    "           e.csv",
    "",
    "not the same in all files, left out",
    "  2 columns  note, more",
    "",
    "  run   night",
    "  file  p.csv",
  ]);
});
