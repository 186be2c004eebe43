import { FIT_STATES, SKIP_REASONS } from "../run/fit-state.ts";
import type { NumberColumn, ResultBatch } from "../run/result-batch.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import { brokenBatch } from "./broken-batch.ts";
import { checkDocuments } from "./check-documents.ts";
import { TERM_NUMBERS } from "./result-columns.ts";

const ARRAYS = [
  "state",
  "reason",
  "rowsRead",
  "rowsUsed",
  "rowsDropped",
  "rowsHeldOut",
  "startedAtMs",
  "durationMs",
] as const;

/**
 * Checks that a batch has the arrays that the result schema asks for, in their lengths, and only codes that exist.
 * @throws ManyfitError `internal`
 */
export function checkBatch(schema: ResultSchema, batch: ResultBatch): void {
  const rowCount = batch.partition.length;
  for (const name of ARRAYS) {
    const { length } = batch[name];
    if (length !== rowCount) throw brokenBatch(`has ${length} values of ${name}, must have ${rowCount}`);
  }
  for (const state of batch.state) {
    if (state >= FIT_STATES.length)
      throw brokenBatch(`has state ${state}, must be below ${FIT_STATES.length}`);
  }
  for (const reason of batch.reason) {
    if (reason >= -1 && reason < SKIP_REASONS.length) continue;
    throw brokenBatch(`has reason ${reason}, must be from -1 to ${SKIP_REASONS.length - 1}`);
  }
  for (const { row } of [...batch.warnings, ...batch.errors]) {
    if (row < 0 || row >= rowCount)
      throw brokenBatch(`has a remark on row ${row}, must be below ${rowCount}`);
  }
  checkNumbers(schema, batch, rowCount);
  checkDocuments(schema, batch);
  checkFiles(batch, rowCount);
}

function checkFiles({ files }: ResultBatch, rowCount: number): void {
  if (files === null) return;
  for (const name of ["sha256", "bytes"] as const) {
    const { length } = files[name];
    if (length !== rowCount)
      throw brokenBatch(`has ${length} values of files.${name}, must have ${rowCount}`);
  }
  for (const bytes of files.bytes) {
    if (bytes === null || (Number.isSafeInteger(bytes) && bytes >= 0)) continue;
    throw brokenBatch(`has a file of ${bytes} bytes, must be a whole number or null`);
  }
}

function checkNumbers(schema: ResultSchema, { model, metrics, terms }: ResultBatch, rowCount: number): void {
  const modelWidths = schema.model.map((field) => field.listLength ?? 1);
  checkWidths("model fields", model, { widths: modelWidths, rowCount });
  checkWidths("metrics", metrics, { widths: schema.metrics.map(() => 1), rowCount });
  if (terms === null && schema.terms.length === 0) return;
  const columns = terms === null ? [] : TERM_NUMBERS.map((name) => terms[name]);
  checkWidths("term columns", columns, { widths: TERM_NUMBERS.map(() => schema.terms.length), rowCount });
}

function checkWidths(
  what: string,
  columns: readonly NumberColumn[],
  allowed: { readonly widths: readonly number[]; readonly rowCount: number },
): void {
  const { widths, rowCount } = allowed;
  if (columns.length !== widths.length) {
    throw brokenBatch(`has ${columns.length} ${what}, the result schema has ${widths.length}`);
  }
  for (const [i, { width, values, isValid }] of columns.entries()) {
    const length = rowCount * widths[i]!;
    if (width === widths[i] && values.length === length && isValid.length === length) continue;
    const found = `width ${width}, ${values.length} values and ${isValid.length} flags`;
    throw brokenBatch(`has ${what} of ${found}, must be width ${widths[i]} and ${length}`);
  }
}
