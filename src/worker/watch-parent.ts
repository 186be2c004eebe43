import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

/** Ends this process, with what it started, within two seconds of its parent's end, whatever its own thread is at. */
export function watchParent(): void {
  const entry = createRequire(import.meta.url).resolve("#parent-watch");
  const heap = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 };
  new Worker(entry, { workerData: process.ppid, resourceLimits: heap, execArgv: [] }).unref();
}
