import { columnFromArray, int64, type Table, tableFromColumns, tableToIPC } from "@uwdata/flechette";
import type { Relation } from "#spark-connect/relations";
import { ManyfitError } from "../../errors.ts";
import type { SparkKeys } from "./prepared.ts";
import {
  broadcast,
  filtered,
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
  const placed = withPlaces(prepared, buckets, ["position", ...order, ...values]);
  const inTasks = repartitioned(withoutPartitions(placed, [...buckets.tooLarge.keys()]), LABEL, count);
  const columns = ["position", "partition", ...values];
  const ofTasks = projected(inTasks, ["position", `${PARTITION} as partition`, ...order, ...values]);
  if (order.length === 0) return { relation: ofTasks, columns };
  const sorted = sortedWithinTasks(ofTasks, ["partition", ...order, "position"]);
  // Rises with the rows of a task as they come, and is below 2^53 for the first million tasks.
  const arrival = "cast(monotonically_increasing_id() as double) as position";
  return { relation: projected(sorted, [arrival, ...columns.slice(1).map(quoteName)]), columns };
}

/**
 * Rows beside `place`, which is the label that brings a row to its task above the number of its partition: one column where
 * every column is a share of what is shuffled.
 */
function withPlaces(prepared: SparkKeys, buckets: SparkBuckets, columns: readonly string[]): Relation {
  const { rows, dictionary, inventory } = prepared;
  const labels = taskLabels(buckets.rowCounts.length);
  const first = labels[0] ?? 0;
  if (dictionary.keys.numCols === 0) return projected(rows, [...columns, `${placeOf(first, 0)}L as place`]);
  const ipc = dictionaryIpc(prepared, (partition) => placeOf(labels[buckets.taskOf[partition]!]!, partition));
  const condition = keyCondition(dictionary.keys);
  // Where a limit leaves keys out, rows of other keys are no surprise, and are left out too.
  const kind = inventory.job.limit === null ? "left outer" : "inner";
  const pairs = joined(named(rows, "r"), broadcast(named(localRows(ipc), "d")), condition, kind);
  return projected(pairs, [
    ...columns.map((column) => `r.${column} as ${column}`),
    `coalesce(d.place, ${placeOf(first, UNKNOWN)}L) as place`,
  ]);
}

/** What is taken from a place, in SQL. */
const LABEL = "cast(shiftright(place, 32) as int)";
const PARTITION = "cast(shiftright(shiftleft(place, 32), 32) as int)";

function placeOf(label: number, partition: number): bigint {
  return (BigInt(label) << 32n) | BigInt.asUintN(32, BigInt(partition));
}

function withoutPartitions(rows: Relation, partitions: readonly number[]): Relation {
  return partitions.length === 0 ? rows : filtered(rows, `${PARTITION} not in (${partitions.join(", ")})`);
}

/** A row of `r` and one of `d` have one key. Plain equality is faster: one integer alone Spark looks up as such. */
function keyCondition(keys: Table): string {
  return keys.names
    .map((name) => {
      const isEqual = keys.getChild(name).nullCount > 0 ? "<=>" : "=";
      return `r.${quoteName(name)} ${isEqual} d.${quoteName(name)}`;
    })
    .join(" and ");
}

function dictionaryIpc(
  { dictionary: { keys, partition } }: SparkKeys,
  place: (partition: number) => bigint,
): Uint8Array {
  const ofKeys = keys.names.map((name) => [name, keys.getChild(name)] as const);
  const table = tableFromColumns([
    ...ofKeys,
    ["place", columnFromArray(BigInt64Array.from(partition, place), int64())],
  ] as Parameters<typeof tableFromColumns>[0]);
  const ipc = tableToIPC(table, { format: "stream" })!;
  if (ipc.length <= MOST_DICTIONARY_BYTES) return ipc;
  throw new ManyfitError(
    "memory_exceeded",
    `source: its ${partition.length} keys take ${ipc.length} bytes, Spark's server takes ${MOST_DICTIONARY_BYTES} at once; key by shorter columns, or fit some of the keys with --where`,
  );
}
