import { type Table, tableFromIPC } from "@uwdata/flechette";
import type { ExecutePlanResponse_Metrics } from "#spark-connect/base";
import type { Relation } from "#spark-connect/relations";
import type { SparkSession } from "./connect/session.ts";

/**
 * The rows of a relation as Arrow tables, one after the other as the server sends them; 64-bit integers are bigints. `onMetrics`
 * is told what Spark measured, at the end.
 */
export async function* collectTables(
  session: SparkSession,
  relation: Relation,
  signal: AbortSignal,
  onMetrics: (metrics: ExecutePlanResponse_Metrics) => void = () => undefined,
): AsyncGenerator<Table, void, undefined> {
  for await (const { responseType, metrics } of session.run(relation, signal)) {
    if (metrics !== undefined) onMetrics(metrics);
    if (responseType.case !== "arrowBatch") continue;
    const { data, rowCount } = responseType.value;
    // A copy begins at a multiple of 8 bytes, as views on its numbers must; what stands within a message does not. It is a
    // Buffer, whose slice would be no copy.
    if (rowCount > 0n) yield tableFromIPC(new Uint8Array(data), { useBigInt: true });
  }
}
