import type { FitState, KeyValue, Manifest } from "../index.ts";
import {
  type DocumentModel,
  documentColumns,
  documentFrom,
  documentRanges,
  type PartitionRange,
} from "./document-model.ts";
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
  readonly rowsHeldOut: number | null;
  readonly durationMs: number | null;
  /** Length of the model's canonical bytes; null where there is no model. */
  readonly modelBytes: number | null;
  /** One cell per model field of the run: a number, a list of numbers, or null. */
  readonly model: readonly Cell[];
  /** The model of a run whose models are documents; null in all others, and where there is none. */
  readonly document: DocumentModel | null;
  /** By name; empty where there is no model. */
  readonly metrics: ReadonlyMap<string, Cell>;
  readonly warnings: readonly Remark[];
  readonly error: FitError | null;
}

/** A warning or an error. */
export interface Remark {
  readonly code: string;
  readonly message: string;
}

/** Why a partition has no model, where that is no skip. */
export interface FitError extends Remark {
  /** Stack of what was thrown; null where nothing was. */
  readonly stack: string | null;
}

/** Which partitions to read. */
export interface RecordFilter {
  /** The partition of this key only. */
  readonly key?: readonly KeyValue[];
  /** The first of them in key order. Default: all. */
  readonly limit?: number;
  /** Characters of a JSON model that are read at most. Default: all. */
  readonly modelLength?: number;
}

/** Reads partitions in key order, batch by batch. */
export async function* streamRecords(
  committed: CommittedRun,
  filter: RecordFilter,
): AsyncGenerator<PartitionRecord[], void, undefined> {
  const { run, manifest } = committed;
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  for (const range of await documentRanges(committed)) {
    if (left <= 0) return;
    const { batches } = await run.stream(recordSelect(manifest, filter, range));
    for await (const batch of batches) {
      const kept = batch.slice(0, left);
      left -= kept.length;
      if (kept.length > 0) yield kept.map((cells) => recordFrom(manifest, cells));
      if (left <= 0) break;
    }
  }
}

/** Columns of the ledger that every record has, in the order in which {@link recordFrom} takes them. */
const LEDGER_COLUMNS = [
  ...["partition", "state", "reason", "rows_read", "rows_used", "rows_dropped", "rows_held_out"],
  ...["duration_ms", "model_bytes"],
  ...["warnings", "error_code", "error_message", "error_stack", "metrics"],
];

function recordSelect(manifest: Manifest, filter: RecordFilter, { from, to }: PartitionRange): string {
  const { keys } = manifest;
  const { key, limit, modelLength } = filter;
  const columns = [
    ...LEDGER_COLUMNS.map((name) => `l.${name}`),
    ...modelExpressions(manifest, modelLength),
    ...keySelectList(keys, "l"),
  ];
  const ofKey = key === undefined ? "" : `and ${keyPredicate(keys, key, "l")}`;
  const end = limit === undefined ? "" : `limit ${limit}`;
  // The join cannot be relied on to hand the range on to the models.
  return `select ${columns.join(", ")}
    from ledger l left join models m on m.partition = l.partition and m.partition between ${from} and ${to}
    where l.partition between ${from} and ${to} ${ofKey} order by l.partition ${end}`;
}

function modelExpressions({ resultSchema }: Manifest, modelLength?: number): string[] {
  if (resultSchema.form === "document") return documentColumns("m", modelLength);
  return resultSchema.model.map(({ name }) => `m.${sqlName(name)}`);
}

function recordFrom(manifest: Manifest, cells: readonly Cell[]): PartitionRecord {
  const [partition, state, reason, rowsRead, rowsUsed, rowsDropped, rowsHeldOut, ...rest] = cells;
  const [durationMs, modelBytes, warnings, errorCode, errorMessage, errorStack, metrics, ...others] = rest;
  const keysAt = modelExpressions(manifest).length;
  const isDocument = manifest.resultSchema.form === "document";
  const model = others.slice(0, keysAt);
  return {
    partition: Number(partition),
    key: keyFromCells(manifest.keys, others.slice(keysAt)),
    state: state as FitState,
    reason: reason === null ? null : String(reason),
    rowsRead: numberFrom(rowsRead),
    rowsUsed: numberFrom(rowsUsed),
    rowsDropped: numberFrom(rowsDropped),
    rowsHeldOut: numberFrom(rowsHeldOut),
    durationMs: numberFrom(durationMs),
    modelBytes: numberFrom(modelBytes),
    model: isDocument ? [] : model,
    document: isDocument ? documentFrom(model) : null,
    metrics: metricsFrom(metrics ?? null),
    warnings: (warnings ?? []) as unknown as readonly Remark[],
    error:
      errorCode === null
        ? null
        : {
            code: String(errorCode),
            message: String(errorMessage ?? ""),
            stack: errorStack === null ? null : String(errorStack),
          },
  };
}

/** Metrics from their column, which is a struct or a map: see `metricsColumn` in the manifest. */
function metricsFrom(cell: Cell): Map<string, Cell> {
  if (cell === null || typeof cell !== "object") return new Map();
  if (!Array.isArray(cell)) return new Map(Object.entries(cell));
  const entries = cell as readonly { readonly key: string; readonly value: Cell }[];
  return new Map(entries.map(({ key, value }) => [key, value]));
}

function numberFrom(cell: Cell | undefined): number | null {
  return cell === null || cell === undefined ? null : Number(cell);
}
