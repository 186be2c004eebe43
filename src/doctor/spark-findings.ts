import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { errorFrom } from "../errors.ts";
import { type Finding, wellFound } from "./finding.ts";

/** The lowest Java that Spark 4 runs on. */
export const LOWEST_JAVA = 17;

/** How a cluster is looked for. */
export interface SparkSearch {
  /** Connection string of its server; null: SPARK_REMOTE has it, or nobody. */
  readonly server: string | null;
  /** Milliseconds within which it has to answer. */
  readonly withinMs: number;
}

/**
 * What a run on a Spark cluster needs: a server that answers, and nothing else here. Java is for a cluster on this machine, to try it.
 * Where no server was named, nothing of it is broken.
 */
export async function sparkFindings({ server, withinMs }: SparkSearch): Promise<Finding[]> {
  const named = server ?? (process.env["SPARK_REMOTE"]?.trim() || null);
  const cluster = named === null ? NO_SERVER : await clusterFinding(named, withinMs);
  return [cluster, javaFinding(await javaVersion())];
}

const NO_SERVER: Finding = {
  ...{ name: "Spark", part: "spark", state: "absent", found: null, problem: null, mend: null },
  ...{ note: "no server is named; --spark or SPARK_REMOTE names one", facts: { server: null } },
};

async function clusterFinding(server: string, withinMs: number): Promise<Finding> {
  const about = { name: "Spark", part: "spark" } as const;
  try {
    // Loaded here: whoever names no server needs none of it.
    const { lookAtCluster } = await import("../engine/spark/look-at-cluster.ts");
    const { place, version, cores } = await lookAtCluster(server, AbortSignal.timeout(withinMs));
    const facts = { server: place, version, cores };
    return wellFound({ ...about, found: version, note: `at ${place}, ${cores} cores`, facts });
  } catch (thrown) {
    const problem = errorFrom(thrown).message;
    return {
      ...about,
      found: null,
      note: null,
      state: "broken",
      problem,
      mend: null,
      facts: { server: null },
    };
  }
}

/** Of the `java` on the PATH, such as `17.0.15`; null where there is none. */
async function javaVersion(): Promise<string | null> {
  // It says its version to standard error.
  const told = await promisify(execFile)("java", ["-version"], { timeout: 30_000 }).catch(() => null);
  return /version "([^"]+)"/.exec(told?.stderr ?? "")?.[1] ?? null;
}

/** Whether a version of Java is one that Spark runs on. */
export function javaFinding(version: string | null): Finding {
  const note = `${LOWEST_JAVA} or later, only to start Spark on this machine`;
  const about = { name: "Java", part: "spark", found: version, note, facts: { version } } as const;
  if (version !== null && majorOf(version) >= LOWEST_JAVA) return wellFound({ ...about, found: version });
  const problem = version === null ? null : "is too old";
  return { ...about, state: "absent", problem, mend: installJava() };
}

/** Of `17.0.15` it is 17, of `1.8.0_412`, as it was written once, 8. */
function majorOf(version: string): number {
  const [first = 0, second = 0] = version.split(/[._-]/).map(Number);
  return first === 1 ? second : first;
}

function installJava(): Finding["mend"] {
  if (process.platform === "darwin") return { command: "brew install openjdk@17", afterwards: null };
  if (!existsSync("/etc/debian_version")) return null;
  const rights = process.getuid?.() === 0 ? "" : "sudo ";
  return { command: `${rights}apt-get install -y openjdk-17-jre-headless`, afterwards: null };
}
