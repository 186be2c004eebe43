import type { PredictionBatch } from "../protocol/prediction-batch.ts";
import type { PredictedValues } from "../run/predicted.ts";
import type { ResultBatch } from "../run/result-batch.ts";

/** Bytes of what may be large in an answer, about: models that are documents, and predictions. */
export function answerBytes(answer: ResultBatch | PredictionBatch): number {
  if (answer.type === "result.batch") return documentBytes(answer);
  const { position, result } = answer;
  const columns = "failure" in result ? [] : result.columns;
  return columns.reduce((sum, { values }) => sum + valueBytes(values), position.byteLength);
}

function documentBytes({ documents }: ResultBatch): number {
  if (documents === null) return 0;
  let bytes = 0;
  for (const json of documents.json) bytes += json?.length ?? 0;
  for (const model of documents.bytes) bytes += model?.length ?? 0;
  return bytes;
}

function valueBytes(values: PredictedValues): number {
  if (values.type !== "text") return values.values.byteLength + values.isValid.byteLength;
  let bytes = 0;
  for (const text of values.values) bytes += text?.length ?? 0;
  return bytes;
}
