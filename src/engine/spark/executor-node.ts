import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { arrowOutput } from "./arrow-output.ts";
import { collectTables } from "./collect-tables.ts";
import type { SparkSession } from "./connect/session.ts";
import { shimSource } from "./executor-files.ts";
import { pickleFunction } from "./pickle-function.ts";
import { mappedInArrow, queryRows } from "./relations.ts";

/** What Node an executor has, as a task there found it. */
export interface ExecutorNode {
  readonly executor: string;
  /** Path; empty where it has none that fits. */
  readonly node: string;
  /** Such as `20.19.2`; empty where it is not known. */
  readonly version: string;
  /** Why it has none; empty where it has one. */
  readonly refused: string;
  /** As Python's `platform` names them, such as `Linux` and `x86_64`. */
  readonly system: string;
  readonly machine: string;
}

/** How executors are asked. */
export interface NodeQuestion {
  readonly pythonVersion: string;
  /** Path of Node there, where it was told; null: as it is found. */
  readonly nodePath: string | null;
  /** Tasks that look: one for each core meets every executor of an idle cluster. */
  readonly tasks: number;
  readonly signal: AbortSignal;
}

const COLUMNS = ["executor", "node", "version", "refused", "system", "machine"] as const;

const OUTPUT = arrowOutput(COLUMNS.map((name) => [name, "string"]));

/** Python's names of machines, by Node's. */
const MACHINES: Readonly<Record<string, readonly string[]>> = {
  x64: ["x86_64", "AMD64"],
  arm64: ["aarch64", "arm64"],
};

/** Asks executors which Node they have; it makes their Python ready besides. */
export async function executorNodes(
  session: SparkSession,
  { pythonVersion, nodePath, tasks, signal }: NodeQuestion,
): Promise<ExecutorNode[]> {
  const command = pickleFunction({
    ...{ source: await shimSource(), fileName: "<manyfit>", entry: "tell_node", resultType: OUTPUT.json },
    globals: { NODE: nodePath ?? "", SENT_NODE: "" },
  });
  const rows = queryRows(`select id from range(0, ${tasks}, 1, ${tasks})`);
  const told = mappedInArrow(rows, { command, outputType: OUTPUT.type, pythonVersion, columns: ["id"] });
  const nodes: ExecutorNode[] = [];
  for await (const table of collectTables(session, told, signal)) {
    for (const row of table.toArray() as Record<string, string>[])
      nodes.push(Object.fromEntries(COLUMNS.map((name) => [name, row[name]!])) as unknown as ExecutorNode);
  }
  return nodes;
}

/**
 * The Node of this process, packed to be sent to executors that lack one; null where all have one, or this machine's would not
 * run there.
 */
export async function nodeToSend(nodes: readonly ExecutorNode[]): Promise<Uint8Array | null> {
  const machines = MACHINES[process.arch] ?? [];
  const isNeeded = nodes.some(({ node }) => node === "");
  const wouldRun = nodes.every(({ system, machine }) => system === "Linux" && machines.includes(machine));
  if (!isNeeded || !wouldRun || process.platform !== "linux") return null;
  // 99 MB become 40 in 1.2 s, with the usual level 37 in 2.3.
  return promisify(gzip)(await readFile(process.execPath), { level: constants.Z_BEST_SPEED });
}
