import type { WorkerInit } from "./message.ts";

/** Whether the keys of partitions go with their rows: the user's code sees them, and rows are held out by chance under them. */
export function needsKeys({ trainer, rowPolicy }: Pick<WorkerInit, "trainer" | "rowPolicy">): boolean {
  return trainer.kind !== "estimator" || rowPolicy.holdout?.rows === "random";
}
