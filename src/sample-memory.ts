import { readFileSync } from "node:fs";
import type { RunEvent } from "./run/run-event.ts";

/** Milliseconds between two samples. */
const EVERY_MS = 2000;

/** Tells now and then what this process and its workers take, until the function that it gives is called. */
export function sampleMemory(report: (event: RunEvent) => void, budgetBytes: number): () => void {
  const timer = setInterval(() => {
    report({ type: "memory.sampled", atMs: Date.now(), bytes: treeMemory(), budgetBytes });
  }, EVERY_MS).unref();
  return () => clearInterval(timer);
}

/**
 * Resident bytes of this process and of all that it started and still runs; of this process alone where the system does
 * not tell of others (it is not Linux). Memory that processes share counts for each.
 */
export function treeMemory(): number {
  return process.memoryUsage.rss() + childrenOf(process.pid).reduce((sum, pid) => sum + memoryOf(pid), 0);
}

function memoryOf(pid: number): number {
  return residentBytes(pid) + childrenOf(pid).reduce((sum, child) => sum + memoryOf(child), 0);
}

/** Processes come and go: whatever cannot be read is gone. */
function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}

function residentBytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
