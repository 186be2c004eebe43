import { hashedName } from "./connect/artifacts.ts";
import type { SparkSession } from "./connect/session.ts";
import { bundleHost } from "./executor/bundle-host.ts";
import { executorNodes, nodeToSend } from "./executor-node.ts";
import { executorPython } from "./executor-python.ts";

/** What executors have before they are given a job. */
export interface ExecutorStart {
  /** The version of their Python, such as `3.11`. */
  readonly pythonVersion: string;
  /** Name of the host's program among the session's files. */
  readonly host: string;
  /** Name of a packed Node there, which all executors use then; null: each uses its own. */
  readonly sentNode: string | null;
}

/** How executors are made ready. */
export interface StartOptions {
  /** Path of Node there; null: as it is found, or this machine's where one has none. */
  readonly nodePath: string | null;
  /** Tasks that the cluster runs at a time. */
  readonly cores: number;
  readonly signal: AbortSignal;
}

/**
 * Makes executors ready: asks which Python and Node they have, and gives them the host's program, and this machine's Node where
 * one of them lacks it. It takes seconds and needs nothing of the source, so it can go on while that is counted.
 * @throws ManyfitError `spark_failed` where executors have no Python.
 */
export async function startExecutors(session: SparkSession, options: StartOptions): Promise<ExecutorStart> {
  const [host, found] = await Promise.all([
    giveHost(session, options.signal),
    findPrograms(session, options),
  ]);
  return { host, ...found };
}

async function findPrograms(
  session: SparkSession,
  { nodePath, cores, signal }: StartOptions,
): Promise<Omit<ExecutorStart, "host">> {
  const pythonVersion = await executorPython(session, signal);
  if (nodePath !== null) return { pythonVersion, sentNode: null };
  const nodes = await executorNodes(session, { pythonVersion, nodePath, tasks: cores, signal });
  const packed = await nodeToSend(nodes);
  const sentNode =
    packed === null ? null : await giveFile(session, { name: "manyfit-node.gz", bytes: packed }, signal);
  return { pythonVersion, sentNode };
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
