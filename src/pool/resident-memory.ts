import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Resident bytes of processes, by their ids; of those that are gone, and on systems that do not tell, there is nothing. On
 * Linux what they have started is counted with them, and what that has started, as long as its parents live. A process has
 * the memory that it shares with others in full, so that forks are counted many times over: a sum above `allowedBytes` is
 * therefore taken anew, of each process's share of what it shares, which costs milliseconds for each gigabyte. Default: no
 * sum is.
 */
export async function residentMemory(
  pids: readonly number[],
  allowedBytes = Number.POSITIVE_INFINITY,
): Promise<ReadonlyMap<number, number>> {
  if (process.platform === "linux") return fromProc(pids, allowedBytes);
  if (process.platform === "win32" || pids.length === 0) return new Map();
  return fromPs(pids);
}

async function fromProc(pids: readonly number[], allowedBytes: number): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  for (const pid of pids) {
    const own = residentOf(pid);
    if (own === null) continue;
    const started = startedBy(pid);
    const sizes = [own, ...started.map((child) => residentOf(child) ?? 0)];
    const sum = sizes.reduce((total, bytes) => total + bytes, 0);
    const isClear = started.length === 0 || sum <= allowedBytes;
    found.set(pid, isClear ? sum : Math.max(...sizes, await sharesOf([pid, ...started])));
  }
  return found;
}

/** Null of a process that is gone. */
function residentOf(pid: number): number | null {
  // Not statm: it counts in pages, whose size Node does not tell.
  return bytesIn(/^VmRSS:\s+(\d+) kB$/m, readQuietly(`/proc/${pid}/status`));
}

function bytesIn(pattern: RegExp, text: string): number | null {
  const kilobytes = pattern.exec(text)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** Its children, theirs, and so on. Each thread has children of its own. */
function startedBy(pid: number): number[] {
  const found = new Set<number>();
  const waiting = [pid];
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    for (const thread of threadsOf(parent)) {
      const children = readQuietly(`/proc/${parent}/task/${thread}/children`);
      for (const child of children.split(" ").map(Number)) {
        if (child === 0 || child === pid || found.has(child)) continue;
        found.add(child);
        waiting.push(child);
      }
    }
  }
  return [...found];
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** What processes have to themselves, and of what they share the share of each. Those that do not tell have none. */
async function sharesOf(pids: readonly number[]): Promise<number> {
  const texts = pids.map((pid) => readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => ""));
  const shares = (await Promise.all(texts)).map((text) => bytesIn(/^Pss:\s+(\d+) kB$/m, text) ?? 0);
  return shares.reduce((total, bytes) => total + bytes, 0);
}

/** Empty where there is no such file, as of a process that is gone. */
function readQuietly(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
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
