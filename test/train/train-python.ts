import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunEvent } from "../../src/run/run-event.ts";
import type { Manifest } from "../../src/store/manifest.ts";
import { train } from "../../src/train.ts";
import type { TrainOptions } from "../../src/train-options.ts";
import { trainerFile } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** One row of the ledger, and its model. */
export interface PythonOutcome {
  readonly key: string;
  readonly state: string;
  readonly code: string | null;
  readonly message: string | null;
  readonly stack: string | null;
  readonly metrics: unknown;
  readonly warnings: unknown;
  readonly rowsRead: number | null;
  /** Its bytes in hex. */
  readonly model: string | null;
}

/** What came of a run. */
export interface PythonRun {
  readonly outcomes: ReadonlyMap<string, PythonOutcome>;
  readonly manifest: Manifest;
  readonly events: readonly RunEvent[];
  /** Processes of the trainer that are still there, as their numbers. */
  readonly left: readonly number[];
}

type Options = Partial<Omit<TrainOptions, "source" | "trainer" | "onEvent">>;

/** How the rows of a source lie: in one table with the key `k`, or in a file for each. */
export type Layout = "by" | "per-file";

/** Rows of each key as lines of CSV, in one table or in a file for each. */
export function sourceOf(
  layout: Layout,
  header: string,
  partitions: ReadonlyMap<string, readonly string[]>,
): Pick<TrainOptions, "source" | "by" | "perFile"> {
  const folder = temporaryFolder();
  if (layout === "by") {
    const source = join(folder, "all.csv");
    const lines = [...partitions].flatMap(([key, rows]) => rows.map((row) => `${key},${row}`));
    writeFileSync(source, `k,${header}\n${lines.join("\n")}\n`);
    return { source, by: "k" };
  }
  const source = join(folder, "source");
  mkdirSync(source);
  for (const [key, rows] of partitions)
    writeFileSync(join(source, `${key}.csv`), `${header}\n${rows.join("\n")}\n`);
  return { source, perFile: true } as unknown as Pick<TrainOptions, "source" | "by" | "perFile">;
}

/** Trains with a Python trainer that writes the numbers of its processes into the file `PIDS`, if it does. */
export async function trainPython(
  source: string,
  options: Options & { readonly python: string; readonly source: TrainOptions["source"] },
  params: Readonly<Record<string, unknown>> = {},
): Promise<PythonRun> {
  const pids = join(temporaryFolder(), "pids");
  writeFileSync(pids, "");
  const { path } = trainerFile(
    `import os\nwith open(${JSON.stringify(pids)}, "a") as told:\n    told.write(f"{os.getpid()}\\n")\n${source}`,
  );
  const events: RunEvent[] = [];
  const run = await train({
    runs: temporaryFolder(),
    trainer: { module: path, params },
    onEvent: (event: RunEvent) => events.push(event),
    ...options,
  } as unknown as TrainOptions);
  try {
    return { outcomes: await outcomesOf(run), manifest: run.manifest!, events, left: livingOf(pids) };
  } finally {
    await run.close();
  }
}

async function outcomesOf(run: Awaited<ReturnType<typeof train>>): Promise<Map<string, PythonOutcome>> {
  const [key] = run.manifest!.keys;
  const { columns, rows } = await run.query(
    `select l.* exclude (metrics), l.metrics::json::varchar as metrics, hex(m.model_blob) as blob from ledger l left join models m using (partition) order by partition`,
  );
  const names = columns.map(({ name }) => name);
  return new Map(
    rows.map((values) => {
      const row = Object.fromEntries(names.map((name, i) => [name, values[i]])) as Record<string, unknown>;
      const text = (name: string): string | null => (row[name] ?? null) as string | null;
      const name = String(row[key!.column]).replace(/\.csv$/, "");
      const outcome: PythonOutcome = {
        ...{ key: name, state: String(row["state"]), model: text("blob") },
        ...{ code: text("error_code"), message: text("error_message"), stack: text("error_stack") },
        ...{
          metrics: JSON.parse(text("metrics") ?? "null"),
          warnings: row["warnings"],
          rowsRead: row["rows_read"] as number | null,
        },
      };
      return [name, outcome];
    }),
  );
}

/** Processes of a file of numbers that are still there. */
export function livingOf(pids: string): number[] {
  const numbers = readFileSync(pids, "utf8").trim().split("\n").map(Number);
  return numbers.filter((pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  });
}
