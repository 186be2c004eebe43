import { types } from "node:util";
import type { PartitionResult, Trainer } from "../../trainer/trainer.ts";
import { unreadPartition } from "../../trainer/unread-partition.ts";
import { overdueText } from "./worker-end.ts";

/**
 * A trainer in the caller's thread whose fits are given up when they take too long, with the same result as in a worker.
 * Only a fit that waits can be: as long as one computes, no clock is looked at. What the fit comes to later is passed
 * over, and it may go on beside the next ones. `timeoutMs` null: no limit.
 */
export function timedTrainer(trainer: Trainer, timeoutMs: number | null): Trainer {
  if (timeoutMs === null) return trainer;
  return {
    ...trainer,
    fitPartition: (rows, keyBytes) => {
      const result = trainer.fitPartition(rows, keyBytes);
      return types.isPromise(result) ? withinTime(result, timeoutMs) : result;
    },
  };
}

async function withinTime(result: Promise<PartitionResult>, timeoutMs: number): Promise<PartitionResult> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<PartitionResult>((tell) => {
    timer = setTimeout(() => {
      const unread = unreadPartition("timed_out", overdueText(timeoutMs));
      // What has ended while the thread was busy is heard first.
      setImmediate(() => tell({ ...unread, state: "timed_out" }));
    }, timeoutMs);
  });
  try {
    return await Promise.race([result, overdue]);
  } finally {
    clearTimeout(timer);
  }
}
