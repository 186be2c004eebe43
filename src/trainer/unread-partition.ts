import type { PartitionResult } from "./trainer.ts";

/** The failure of a partition of which nobody knows the rows: its file could not be read, or whoever read them is dead. */
export function unreadPartition(
  code: string,
  message: string,
  stack: string | null = null,
): Extract<PartitionResult, { readonly code: string }> {
  const nobodyKnows = Number.NaN;
  const unknown = {
    rowsRead: nobodyKnows,
    rowsUsed: nobodyKnows,
    rowsDropped: nobodyKnows,
    rowsHeldOut: nobodyKnows,
  };
  return { state: "failed", code, message, stack, ...unknown };
}
