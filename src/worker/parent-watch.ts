import { workerData } from "node:worker_threads";
import { endGroup } from "./end-group.ts";

/** Milliseconds between two looks. */
const EVERY_MS = 1000;

// A thread of its own, because the main one may be in an endless loop of the trainer's and hear nothing of its pipe.
setInterval(() => {
  if (process.ppid === workerData) return;
  endGroup();
  process.kill(process.pid, "SIGKILL");
}, EVERY_MS);
