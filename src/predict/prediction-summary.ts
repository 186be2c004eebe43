import type { Connection } from "../duckdb/duckdb.ts";
import type { KeyField } from "../key/key-type.ts";
import { messagePatternSql } from "../run/message-pattern.ts";
import { partitionExamples, unknownExamples } from "./example-keys.ts";
import type { JoinedRows } from "./predicted-rows.ts";
import { UNKNOWN_KEY } from "./run-lookup.ts";

/** How many rows were predicted, and why the others were not. */
export interface PredictionSummary {
  readonly rows: number;
  readonly predicted: number;
  /** Rows without a prediction by reason, the most frequent first; failures of a trainer are one reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Up to three keys for each reason, such as `store=17`. */
  readonly examples: Readonly<Record<string, readonly string[]>>;
  /** What is behind `predict_failed`, that of the most rows first; ten causes at most. */
  readonly failures: readonly PredictFailure[];
}

/** Why a trainer's `predict` failed, for all partitions where it did for that cause. */
export interface PredictFailure {
  /** What was said of the first of the partitions; of the others it may differ in numbers and paths. */
  readonly message: string;
  readonly rows: number;
  readonly partitions: number;
  /** Up to three keys. */
  readonly examples: readonly string[];
}

/** What a trainer's failures are counted as, whatever their messages are. */
export const PREDICT_FAILED = "predict_failed";

/** What stands before a failure's message in a reason. */
const FAILED_PREFIX = `${PREDICT_FAILED}: `;

/** SQL for a row's reason as it is counted. */
const COUNTED_REASON = `case when starts_with(reason::VARCHAR, '${FAILED_PREFIX}') then '${PREDICT_FAILED}' else reason::VARCHAR end`;

/** Keys that stand for all with the same reason. */
const EXAMPLES = 3;

/** Causes of failures that are told. */
const MOST_FAILURES = 10;

/** Rows that were predicted. */
export interface SummarisedRows {
  readonly rows: JoinedRows;
  /** What stands behind `from` for the `reason` of every row. */
  readonly counted: string;
  /** What stands behind `from` for the `reason` and `partition` of every row; asked only where there are reasons. */
  readonly detailed: string;
  /** Key fields of the run. */
  readonly fields: readonly KeyField[];
}

/** Counts rows and reasons, and finds examples. */
export async function summarise(of: SummarisedRows, connection: Connection): Promise<PredictionSummary> {
  // Of a file both are answered from its footer, as far as it says that there are no reasons.
  const [all] = await connection.rows<{ n: number }>(`select count(*)::double as n from ${of.counted}`);
  const missing = await connection.rows<{ counted: string; n: number }>(
    `select ${COUNTED_REASON} as counted, count(*)::double as n from ${of.counted} where reason is not null
     group by counted order by n desc, counted`,
  );
  const reasons = Object.fromEntries(missing.map(({ counted, n }) => [counted, n]));
  const rows = all!.n;
  return {
    rows,
    predicted: missing.reduce((left, { n }) => left - n, rows),
    reasons,
    examples: await examplesOf(Object.keys(reasons), of, connection),
    failures: PREDICT_FAILED in reasons ? await failuresOf(of, connection) : [],
  };
}

async function examplesOf(
  reasons: readonly string[],
  { rows: { relation, lookup }, detailed, fields }: SummarisedRows,
  connection: Connection,
): Promise<Record<string, readonly string[]>> {
  const isKnown = (reason: string): boolean => reason !== UNKNOWN_KEY;
  const firsts = !reasons.some(isKnown)
    ? []
    : await connection.rows<{ counted: string; partitions: number[] }>(
        `select counted, min(partition, ${EXAMPLES}) as partitions
         from (select distinct ${COUNTED_REASON} as counted, partition from ${detailed}
           where reason is not null and partition is not null) group by counted`,
      );
  const partitionsOf = new Map(firsts.map(({ counted, partitions }) => [counted, partitions]));
  const examples: Record<string, readonly string[]> = {};
  for (const reason of reasons) {
    examples[reason] = isKnown(reason)
      ? await partitionExamples(partitionsOf.get(reason)!.join(", "), lookup, fields, connection)
      : await unknownExamples(relation, lookup, fields, connection);
  }
  return examples;
}

/** Failures with the same message but for what differs from partition to partition are one. */
async function failuresOf(
  { rows: { lookup }, detailed, fields }: SummarisedRows,
  connection: Connection,
): Promise<PredictFailure[]> {
  const message = `substr(reason, ${FAILED_PREFIX.length + 1})`;
  const found = await connection.rows<{ message: string; n: number; all: number; firsts: number[] }>(
    `select arg_min(message, partition) as message, sum(n)::double as n, count(*)::double as all,
       min(partition, ${EXAMPLES}) as firsts
     from (select partition, ${message} as message, count(*) as n from ${detailed}
       where starts_with(reason, '${FAILED_PREFIX}') group by partition, message)
     group by ${messagePatternSql("message")} order by n desc, firsts[1] limit ${MOST_FAILURES}`,
  );
  const failures: PredictFailure[] = [];
  for (const { message, n: rows, all: partitions, firsts } of found) {
    const examples = await partitionExamples(firsts.join(", "), lookup, fields, connection);
    failures.push({ message, rows, partitions, examples });
  }
  return failures;
}
