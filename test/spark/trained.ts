import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunEvent } from "../../src/run/run-event.ts";
import type { Manifest } from "../../src/store/manifest.ts";
import { train } from "../../src/train.ts";
import type { TrainOptions } from "../../src/train-options.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A row of a table of a run, by the names of its columns. */
export type RunRow = Readonly<Record<string, unknown>>;

/** What came of a run. */
export interface Trained {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly events: readonly RunEvent[];
  /** Rows of the ledger in key order, without what differs from run to run. */
  readonly ledger: readonly RunRow[];
  /** Rows of the models in key order, with what is bytes in hex. */
  readonly models: readonly RunRow[];
}

/** Trains, and reads what is left. */
export async function trained(
  options: Omit<TrainOptions, "by"> & { readonly by?: unknown },
): Promise<Trained> {
  const events: RunEvent[] = [];
  const told = { runs: temporaryFolder(), onEvent: (event: RunEvent) => events.push(event), ...options };
  const run = await train(told as unknown as TrainOptions);
  try {
    const rows = async (sql: string): Promise<RunRow[]> => {
      const { columns, rows: found } = await run.query(sql);
      return found.map((values) => Object.fromEntries(columns.map(({ name }, i) => [name, values[i]])));
    };
    const hasBytes = run.manifest!.resultSchema.form === "document";
    const asHex = hasBytes ? "* replace (hex(model_blob) as model_blob)" : "*";
    const varying = "task, worker, attempts, started_at, duration_ms";
    return {
      folder: run.folder,
      manifest: run.manifest!,
      events,
      ledger: await rows(`select * exclude (${varying}) from ledger order by partition`),
      models: await rows(`select ${asHex} from models order by partition`),
    };
  } finally {
    await run.close();
  }
}

/** The states of a run's partitions, in key order. */
export function statesOf({ ledger }: Trained): unknown[] {
  return ledger.map(({ state }) => state);
}

/** The last event of the only run below a folder, as it is stored. */
export function lastEventOf(runs: string): unknown {
  const [run] = readdirSync(runs).filter((name) => !name.startsWith("."));
  const events = readFileSync(join(runs, run!, "events.ndjson"), "utf8")
    .trim()
    .split("\n");
  return JSON.parse(events.at(-1)!);
}
