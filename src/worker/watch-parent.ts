import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { startOf, type WorkerEntry } from "./worker-entry.ts";

/**
 * Ends this process, with what it started, within two seconds of its parent's end, whatever its own thread is at. `entry`
 * is what the thread runs that watches; default: that of this package.
 */
export function watchParent(entry?: WorkerEntry): void {
  const { path, argv } = startOf(entry ?? createRequire(import.meta.url).resolve("#parent-watch"));
  const heap = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 };
  new Worker(path, { argv, workerData: process.ppid, resourceLimits: heap, execArgv: [] }).unref();
}
