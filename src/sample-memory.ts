import { readFileSync } from "node:fs";
import { residentMemory } from "./pool/resident-memory.ts";
import type { RunEvent } from "./run/run-event.ts";

/** Milliseconds between two samples. */
const EVERY_MS = 2000;

/** Tells now and then what this process and its workers take, until the function that it gives is called. */
export function sampleMemory(report: (event: RunEvent) => void, budgetBytes: number): () => void {
  let isStopped = false;
  const sample = async (): Promise<void> => {
    const bytes = await treeMemory();
    if (!isStopped) report({ type: "memory.sampled", atMs: Date.now(), bytes, budgetBytes });
  };
  const timer = setInterval(() => void sample(), EVERY_MS).unref();
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
}

/**
 * Resident bytes of this process and of all that it started and still runs; of this process alone where the system does
 * not tell of others (it is not Linux). Memory that processes share counts for each.
 */
async function treeMemory(): Promise<number> {
  const others = await residentMemory(descendantsOf(process.pid));
  return [...others.values()].reduce((sum, bytes) => sum + bytes, process.memoryUsage.rss());
}

/** Processes come and go: whatever cannot be read is gone. */
function descendantsOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    const children = text === "" ? [] : text.split(" ").map(Number);
    return children.flatMap((child) => [child, ...descendantsOf(child)]);
  } catch {
    return [];
  }
}
