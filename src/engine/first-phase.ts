import type { Inventory } from "../job/inventory.ts";
import type { RunEvent } from "../run/run-event.ts";

/** How a run begins: rows have to be brought together before they are fitted, files are fitted as they are read. */
export function firstPhase(kind: "keys" | "files", { rowCount, partitionCount }: Inventory): RunEvent {
  const atMs = Date.now();
  return kind === "keys"
    ? { type: "phase.started", atMs, phase: "exchanging", total: rowCount, unit: "rows" }
    : { type: "phase.started", atMs, phase: "fitting", total: partitionCount, unit: "partitions" };
}
