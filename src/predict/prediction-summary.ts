import type { Connection } from "../duckdb/duckdb.ts";
import { quoteText } from "../duckdb/quote.ts";
import type { KeyField } from "../key/key-type.ts";
import type { Relation } from "../source/relation.ts";
import type { PartitionLookup } from "../source/stream-rows.ts";
import { partitionExamples, unknownExamples } from "./example-keys.ts";
import { PREDICTED } from "./predicted-rows.ts";

/** How many rows were predicted, and why the others were not. */
export interface PredictionSummary {
  readonly rows: number;
  readonly predicted: number;
  /** Rows without a prediction by reason, the most frequent first; failures of a trainer are one reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Up to three keys for each reason, such as `store=17`. */
  readonly examples: Readonly<Record<string, readonly string[]>>;
}

/** What a trainer's failures are counted as, whatever their messages are. */
export const PREDICT_FAILED = "predict_failed";

/** SQL for a row's reason as it is counted. */
const COUNTED_REASON = `case when starts_with(reason, '${PREDICT_FAILED}') then '${PREDICT_FAILED}' else reason end`;

/** What is in the table {@link PREDICTED}. */
export async function summarise(
  relation: Relation,
  lookup: PartitionLookup,
  fields: readonly KeyField[],
  connection: Connection,
): Promise<PredictionSummary> {
  const counts = await connection.rows<{ counted: string | null; n: number }>(
    `select ${COUNTED_REASON} as counted, count(*)::double as n from ${PREDICTED}
     group by counted order by n desc, counted`,
  );
  const examples: Record<string, readonly string[]> = {};
  const reasons: Record<string, number> = {};
  let [rows, predicted] = [0, 0];
  for (const { counted, n } of counts) {
    rows += n;
    if (counted === null) {
      predicted = n;
      continue;
    }
    reasons[counted] = n;
    const partitions = `select partition from ${PREDICTED} where ${COUNTED_REASON} = ${quoteText(counted)}`;
    examples[counted] =
      counted === "unknown_key"
        ? await unknownExamples(relation, lookup, fields, connection)
        : await partitionExamples(partitions, lookup, fields, connection);
  }
  return { rows, predicted, reasons, examples };
}
