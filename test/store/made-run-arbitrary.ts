import fc from "fast-check";
import { keyCount } from "../../src/key/key-list.ts";
import type { KeyField } from "../../src/key/key-type.ts";
import { FIT_STATES, type FitState, SKIP_REASONS } from "../../src/run/fit-state.ts";
import { DOCUMENT_SCHEMA, type ResultSchema } from "../../src/run/result-schema.ts";
import { KEY_TYPES, values } from "../key/key-arbitrary.ts";
import {
  byFile,
  type Cell,
  keysOf,
  type MadeDocument,
  type MadeRun,
  modelLength,
  type Outcome,
  unfitted,
} from "./made-run.ts";

const cell = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null, freq: 5 });
const word = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("'", '"', "\n", "rank_deficient"),
);

/** Names that differ in case, that SQL and C give a meaning, and that are no fields. */
const METRIC_NAMES = [
  "r2",
  "rmse",
  "R2",
  "it's",
  'a "quoted" name',
  "\uFEFFmark",
  "🦆",
  "",
  "nul\0l",
  "__proto__",
];

const documentArbitrary: fc.Arbitrary<MadeDocument> = fc.record({
  model: fc.oneof(
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.uint8Array({ maxLength: 40 }),
  ),
  metrics: fc
    .uniqueArray(fc.tuple(fc.constantFrom(...METRIC_NAMES.slice(0, 2), ...METRIC_NAMES), cell), {
      selector: ([name]) => name,
      maxLength: 3,
    })
    .map((entries) => Object.fromEntries(entries)),
});

const fieldsArbitrary: fc.Arbitrary<ResultSchema> = fc.record({
  form: fc.constant("fields" as const),
  model: fc
    .uniqueArray(fc.constantFrom("intercept", "coefficients", "state", "it's", "Über", "key_a"), {
      maxLength: 4,
    })
    .chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc.record({ name: fc.constant(name), listLength: fc.constantFrom(null, 0, 1, 5) }),
        ),
      ),
    ),
  metrics: fc
    .uniqueArray(fc.constantFrom("r2", "rmse", "key", "it's"), { maxLength: 3 })
    .map((names) => names.map((name) => ({ name, better: null }))),
  terms: fc.array(fc.constantFrom("(intercept)", "a", "it's", "a"), { maxLength: 3 }),
});

const schemaArbitrary = fc.oneof({ arbitrary: fieldsArbitrary, weight: 2 }, fc.constant(DOCUMENT_SCHEMA));

function outcomeArbitrary(schema: ResultSchema): fc.Arbitrary<Outcome> {
  const cells = (length: number): fc.Arbitrary<Cell[]> =>
    fc.array(cell, { minLength: length, maxLength: length });
  const term = cells(schema.terms.length);
  const base = fc.record({
    state: fc.constantFrom<FitState>("fitted", "fitted", ...FIT_STATES),
    reason: fc.constantFrom(...SKIP_REASONS),
    rowsUsed: fc.nat(1e6),
    rowsDropped: fc.nat(5),
    isCounted: fc.boolean(),
    model: cells(modelLength(schema)),
    metrics: cells(schema.metrics.length),
    terms: fc.tuple(term, term, term, term),
    warnings: fc.array(fc.record({ code: word, message: word }), { maxLength: 2 }),
    error: fc.record({ code: word, message: word, stack: fc.option(word) }),
    document: documentArbitrary,
  });
  return base.map(({ isCounted, reason, error, document, ...outcome }) => {
    const documents = schema.form === "document" ? { document } : {};
    const whole: Outcome = { ...outcome, reason: null, error: null, ...documents };
    const { state } = outcome;
    if (state === "fitted") return whole;
    if (state === "skipped") return unfitted(whole, { state, reason, warnings: [] });
    return unfitted(whole, { state, error, rowsUsed: isCounted ? whole.rowsUsed : null, warnings: [] });
  });
}

/**
 * Runs of every shape: key columns of all types, up to ten partitions, partitions that are files and others, models
 * with and without lists and documents.
 */
export const madeRuns: fc.Arbitrary<MadeRun> = fc
  .tuple(fc.array(fc.constantFrom(...KEY_TYPES), { maxLength: 3 }), schemaArbitrary)
  .chain(([types, resultSchema]) =>
    fc.array(fc.tuple(...types.map(values)), { minLength: 1, maxLength: 10 }).chain((rows) => {
      const keyFields = types.map((type, i): KeyField => ({ name: `k ${i}`, type }));
      const keys = keysOf(keyFields, rows);
      const length = keyCount(keys);
      const outcomes = fc.array(outcomeArbitrary(resultSchema), { minLength: length, maxLength: length });
      return fc.tuple(outcomes, fc.boolean()).map(([outcomes, isByFile]) => {
        const run = { keyFields, keys, resultSchema, outcomes };
        return isByFile ? byFile(run) : run;
      });
    }),
  );
