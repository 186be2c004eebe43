import type { Engine, Inspection } from "../../src/engine/engine.ts";
import type { Job } from "../../src/job/job.ts";
import { FIT_STATES } from "../../src/run/fit-state.ts";
import type { ResultBatch } from "../../src/run/result-batch.ts";
import type { RunEvent } from "../../src/run/run-event.ts";

/** A signal that is never aborted. */
export const NEVER = new AbortController().signal;

/** What an engine said of one partition, apart from when and where. */
export interface PartitionAnswer {
  readonly state: string;
  readonly reason: number;
  readonly rows: readonly [read: number, used: number, dropped: number];
  readonly rowsHeldOut: number;
  /** The numbers of the model, NULL as null. */
  readonly model: readonly (number | null)[];
  readonly metrics: readonly (number | null)[];
  readonly errors: readonly string[];
  /** The file that the partition is: its hash and bytes; null where it is none, or could not be read. */
  readonly file: readonly [sha256: string, bytes: number] | null;
}

/** Everything an engine said of a job. */
export interface CollectedRun {
  readonly inspection: Inspection;
  readonly events: readonly RunEvent[];
  /** By partition; throws when one is answered twice or never. */
  readonly answers: readonly PartitionAnswer[];
}

/** Runs a job on an engine to its end and closes it. */
export async function collectRun(engine: Engine, job: Job): Promise<CollectedRun> {
  const events: RunEvent[] = [];
  try {
    const inspection = await engine.inspect(job, (event) => events.push(event), NEVER);
    const answers = new Array<PartitionAnswer | undefined>(inspection.inventory.partitionCount);
    for await (const item of engine.run(NEVER)) {
      if (item.type === "result.batch") addAnswers(answers, item);
      else events.push(item);
    }
    const missing = answers.indexOf(undefined);
    if (missing >= 0) throw new Error(`partition ${missing} was never answered`);
    return { inspection, events, answers: answers as PartitionAnswer[] };
  } finally {
    await engine.close();
  }
}

/** Adds what a batch says of its partitions; throws when one is answered twice. */
export function addAnswers(answers: (PartitionAnswer | undefined)[], batch: ResultBatch): void {
  for (const [row, partition] of batch.partition.entries()) {
    if (answers[partition] !== undefined) throw new Error(`partition ${partition} was answered twice`);
    answers[partition] = {
      state: FIT_STATES[batch.state[row]!]!,
      reason: batch.reason[row]!,
      rows: [batch.rowsRead[row]!, batch.rowsUsed[row]!, batch.rowsDropped[row]!],
      rowsHeldOut: batch.rowsHeldOut[row]!,
      model: numbersOf(batch.model, row),
      metrics: numbersOf(batch.metrics, row),
      errors: batch.errors
        .filter((error) => error.row === row)
        .map((error) => `${error.code}: ${error.message}`),
      file: fileOf(batch, row),
    };
  }
}

function fileOf({ files }: ResultBatch, row: number): PartitionAnswer["file"] {
  const sha256 = files?.sha256[row] ?? null;
  return sha256 === null ? null : [sha256, files!.bytes[row]!];
}

function numbersOf(columns: ResultBatch["model"], row: number): (number | null)[] {
  return columns.flatMap(({ width, values, isValid }) =>
    Array.from({ length: width }, (_, j) => (isValid[row * width + j] ? values[row * width + j]! : null)),
  );
}
