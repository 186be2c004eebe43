import { isMainThread } from "node:worker_threads";
import { BUILT_IN_ESTIMATORS } from "../../../trainer/built-in-estimators.ts";
import { runProcess } from "../../../worker/run-process.ts";
import { runWorker } from "../../../worker/run-worker.ts";
import { type HostEntries, runHost } from "./host.ts";

/**
 * The one file that executors are given, in all its roles, told by its first argument: the host (none), and what it starts.
 * A role is where the host's {@link HostEntries} say so, in a thread or a process.
 */
const path = process.argv[1]!;
const ENTRIES: HostEntries = {
  thread: { path, role: "thread" },
  process: { path, role: "process" },
};

const role = process.argv[2] ?? "host";
if (role === "thread" && !isMainThread) runWorker(BUILT_IN_ESTIMATORS);
else if (role === "process") runProcess(BUILT_IN_ESTIMATORS, { path, role: "parent-watch" });
else if (role === "parent-watch" && !isMainThread) await import("../../../worker/parent-watch.ts");
else if (role === "host") await runHost(ENTRIES);
else throw new Error(`no role ${role} here`);
