import { columnFromArray, int32, tableFromColumns, tableToIPC } from "@uwdata/flechette";
import type { Relation } from "#spark-connect/relations";
import { ManyfitError } from "../../errors.ts";
import type { SparkKeys } from "./prepared.ts";
import {
  broadcast,
  joined,
  localRows,
  named,
  projected,
  quoteName,
  repartitioned,
  sortedWithinTasks,
} from "./relations.ts";
import type { SparkBuckets } from "./spark-buckets.ts";
import { taskLabels } from "./task-labels.ts";

/** Rows in Spark's tasks, and their columns. */
export interface TaskRows {
  readonly relation: Relation;
  readonly columns: readonly string[];
}

/** Bytes of a relation that Spark's server takes in one message at most, with room for the rest of the plan. */
const MOST_DICTIONARY_BYTES = 120 * 2 ** 20;

/** Of a row whose key was not there when keys were counted. */
const UNKNOWN = -1;

/**
 * The rows of each task's bucket, in the task of that number: `position`, `partition` (-1: the key is unknown) and of each
 * column that the trainer reads `c0 …` and, where NULLs are told apart, `v0 …`. Where the job orders rows, they come in that
 * order within their partition, and `position` numbers them so, with gaps.
 * @throws ManyfitError `memory_exceeded` where there are more keys than one message may hold.
 */
export function taskRows(prepared: SparkKeys, buckets: SparkBuckets): TaskRows {
  const { order, inventory } = prepared;
  const { readColumns } = inventory.job;
  const values = readColumns.flatMap(({ hasValidity }, i) => (hasValidity ? [`c${i}`, `v${i}`] : [`c${i}`]));
  const count = buckets.rowCounts.length;
  const labelled = withLabels(prepared, buckets, ["position", ...order, ...values]);
  const inTasks = repartitioned(labelled, "label", count);
  const columns = ["position", "partition", ...values];
  if (order.length === 0) return { relation: projected(inTasks, columns.map(quoteName)), columns };
  const sorted = sortedWithinTasks(inTasks, ["partition", ...order, "position"]);
  // Rises with the rows of a task as they come, and is below 2^53 for the first million tasks.
  const arrival = "cast(monotonically_increasing_id() as double) as position";
  return { relation: projected(sorted, [arrival, ...columns.slice(1).map(quoteName)]), columns };
}

/** Rows beside the number of their partition and the label that brings them to its task. */
function withLabels(prepared: SparkKeys, buckets: SparkBuckets, columns: readonly string[]): Relation {
  const { rows, dictionary, inventory } = prepared;
  const labels = taskLabels(buckets.rowCounts.length);
  const keys = dictionary.keys.names;
  if (keys.length === 0) {
    const label = `${labels[0] ?? 0} as label`;
    return projected(rows, [...columns.map(quoteName), "0 as partition", label]);
  }
  const ipc = dictionaryIpc(prepared, (partition) => labels[buckets.taskOf[partition]!]!);
  const condition = keys.map((key) => `r.${quoteName(key)} <=> d.${quoteName(key)}`).join(" and ");
  // Where a limit leaves keys out, rows of other keys are no surprise, and are left out too.
  const kind = inventory.job.limit === null ? "left outer" : "inner";
  const pairs = joined(named(rows, "r"), broadcast(named(localRows(ipc), "d")), condition, kind);
  return projected(pairs, [
    ...columns.map((column) => `r.${quoteName(column)} as ${quoteName(column)}`),
    `coalesce(d.partition, ${UNKNOWN}) as partition`,
    `coalesce(d.label, ${labels[0] ?? 0}) as label`,
  ]);
}

function dictionaryIpc(
  { dictionary: { keys, partition } }: SparkKeys,
  labelOf: (partition: number) => number,
): Uint8Array {
  const ofKeys = keys.names.map((name) => [name, keys.getChild(name)] as const);
  const table = tableFromColumns([
    ...ofKeys,
    ["partition", columnFromArray(partition, int32())],
    ["label", columnFromArray(partition.map(labelOf), int32())],
  ] as Parameters<typeof tableFromColumns>[0]);
  const ipc = tableToIPC(table, { format: "stream" })!;
  if (ipc.length <= MOST_DICTIONARY_BYTES) return ipc;
  throw new ManyfitError(
    "memory_exceeded",
    `source: its ${partition.length} keys take ${ipc.length} bytes, Spark's server takes ${MOST_DICTIONARY_BYTES} at once; key by shorter columns, or fit some of the keys with --where`,
  );
}
