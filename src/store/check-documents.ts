import { LARGEST_DOCUMENT_BYTES, type ResultBatch } from "../run/result-batch.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import { brokenBatch } from "./broken-batch.ts";

/** Halves of characters have no UTF-8: two names that differ in them would be one. */
const HALF_CHARACTER = /\p{Cs}/u;

/**
 * Checks the models of a batch that are documents: there if and only if the schema says so, one for each fitted
 * partition and none for any other, and metrics that are finite or null.
 * @throws ManyfitError `internal`
 */
export function checkDocuments({ form }: ResultSchema, batch: ResultBatch): void {
  const { documents, state, partition } = batch;
  if ((documents !== null) !== (form === "document")) {
    const found = documents === null ? "no documents" : "documents";
    throw brokenBatch(`has ${found}, the form of its run's models is ${form}`);
  }
  if (documents === null) return;
  for (const name of ["json", "bytes", "metrics"] as const) {
    const { length } = documents[name];
    if (length === partition.length) continue;
    throw brokenBatch(`has ${length} values of documents.${name}, must have ${partition.length}`);
  }
  for (let row = 0; row < state.length; row++) {
    const [json, bytes, metrics] = [documents.json[row]!, documents.bytes[row]!, documents.metrics[row]!];
    const hasModel = json !== null || bytes !== null;
    const isFitted = state[row] === 0;
    if (hasModel !== isFitted || (!isFitted && metrics !== null)) {
      const found = `${hasModel ? "a model" : "no model"} and ${metrics === null ? "no " : ""}metrics`;
      throw brokenBatch(`has ${found} in row ${row}, which is ${isFitted ? "" : "not "}fitted`);
    }
    const length = Math.max(bytes?.length ?? 0, json === null ? 0 : Buffer.byteLength(json));
    if (length > LARGEST_DOCUMENT_BYTES)
      throw brokenBatch(
        `has a model of ${length} bytes in row ${row}, at most ${LARGEST_DOCUMENT_BYTES} are stored`,
      );
    if (metrics !== null) checkMetrics(metrics, row);
  }
}

function checkMetrics(metrics: Readonly<Record<string, number | null>>, row: number): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (HALF_CHARACTER.test(name)) {
      throw brokenBatch(`has a metric in row ${row} whose name ${JSON.stringify(name)} is no whole text`);
    }
    if (value === null || Number.isFinite(value)) continue;
    throw brokenBatch(`has metric ${JSON.stringify(name)} of ${value} in row ${row}, must be finite or null`);
  }
}
