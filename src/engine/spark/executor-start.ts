import { hashedName } from "./connect/artifacts.ts";
import type { SparkSession } from "./connect/session.ts";
import { bundleHost } from "./executor/bundle-host.ts";
import { executorPython } from "./executor-python.ts";

/** What executors have before they are given a job. */
export interface ExecutorStart {
  /** The version of their Python, such as `3.11`. */
  readonly pythonVersion: string;
  /** Name of the host's program among the session's files. */
  readonly host: string;
}

/**
 * Makes executors ready: asks which Python they run, and gives them the host's program. It takes seconds and needs nothing of
 * the source, so it can go on while that is counted.
 * @throws ManyfitError `spark_failed` where executors have no Python.
 */
export async function startExecutors(session: SparkSession, signal: AbortSignal): Promise<ExecutorStart> {
  const [pythonVersion, host] = await Promise.all([
    executorPython(session, signal),
    giveHost(session, signal),
  ]);
  return { pythonVersion, host };
}

async function giveHost(session: SparkSession, signal: AbortSignal): Promise<string> {
  const { code } = await bundleHost();
  return giveFile(session, { name: "manyfit.mjs", bytes: Buffer.from(code) }, signal);
}

/** Gives executors a file under a name with its hash; the name that it has there. */
export async function giveFile(
  session: SparkSession,
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array },
  signal: AbortSignal,
): Promise<string> {
  const hashed = hashedName(name, bytes);
  await session.addArtifact({ name: `files/${hashed}`, bytes }, signal);
  return hashed;
}
