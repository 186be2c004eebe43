import type { WorkerInit } from "./message.ts";

/** Whether the keys of partitions go with their rows: modules see them, and rows are held out by chance under them. */
export function needsKeys({ trainer, rowPolicy }: Pick<WorkerInit, "trainer" | "rowPolicy">): boolean {
  return trainer.kind === "module" || rowPolicy.holdout?.rows === "random";
}
