import type { ExecutePlanResponse_Metrics } from "#spark-connect/base";
import type { RunEvent } from "../../run/run-event.ts";

/** Metrics of Spark's `Exchange`, of which a plan has one for each time that it brings rows from executor to executor. */
const WRITTEN = { rows: ["shuffleRecordsWritten"], bytes: ["shuffleBytesWritten"] };
const READ = { rows: ["recordsRead"], bytes: ["localBytesRead", "remoteBytesRead"] };

/** What a plan that was run brought from executor to executor, by the numbers that Spark tells at its end. */
export function exchangedRows({ metrics }: ExecutePlanResponse_Metrics): RunEvent {
  const exchanges = metrics.filter(({ name }) => name === "Exchange");
  const sumOf = (names: readonly string[]): number =>
    exchanges.reduce(
      (sum, { executionMetrics }) =>
        names.reduce((both, name) => both + Number(executionMetrics[name]?.value ?? 0n), sum),
      0,
    );
  return {
    ...{ type: "rows.exchanged", atMs: Date.now() },
    ...{ rowsWritten: sumOf(WRITTEN.rows), bytesWritten: sumOf(WRITTEN.bytes) },
    ...{ rowsRead: sumOf(READ.rows), bytesRead: sumOf(READ.bytes) },
  };
}
