import { types } from "node:util";
import type { PartitionRows, Trainer } from "../trainer/trainer.ts";
import type { BatchBuilder } from "./batch-builder.ts";
import type { FileRead } from "./file-facts-builder.ts";

/** What one fit is given. */
export interface FitRequest {
  readonly rows: PartitionRows;
  readonly keyBytes: Uint8Array | null;
  /** What was read, where the partition is a file. */
  readonly file?: FileRead | null;
}

/**
 * One fit, timed, as the next row of the batch that is being built when it has ended. Gives a promise only where the trainer does, so that a million
 * fits that need not wait do not.
 */
export function fitInto(
  builderNow: () => BatchBuilder,
  trainer: Trainer,
  { rows, keyBytes, file }: FitRequest,
): Promise<void> | undefined {
  const startedAt = performance.now();
  const startedAtMs = performance.timeOrigin + startedAt;
  const result = trainer.fitPartition(rows, keyBytes);
  // Not instanceof: a trainer may have put something else in the place of the global Promise.
  if (!types.isPromise(result)) {
    builderNow().add(result, { startedAtMs, durationMs: performance.now() - startedAt }, file);
    return undefined;
  }
  return result.then((settled) => {
    builderNow().add(settled, { startedAtMs, durationMs: performance.now() - startedAt }, file);
  });
}
