import { createHash } from "node:crypto";
import { keyValuesOf } from "../key/key-values-of.ts";
import { partitionSeed } from "../key/partition-seed.ts";
import { DOCUMENT_SCHEMA } from "../run/result-schema.ts";
import { type RowContext, selectRows } from "../trainer/select-rows.ts";
import type { AtWork, PartitionResult, PartitionRows, PipelinedTrainer } from "../trainer/trainer.ts";
import type { FitService, FitServiceOptions, PythonFit } from "./fit-service.ts";

/** What a run says of the partitions that a Python trainer is given. */
export interface PythonContext extends RowContext, Pick<FitServiceOptions, "columns" | "keyFields"> {
  /** Used rows that the trainer needs. */
  readonly minRows: number;
}

const NO_KEY = new Uint8Array();

/**
 * The trainer of a Python child, over the rows that the row policy selects. It never rejects; where the child dies, what
 * it had not answered stays open, and whoever owns the service hears of it.
 */
export function createPythonTrainer(service: FitService, context: PythonContext): PipelinedTrainer {
  let next: AtWork = { task: 0, partition: 0 };
  let last: Promise<unknown> = Promise.resolve();
  const minRows = Math.max(context.minRows, context.rowPolicy.minRows);
  return {
    resultSchema: DOCUMENT_SCHEMA,
    minRows,
    expect: (atWork) => {
      next = atWork;
    },
    untilRoom: () => service.untilRoom(),
    fitPartition: (rows, keyBytes) => {
      const result = fitOne(service, context, { rows, keyBytes, atWork: next });
      // What needs no fit waits for those before it, so that results keep the order of the calls.
      const inOrder = "then" in result ? result : last.then(() => result);
      last = inOrder;
      return inOrder;
    },
  };
}

interface FitRequest {
  readonly rows: PartitionRows;
  readonly keyBytes: Uint8Array | null;
  readonly atWork: AtWork;
}

function fitOne(
  service: FitService,
  context: PythonContext,
  { rows, keyBytes, atWork }: FitRequest,
): PartitionResult | Promise<PartitionResult> {
  const { columns, keyFields, rowPolicy, seed, minRows } = context;
  const columnNames = columns.map((column) => column.name);
  const selected = selectRows(rows, { rowPolicy, seed, columnNames, minRows, keyBytes });
  const { counts } = selected;
  if (selected.state === "skipped") return { state: "skipped", reason: selected.reason, ...counts };
  if (selected.state === "failed") {
    const { code, message, stack } = selected;
    return { state: "failed", code, message, stack, ...counts };
  }
  const { used, heldOut } = selected;
  const key = keyBytes === null ? [] : keyValuesOf(keyFields, keyBytes);
  const partition = { used, heldOut, key, seed: partitionSeed(seed, keyBytes ?? NO_KEY) };
  return service.fit(partition, atWork).then((fit) => resultOf(fit, counts));
}

function resultOf(
  { outcome, ...time }: PythonFit,
  counts: Pick<PartitionResult, "rowsRead" | "rowsUsed" | "rowsDropped" | "rowsHeldOut">,
): PartitionResult {
  if ("code" in outcome) return { state: "failed", ...outcome, ...counts, time };
  const { model, className, readable, metrics, warnings } = outcome;
  const sha256 = createHash("sha256").update(model).digest("hex");
  const said: unknown = readable === null ? {} : JSON.parse(readable);
  const description = JSON.stringify({ class: className, sha256, ...(said as object) });
  return { state: "fitted", document: { model, description, metrics, warnings }, ...counts, time };
}
