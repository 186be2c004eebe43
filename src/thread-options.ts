import type { WorkerOptions } from "node:worker_threads";

/**
 * With which options a thread that runs a file is started: it has the flags of this process, such as `--cpu-prof`, but none
 * where the process was given its program as text, because `--input-type` is refused for files. To name flags is no way to
 * hand them on: those of V8, such as `--max-old-space-size`, are refused then.
 */
export function threadOptions(): WorkerOptions {
  const isText = process.execArgv.some((flag) => flag.startsWith("--input-type"));
  return isText ? { execArgv: [] } : {};
}
