import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { predict } from "../../src/predict.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { csv, sql, trained } from "./trained.ts";

/** A field of a CSV: NULL is an empty one, an empty text is `""`. */
type Field = string | null;

/** Lines `y = x`, `y = 2 x` and `y = 3 x`, the last for NULL. */
const SLOPES = new Map<Field, number>([
  ["a", 1],
  ["b\n,\"'", 2],
  [null, 3],
]);

/** Keys of which some have a model, some have none, and some are NULL in one way or the other. */
const keys = fc.constantFrom<Field>(...SLOPES.keys(), "A", "", "c");
const features = fc.option(
  fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e9, max: 1e9 }).map(String),
  { freq: 4 },
);
/** Any text but U+0000, which CSV readers take for an end. */
const notes = fc.option(
  fc.oneof(
    fc.constantFrom("", " ", '"', ",", "\n", "\r\n", "NULL", "'", "#", "001", "\\N", "\u{feff}"),
    fc.string({ unit: "grapheme", maxLength: 8 }).filter((text) => !text.includes("\0")),
  ),
  { freq: 4 },
);
const rows = fc.array(fc.record({ key: keys, feature: features, note: notes }), {
  minLength: 1,
  maxLength: 40,
});

let run = "";

beforeAll(async () => {
  const lines = [...SLOPES].flatMap(([key, slope]) =>
    [1, 2, 3].map((x) => `${quoted(key)},${x},${slope * x}`),
  );
  run = await trained({
    source: csv(["k,x,y", ...lines]),
    by: "k",
    trainer: linearRegression({ target: "y", features: ["x"], intercept: false }),
  });
});

/** A field in quotes, so that no text is taken for anything else. */
function quoted(field: Field): string {
  return field === null ? "" : `"${field.replaceAll('"', '""')}"`;
}

describe("whatever the rows are", () => {
  test("every field comes back as it was, in order, with the prediction of its key beside it", async () => {
    const folder = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(rows, async (all) => {
        const source = join(folder, "rows.csv");
        const out = join(folder, "out.csv");
        const lines = all.map(({ key, feature, note }) => [note, key, feature].map(quoted).join(","));
        writeFileSync(source, `note,k,x\n${lines.join("\n")}\n`);
        const { rows: count } = await predict({ run, source, out, overwrite: true });
        const found = await sql<Record<string, Field>>(
          `select * from read_csv('${out}', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
             allow_quoted_nulls = false, columns = {'note': 'VARCHAR', 'k': 'VARCHAR', 'x': 'VARCHAR',
             'prediction': 'VARCHAR', 'prediction_reason': 'VARCHAR'})`,
        );
        expect(count).toBe(all.length);
        expect(found.map(({ note, k, x }) => ({ note, key: k, feature: x }))).toEqual(
          // DuckDB's binding drops a byte order mark at the beginning of a text.
          all.map((row) => ({ ...row, note: row.note?.replace(/^\u{feff}/u, "") ?? null })),
        );
        for (const [i, { key, feature }] of all.entries()) {
          // An empty text is NULL where it is a key, as it is in training.
          const slope = SLOPES.get(key === "" ? null : key);
          const { prediction, prediction_reason } = found[i]!;
          const reason = slope === undefined ? "unknown_key" : feature === null ? "null_feature" : null;
          expect(prediction_reason).toBe(reason);
          if (reason !== null) expect(prediction).toBeNull();
          else {
            const expected = slope! * Number(feature);
            expect(Math.abs(Number(prediction) - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
