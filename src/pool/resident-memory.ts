import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Resident bytes of processes, by their ids, memory that they share with others included; of those that are gone, and on
 * systems that do not tell, there is nothing.
 */
export async function residentMemory(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (process.platform === "linux") return fromProc(pids);
  if (process.platform === "win32" || pids.length === 0) return new Map();
  return fromPs(pids);
}

function fromProc(pids: readonly number[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const pid of pids) {
    try {
      // Not statm: it counts in pages, whose size Node does not tell.
      const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      if (kilobytes !== undefined) found.set(pid, Number(kilobytes) * 1024);
    } catch {
      // It is gone.
    }
  }
  return found;
}

async function fromPs(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  try {
    const { stdout } = await run("ps", ["-o", "pid=,rss=", "-p", pids.join(",")]);
    const rows = stdout.trim().split("\n");
    return new Map(
      rows.map((row) => row.trim().split(/\s+/)).map(([pid, kb]) => [Number(pid), Number(kb) * 1024]),
    );
  } catch {
    // All are gone, or there is no ps.
    return new Map();
  }
}
