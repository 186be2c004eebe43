import { createHash } from "node:crypto";
import { keyValuesOf } from "../key/key-values-of.ts";
import { partitionSeed } from "../key/partition-seed.ts";
import { DOCUMENT_SCHEMA } from "../run/result-schema.ts";
import { type RowContext, selectRows } from "../trainer/select-rows.ts";
import type {
  AtWork,
  PartitionResult,
  PartitionRows,
  PipelinedTrainer,
  PredictingTrainer,
} from "../trainer/trainer.ts";
import { unfittedResult } from "../trainer/unfitted-result.ts";
import type { FitService, FitServiceOptions, PythonFit } from "./fit-service.ts";
import { tooLongTexts } from "./too-long-texts.ts";
import type { PythonPartition } from "./work-builder.ts";

/** What a run says of the partitions that a Python trainer is given. */
export interface PythonContext extends RowContext, Pick<FitServiceOptions, "columns" | "keyFields"> {
  /** Used rows that the trainer needs. */
  readonly minRows: number;
}

const NO_KEY = new Uint8Array();

const NO_BYTES = {
  code: "model_damaged",
  message: "model_damaged: the model is no bytes, as models of Python are; it is not loaded",
  stack: null,
};

/**
 * The trainer of a Python child, over the rows that the row policy selects. It never rejects; where the child dies, what
 * it had not answered stays open, and whoever owns the service hears of it.
 */
export function createPythonTrainer(
  service: FitService,
  context: PythonContext,
): PipelinedTrainer & PredictingTrainer {
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
      // Each waits for the one before it, also where both are answered at once: results keep the order of the calls.
      const inOrder = last.then(() => result);
      last = inOrder;
      return inOrder;
    },
    predictPartition: async (rows, keyBytes, model) => {
      if (typeof model === "string") return { failure: NO_BYTES };
      const tooLong = tooLongTexts(rows, context);
      if (tooLong !== null) return { failure: tooLong };
      return service.predict(partitionOf(context, { used: rows, heldOut: null }, keyBytes), model, next);
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
  const { columns, rowPolicy, seed, minRows } = context;
  const columnNames = columns.map((column) => column.name);
  const selected = selectRows(rows, { rowPolicy, seed, columnNames, minRows, keyBytes });
  if (selected.state !== "selected") return unfittedResult(selected);
  const { used, heldOut, counts } = selected;
  const tooLong = tooLongTexts(used, context) ?? (heldOut === null ? null : tooLongTexts(heldOut, context));
  if (tooLong !== null) return { state: "failed", ...tooLong, ...counts };
  const partition = partitionOf(context, { used, heldOut }, keyBytes);
  return service.fit(partition, atWork).then((fit) => resultOf(fit, counts));
}

function partitionOf(
  { keyFields, seed }: PythonContext,
  rows: Pick<PythonPartition, "used" | "heldOut">,
  keyBytes: Uint8Array | null,
): PythonPartition {
  const key = keyBytes === null ? [] : keyValuesOf(keyFields, keyBytes);
  return { ...rows, key, seed: partitionSeed(seed, keyBytes ?? NO_KEY) };
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
