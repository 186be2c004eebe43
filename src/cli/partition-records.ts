import type { FitState, KeyValue } from "../index.ts";
import type { CommittedRun } from "./run-argument.ts";
import { sqlName } from "./sql-text.ts";
import { type Cell, keyFromCells, keyPredicate, keySelectList } from "./stored-key.ts";

/** Everything a run knows of one partition but its terms. */
export interface PartitionRecord {
  readonly partition: number;
  readonly key: readonly KeyValue[];
  readonly state: FitState;
  readonly reason: string | null;
  /** Null where it is not known. */
  readonly rowsRead: number | null;
  readonly rowsUsed: number | null;
  readonly rowsDropped: number | null;
  readonly durationMs: number | null;
  /** One cell per model field of the run: a number, a list of numbers, or null. */
  readonly model: readonly Cell[];
  /** One cell per metric of the run. */
  readonly metrics: readonly Cell[];
  readonly warnings: readonly Remark[];
  readonly error: Remark | null;
}

/** A warning or an error. */
export interface Remark {
  readonly code: string;
  readonly message: string;
}

/** Which partitions to read. */
export interface RecordFilter {
  /** The partition of this key only. */
  readonly key?: readonly KeyValue[];
  /** The first of them in key order. Default: all. */
  readonly limit?: number;
}

/** Reads partitions in key order, batch by batch. */
export async function* streamRecords(
  committed: CommittedRun,
  filter: RecordFilter,
): AsyncGenerator<PartitionRecord[], void, undefined> {
  const { batches } = await committed.run.stream(recordSelect(committed, filter));
  for await (const batch of batches) yield batch.map((cells) => recordFrom(committed, cells));
}

function recordSelect({ manifest }: CommittedRun, { key, limit }: RecordFilter): string {
  const { keys, resultSchema } = manifest;
  const columns = [
    ..."partition state reason rows_read rows_used rows_dropped duration_ms"
      .split(" ")
      .map((name) => `l.${name}`),
    "l.warnings",
    "l.error_code",
    "l.error_message",
    ...resultSchema.model.map(({ name }) => `m.${sqlName(name)}`),
    ...resultSchema.metrics.map(({ name }) => `l.metrics.${sqlName(name)}`),
    ...keySelectList(keys, "l"),
  ];
  const where = key === undefined ? "" : `where ${keyPredicate(keys, key, "l")}`;
  const end = limit === undefined ? "" : `limit ${limit}`;
  return `select ${columns.join(", ")} from ledger l left join models m on m.partition = l.partition ${where} order by l.partition ${end}`;
}

function recordFrom(
  { manifest: { keys, resultSchema } }: CommittedRun,
  cells: readonly Cell[],
): PartitionRecord {
  const [partition, state, reason, rowsRead, rowsUsed, rowsDropped, durationMs, ...rest] = cells;
  const [warnings, errorCode, errorMessage, ...numbers] = rest;
  const metricsAt = resultSchema.model.length;
  const keysAt = metricsAt + resultSchema.metrics.length;
  return {
    partition: Number(partition),
    key: keyFromCells(keys, numbers.slice(keysAt)),
    state: state as FitState,
    reason: reason === null ? null : String(reason),
    rowsRead: numberFrom(rowsRead),
    rowsUsed: numberFrom(rowsUsed),
    rowsDropped: numberFrom(rowsDropped),
    durationMs: numberFrom(durationMs),
    model: numbers.slice(0, metricsAt),
    metrics: numbers.slice(metricsAt, keysAt),
    warnings: (warnings ?? []) as unknown as readonly Remark[],
    error: errorCode === null ? null : { code: String(errorCode), message: String(errorMessage ?? "") },
  };
}

function numberFrom(cell: Cell | undefined): number | null {
  return cell === null || cell === undefined ? null : Number(cell);
}
