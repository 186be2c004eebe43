import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { ALL_ROWS } from "../../src/job/policy.ts";
import { createKeyListBuilder } from "../../src/key/key-list-builder.ts";
import { workOnPool } from "../../src/pool/work-on-pool.ts";
import type { WorkerLimits } from "../../src/pool/worker-options.ts";
import { FIT_STATES } from "../../src/run/fit-state.ts";
import { DOCUMENT_SCHEMA } from "../../src/run/result-schema.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { bundledText } from "../worker/bundled-text.ts";
import { MADE_COLUMNS, madeBucket } from "../worker/made-bucket.ts";
import { NEVER } from "./collect-run.ts";

/** Module that worker processes run: part of the command line of each. */
export const ENTRY = createRequire(import.meta.url).resolve("#worker-process");

/** What became of one partition. */
export interface Answer {
  readonly state: string;
  readonly attempt: number;
  readonly rowsRead: number;
  readonly model: string | null;
  readonly error: { readonly code: string; readonly message: string; readonly stack: string | null } | null;
}

/** Everything that came of a run. */
export interface TrainerRun {
  /** By partition; a partition that was answered twice is an error. */
  readonly answers: ReadonlyMap<number, Answer>;
  readonly events: readonly RunEvent[];
  readonly error: unknown;
  /** Worker processes that are still there. */
  readonly left: readonly string[];
}

/** What is run. */
export interface TrainerRunOptions {
  /** Rest of `fit`, where `at` is the partition's number; before it gives `{ model: { at, sum } }`. */
  readonly body: string;
  /** Imports, and what runs once in each process. */
  readonly before?: string;
  readonly partitions?: number;
  readonly limits?: Partial<WorkerLimits>;
}

/** Fits partitions in buckets of ten on two worker processes, with the key `k=<number>`, under supervision. */
export async function runTrainer(options: TrainerRunOptions): Promise<TrainerRun> {
  const { partitions = 20, limits } = options;
  const path = await bundledText(textOf(options));
  const answers = new Map<number, Answer>();
  const events: RunEvent[] = [];
  let error: unknown = null;
  const happening = workOnPool({
    size: 2,
    threadEntry: "",
    init: {
      trainer: { kind: "module", path, params: {} },
      readColumns: MADE_COLUMNS,
      keyFields: [{ name: "k", type: "integer" }],
      seed: 1,
      rowPolicy: ALL_ROWS,
      filePlan: null,
    },
    resultSchema: DOCUMENT_SCHEMA,
    limits: { timeoutMs: null, memoryBytes: null, ...limits },
    signal: NEVER,
    produce: async (dispatcher) => {
      for (let first = 0; first < partitions; first += 10) {
        const count = Math.min(10, partitions - first);
        dispatcher.add({ kind: "bucket", bucket: madeBucket(first, count), keys: keysFrom(first, count) });
      }
      dispatcher.finish();
    },
    stopProducing: () => undefined,
  });
  try {
    for await (const item of happening) {
      if (item.type === "prediction.batch") continue;
      if (item.type !== "result.batch") {
        events.push(item);
        continue;
      }
      for (const [row, partition] of item.partition.entries()) {
        if (answers.has(partition)) throw new Error(`partition ${partition} was answered twice`);
        const remark = item.errors.find((found) => found.row === row);
        answers.set(partition, {
          state: FIT_STATES[item.state[row]!]!,
          attempt: item.attempt,
          rowsRead: item.rowsRead[row]!,
          model: item.documents!.json[row]!,
          error: remark ? { code: remark.code, message: remark.message, stack: remark.stack } : null,
        });
      }
    }
  } catch (thrown) {
    error = thrown;
  }
  return { answers, events, error, left: processesWith(path) };
}

/** The model that an innocent partition has. */
export function innocentModel(at: number): string {
  return JSON.stringify({ at, sum: [0, 0.1, 0.2, 0.3].reduce((sum, tenth) => sum + (at + tenth), 0) });
}

/** Processes of this test that run or have a text in their command line: workers, and what trainers start. */
export function processesWith(text: string): string[] {
  const { stdout } = spawnSync("ps", ["-eo", "pid,ppid,stat,args"], { encoding: "utf8" });
  const lines = stdout.split("\n").filter((line) => !/^\s*\d+\s+\d+\s+Z/.test(line));
  const isOurs = (line: string): boolean => line.includes(ENTRY) && line.includes(` ${process.pid} `);
  return lines.filter((line) => isOurs(line) || line.includes(text));
}

function textOf({ body, before = "" }: TrainerRunOptions): string {
  return `
    import { closeSync, writeSync } from "node:fs";
    import { spawn, spawnSync } from "node:child_process";
    ${before}
    const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
    export default defineTrainer({
      columns: ["x", "y"],
      async fit({ table, key, params, signal }) {
        const x = table.numbers("x");
        const at = Math.floor(x[0]);
        let sum = 0;
        for (const value of x) sum += value;
        ${body}
        return { model: { at, sum } };
      },
    });`;
}

function keysFrom(first: number, count: number) {
  const keys = createKeyListBuilder(["integer"]);
  for (let i = 0; i < count; i++) keys.append([first + i]);
  return keys.toKeyList();
}
