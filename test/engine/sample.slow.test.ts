import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Job } from "../../src/job/job.ts";
import { openEngine } from "../../src/open-engine.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { mixedJob, writeMixed } from "../conformance/check-engine.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { addAnswers, collectRun, NEVER, type PartitionAnswer } from "./collect-run.ts";

/** Two hundred files of `y ~ x`, the first three of them broken each in its own way. */
function fileJob(): Job {
  const folder = join(temporaryFolder(), "files");
  mkdirSync(folder);
  for (let i = 0; i < 200; i++) {
    const rows = Array.from({ length: 5 + (i % 9) }, (_, row) => `${row},${Math.sin(row * i) + row}`);
    const text = i === 0 ? "" : i === 1 ? "x\n1\n" : i === 2 ? "x,y\n" : `x,y\n${rows.join("\n")}\n`;
    writeFileSync(join(folder, `f${String(i).padStart(3, "0")}.csv`), text);
  }
  return {
    ...{ source: plainSource([folder]), partitioning: { kind: "file" }, seed: 1, ...PLAIN_JOB },
    trainer: linearRegression({ target: "y", features: ["x"] }),
  };
}

async function keyJob(): Promise<Job> {
  const connection = await (await openTestDuckdb()).connect();
  return mixedJob(await writeMixed(connection, { format: "parquet", files: 3 }));
}

interface Sampled {
  readonly answers: readonly (PartitionAnswer | undefined)[];
  readonly events: readonly RunEvent[];
}

/** What each of some samples says, one after the other on one engine. */
async function samplesOf(job: Job, workers: number, samples: readonly number[][]): Promise<Sampled[]> {
  const { engine, close } = await openEngine(workers);
  try {
    const { inventory } = await engine.inspect(job, () => undefined, NEVER);
    const found: Sampled[] = [];
    for (const only of samples) {
      const answers = new Array<PartitionAnswer | undefined>(inventory.partitionCount);
      const events: RunEvent[] = [];
      for await (const item of engine.sample(Int32Array.from(only), NEVER)) {
        if (item.type === "result.batch") addAnswers(answers, item);
        else events.push(item);
      }
      found.push({ answers, events });
    }
    return found;
  } finally {
    await close();
  }
}

describe.each([
  ["keys", keyJob],
  ["files", async () => fileJob()],
])("a sample of %s", (_, jobOf) => {
  test.each([0, 2])("has the bits of the whole run, and nothing else, with %i workers", async (workers) => {
    const job = await jobOf();
    const { engine, close } = await openEngine(workers);
    const whole = await collectRun(engine, job);
    await close();
    const samples = [[0, 1, 2, 77, 199], [5], [...whole.answers.keys()]];
    const found = await samplesOf(job, workers, samples);
    for (const [i, only] of samples.entries()) {
      const expected = whole.answers.map((answer, partition) =>
        only.includes(partition) ? answer : undefined,
      );
      expect([...found[i]!.answers]).toEqual(expected);
      const fits = found[i]!.events.filter((event) => event.type === "task.started");
      expect(fits.reduce((sum, event) => sum + event.partitions, 0)).toBe(only.length);
    }
  });

  test("stops when told, and another can follow", async () => {
    const job = await jobOf();
    const { engine, close } = await openEngine(2);
    await engine.inspect(job, () => undefined, NEVER);
    const controller = new AbortController();
    const work = async (): Promise<void> => {
      for await (const __ of engine.sample(Int32Array.of(3, 4), controller.signal)) controller.abort();
    };
    await expect(work()).rejects.toMatchObject({ code: "interrupted" });
    const partitions: number[] = [];
    for await (const item of engine.sample(Int32Array.of(3, 9), NEVER))
      if (item.type === "result.batch") partitions.push(...item.partition);
    expect(partitions.sort((a, b) => a - b)).toEqual([3, 9]);
    await close();
  });
});
