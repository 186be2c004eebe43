import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** What tells one process from every other, also from a later one that is given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Changes when the machine starts anew; null where the system does not tell. */
  readonly bootId: string | null;
  /** Clock ticks from boot to the start of the process; null where the system does not tell. */
  readonly startTicks: string | null;
  readonly host: string;
}

/** The process that asks. */
export function ownIdentity(): ProcessIdentity {
  const { pid } = process;
  return { pid, bootId: bootId(), startTicks: processStat(pid)?.startTicks ?? null, host: hostname() };
}

/**
 * Whether a process is gone for certain. One of another machine (a folder on a shared disk, a container with a name
 * of its own) cannot be judged from here and counts as alive.
 */
export function isGone(process: ProcessIdentity): boolean {
  if (isElsewhere(process)) return false;
  const boot = bootId();
  if (process.bootId !== null && boot !== null && process.bootId !== boot) return true;
  if (!isRunning(process.pid)) return true;
  const stat = processStat(process.pid);
  if (stat === null) return false;
  if (stat.isEnded) return true;
  return process.startTicks !== null && process.startTicks !== stat.startTicks;
}

/** Whether a process is one of another machine, or of a container with a name of its own. */
export function isElsewhere({ host }: ProcessIdentity): boolean {
  return host !== hostname();
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** What Linux says of a process: see `proc_pid_stat(5)`; null elsewhere, or when there is no such process. */
function processStat(pid: number): { readonly startTicks: string; readonly isEnded: boolean } | null {
  const text = readText(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The second field is the command in brackets, and may itself hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined) return null;
  return { startTicks, isEnded: state === "Z" || state === "X" };
}

let knownBootId: string | null | undefined;

function bootId(): string | null {
  knownBootId ??= readText("/proc/sys/kernel/random/boot_id")?.trim() ?? macosBootId();
  return knownBootId;
}

function macosBootId(): string | null {
  if (process.platform !== "darwin") return null;
  try {
    return execFileSync("/usr/sbin/sysctl", ["-n", "kern.bootsessionuuid"], { encoding: "utf8" }).trim();
  } catch {
    // Without it a lock is judged by its process alone.
    return null;
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
