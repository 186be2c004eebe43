import type { Connection } from "../duckdb/duckdb.ts";
import { readParquet } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { KeyField } from "../key/key-type.ts";
import type { Input } from "./input.ts";
import { type OutputFile, writeOutput } from "./output-file.ts";
import { outputRows, REASON } from "./output-rows.ts";
import { createPredictedRows, type JoinedRows, PREDICTED, valuedRows } from "./predicted-rows.ts";
import { type PredictionSummary, summarise } from "./prediction-summary.ts";
import { sortedRows } from "./sorted-rows.ts";
import { BROKEN_PROMISE } from "./typed-column.ts";

/** What is written, and where to. */
export interface Predictions {
  readonly input: Input;
  readonly rows: JoinedRows;
  readonly output: OutputFile;
  /** Key fields of the run. */
  readonly fields: readonly KeyField[];
  /** Name of the first column, which has the files' keys; null where files are no keys. */
  readonly fileColumn: string | null;
  /** Whether rows are sorted whole: see `fitsSorting`. Of Parquet alone. */
  readonly isSorted: boolean;
}

/** What happens meanwhile. */
export interface WritingHooks {
  readonly onWriting: (rows: number) => void;
  /** Throws where what was read is not what lies there, before the file appears. */
  readonly checkRead: () => Promise<void>;
}

/**
 * Writes every row of an input, in order, with what was predicted beside it. Narrow rows are sorted whole; of others only
 * positions and predictions are, and then laid beside the rows, which one thread does.
 */
export function writePredictions(
  predictions: Predictions,
  connection: Connection,
  hooks: WritingHooks,
): Promise<PredictionSummary> {
  return predictions.isSorted
    ? writeSorted(predictions, connection, hooks)
    : writeBeside(predictions, connection, hooks);
}

/** What is counted is what was written: the reasons are read back from the file before it appears. */
async function writeSorted(
  { input, rows, output, fields, fileColumn }: Predictions,
  connection: Connection,
  { onWriting, checkRead }: WritingHooks,
): Promise<PredictionSummary> {
  const { rowCount } = rows.relation;
  onWriting(rowCount);
  const summaries: PredictionSummary[] = [];
  await writeOutput(output, sortedRows(input, rows, fileColumn), connection, async (unfinished) => {
    await checkRead();
    const counted = `(select ${REASON} as reason from ${readParquet([unfinished])})`;
    const summary = await summarise({ rows, counted, detailed: valuedRows(rows, []), fields }, connection);
    if (summary.rows !== rowCount) {
      throw new ManyfitError(
        "internal",
        `${BROKEN_PROMISE}${rowCount} rows were read, ${summary.rows} written`,
      );
    }
    summaries.push(summary);
  });
  return summaries[0]!;
}

async function writeBeside(
  { input, rows, output, fields, fileColumn }: Predictions,
  connection: Connection,
  { onWriting, checkRead }: WritingHooks,
): Promise<PredictionSummary> {
  const added = await createPredictedRows(rows, fileColumn !== null, connection);
  const summary = await summarise({ rows, counted: PREDICTED, detailed: PREDICTED, fields }, connection);
  onWriting(summary.rows);
  await writeOutput(output, outputRows(input, added, fileColumn), connection, checkRead);
  return summary;
}
