import { clusterCores } from "./cluster-cores.ts";
import { openSession } from "./shared-session.ts";

/** What a cluster says of itself. */
export interface LookedAtCluster {
  /** Host and port of its server. */
  readonly place: string;
  /** Of Spark, such as `4.3.0`. */
  readonly version: string;
  /** Tasks that it runs at a time. */
  readonly cores: number;
}

/**
 * Asks a cluster who it is, and runs nothing there.
 * @throws ManyfitError `invalid_option` for a connection string that is none, `spark_unreachable` or `spark_refused` where nobody
 *   answers.
 */
export async function lookAtCluster(server: string, signal: AbortSignal): Promise<LookedAtCluster> {
  const { session, version } = await openSession(server, signal);
  return { place: session.server, version, cores: await clusterCores(session, signal) };
}
