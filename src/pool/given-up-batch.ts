import { FIT_STATES } from "../run/fit-state.ts";
import type { ResultBatch } from "../run/result-batch.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import { unreadPartition } from "../trainer/unread-partition.ts";
import { BatchBuilder } from "../worker/batch-builder.ts";
import type { TaskAtWork } from "./task-at-work.ts";
import { partitionAt } from "./task-range.ts";
import type { Verdict } from "./verdict.ts";

/** Which partition is given up, by its position in the work, on which worker, and why. */
export interface GivenUp {
  readonly index: number;
  readonly worker: number;
  readonly verdict: Verdict;
}

/**
 * The result of a partition that is given up. How many rows it has is not known to have been read by anyone: NaN.
 */
export function givenUpBatch(
  schema: ResultSchema,
  { range, fit, startedAtMs: taskStartedAtMs }: TaskAtWork,
  { index, worker, verdict }: GivenUp,
): ResultBatch {
  const { task, attempt, work } = range;
  const { state, code, message, stack } = verdict;
  const identity = { task, worker, attempt };
  const builder = new BatchBuilder(schema, identity, Int32Array.of(partitionAt(work, index)));
  const startedAtMs = fit?.startedAtMs ?? taskStartedAtMs;
  builder.add(
    unreadPartition(code, message, stack),
    { startedAtMs, durationMs: Date.now() - startedAtMs },
    work.kind === "files" ? null : undefined,
  );
  return { ...builder.finish(), state: Uint8Array.of(FIT_STATES.indexOf(state)) };
}
