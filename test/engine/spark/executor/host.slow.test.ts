import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bundleHost } from "../../../../src/engine/spark/executor/bundle-host.ts";
import { EXECUTOR_VERSION, type ExecutorJob } from "../../../../src/engine/spark/executor/job-file.ts";
import { ALL_ROWS } from "../../../../src/job/policy.ts";
import { bucketArrays, bucketBytes } from "../../../../src/protocol/bucket.ts";
import { FIT_STATES } from "../../../../src/run/fit-state.ts";
import { DOCUMENT_SCHEMA } from "../../../../src/run/result-schema.ts";
import { PLAIN_JOB, plainSource } from "../../../plain-job.ts";
import { needPython, pythonWith } from "../../../python/environment.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";
import { bundledText } from "../../../worker/bundled-text.ts";
import { MADE_COLUMNS, madeBucket } from "../../../worker/made-bucket.ts";
import { addAnswers, collectRun, type PartitionAnswer } from "../../collect-run.ts";
import { localMember } from "../../local-member.ts";
import { innocentModel } from "../../run-trainer.ts";
import { type PlayedHost, playHost, rowsOf } from "./play-host.ts";

const KEYS = 12;
const ROWS = 600;

/** Row `i`: the number of its partition, two features and a target that no line goes through. */
function rowOf(i: number): { key: number; a: number; b: number; y: number } {
  const [a, b] = [Math.sin(i) * 10, Math.cos(i * i) / 3];
  return { key: (i * 5) % KEYS, a, b, y: 3 * a - b + Math.sin(7 * i) };
}

async function linearJob() {
  const path = join(temporaryFolder(), "rows.csv");
  const lines = Array.from({ length: ROWS }, (_, i) => {
    const { key, a, b, y } = rowOf(i);
    // Two digits: the same order as texts and as numbers.
    return [10 + key, a, b, y].join(",");
  });
  writeFileSync(path, `key,a,b,y\n${lines.join("\n")}\n`);
  return collectRun(await localMember(1).create(), {
    source: plainSource([path]),
    partitioning: { kind: "by", columns: ["key"] },
    trainer: { estimator: "linear-regression", params: { target: "y", features: ["a", "b"] } },
    seed: 1,
    ...PLAIN_JOB,
  });
}

function bucketOf(columns: ExecutorJob["init"]["readColumns"], first: number, count: number) {
  const rows = Array.from({ length: ROWS }, (_, i) => ({ i, ...rowOf(i) })).filter(
    ({ key }) => key >= first && key < first + count,
  );
  const partitionRows = new Float64Array(count);
  for (const { key } of rows) partitionRows[key - first]!++;
  const shape = {
    ...{ rowCount: rows.length, columns, textBytes: columns.map(() => 0) },
    ...{ firstPartition: first, partitionRows },
  };
  const bucket = { ...shape, memory: new ArrayBuffer(bucketBytes(shape)) };
  const arrays = bucketArrays(bucket);
  // Backwards: positions tell the order.
  for (const [at, row] of rows.toReversed().entries()) {
    arrays.position[at] = row.i;
    arrays.partition[at] = row.key;
    for (const [c, { name }] of columns.entries()) {
      const column = arrays.columns[c]!;
      if (column.kind !== "numbers") throw new Error("expected numbers");
      column.values[at] = row[name as "a"];
      column.isValid?.fill(1);
    }
  }
  return bucket;
}

const LIMITS = { timeoutMs: null, memoryBytes: null, loading: null };
const NO_FILES = { files: [], pythonHost: [], source: null };

function moduleJob(path: string): ExecutorJob {
  return {
    version: EXECUTOR_VERSION,
    init: {
      trainer: { kind: "module", path: "trainer.mjs", params: {} },
      ...{ readColumns: MADE_COLUMNS, keyFields: [], seed: 1, rowPolicy: ALL_ROWS, filePlan: null },
    },
    limits: LIMITS,
    resultSchema: DOCUMENT_SCHEMA,
    buckets: [0, 10].map((first) => {
      const { firstPartition, partitionRows } = madeBucket(first, 10);
      return { firstPartition, partitionRows, textBytes: [0, 0], keys: null, isRefused: false };
    }),
    source: null,
    files: [{ name: "trainer.mjs", bytes: new Uint8Array(readFileSync(path)) }],
    pythonHost: [],
  };
}

const MADE_TASKS = [0, 1].map((task) => rowsOf(task, madeBucket(10 * task, 10), 7));

function trainerText(body: string): Promise<string> {
  return bundledText(`
    export default defineTrainer({
      columns: ["x", "y"],
      fit({ table }) {
        const x = table.numbers("x");
        const at = Math.floor(x[0]);
        let sum = 0;
        for (const value of x) sum += value;
        ${body}
        return { model: { at, sum } };
      },
    });`);
}

function documentsOf({ messages }: PlayedHost): Map<number, string | null> {
  const models = new Map<number, string | null>();
  for (const message of messages) {
    if (message.type !== "result") continue;
    for (const [i, partition] of message.batch.partition.entries()) {
      if (models.has(partition)) throw new Error(`partition ${partition} was answered twice`);
      models.set(partition, message.batch.documents!.json[i] ?? null);
    }
  }
  return models;
}

describe("the program of executors", () => {
  test("has nothing native and nothing of the driver in it", async () => {
    const { inputs, code } = await bundleHost();
    expect(inputs.some((path) => path.includes("src/engine/spark/executor/host"))).toBe(true);
    expect(inputs.filter((path) => /duckdb|grpc|esbuild|src\/(bundle|source\/[^/]*\.ts)/.test(path))).toEqual(
      [],
    );
    expect(code).not.toContain("@duckdb");
  });

  test("fits linear regressions bit by bit as the local engine does", async () => {
    const { inspection, answers: expected } = await linearJob();
    const { readColumns, keyFields, seed, rowPolicy, trainer, trainerColumns } = inspection.inventory.job;
    const buckets = [bucketOf(readColumns, 0, 5), bucketOf(readColumns, 5, KEYS - 5)];
    const job: ExecutorJob = {
      version: EXECUTOR_VERSION,
      init: {
        trainer: { kind: "estimator", spec: trainer as never, columns: trainerColumns! },
        ...{ readColumns, keyFields, seed, rowPolicy, filePlan: null },
      },
      limits: LIMITS,
      resultSchema: inspection.resultSchema,
      buckets: buckets.map(({ firstPartition, partitionRows, textBytes }) => ({
        ...{ firstPartition, partitionRows, textBytes, keys: null, isRefused: false },
      })),
      ...NO_FILES,
    };
    const { messages } = await playHost(
      job,
      buckets.map((bucket, task) => rowsOf(task, bucket, 33)),
    );
    const answers: PartitionAnswer[] = [];
    for (const message of messages) if (message.type === "result") addAnswers(answers, message.batch);
    expect(answers).toEqual(expected);
    expect(answers.every(({ state }) => state === "fitted")).toBe(true);
    const order = messages
      .filter(({ type }) => type === "done")
      .map((message) => "task" in message && message.task);
    expect(order).toEqual([0, 1]);
    expect(messages.at(-1)?.type).toBe("done");
  });

  test("fits a module's partitions in a process of its own, task after task", async () => {
    const played = await playHost(moduleJob(await trainerText("")), MADE_TASKS);
    const models = documentsOf(played);
    expect(models).toEqual(new Map(Array.from({ length: 20 }, (_, at) => [at, innocentModel(at)])));
  });

  test("loses only the partition that kills its worker, and answers the rest", async () => {
    const path = await trainerText("if (at === 13) process.kill(process.pid, 'SIGKILL');");
    const models = documentsOf(await playHost(moduleJob(path), MADE_TASKS));
    expect([...models.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at));
    expect([...models].filter(([, model]) => model === null).map(([at]) => at)).toEqual([13]);
  });

  test("refuses a task whose rows are not those that were counted, and ends", async () => {
    const tasks = [rowsOf(0, madeBucket(0, 10), 7).filter((_, i) => i !== 2)];
    const { messages, end } = await playHost(moduleJob(await trainerText("")), tasks);
    expect(messages.at(-1)).toMatchObject({ type: "failed", task: 0, code: "source_changed" });
    expect(end?.code).toBe(1);
  });

  test("ends by itself when whoever sends rows is gone", async () => {
    const { end } = await playHost(moduleJob(await trainerText("while (true);")), MADE_TASKS, (message) =>
      message.type === "event" && message.event.type === "task.started" ? "leave" : "stay",
    );
    expect(end).not.toBeNull();
  });

  test("fits with Python, from sources that came with the job", async (context) => {
    const python = needPython(context, await pythonWith("newest"));
    const host = join(import.meta.dirname, "../../../../python/manyfit_host");
    const fit = "def fit(df, key, params, seed):\n    return {'sum': float(df['x'].sum())}\n";
    const base = moduleJob(await trainerText(""));
    const trainer = {
      ...{
        kind: "python" as const,
        trainer: { kind: "file" as const, path: "train.py" },
        params: {},
        minRows: 1,
      },
      ...{ python: "", blasThreads: 1, folder: "", host: "" },
    } as const;
    const job: ExecutorJob = {
      ...base,
      init: { ...base.init, trainer },
      files: [{ name: "train.py", bytes: new Uint8Array(Buffer.from(fit)) }],
      pythonHost: readdirSync(host)
        .filter((name) => name.endsWith(".py"))
        .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(host, name))) })),
    };
    const played = await playHost(job, MADE_TASKS, () => "stay", python);
    expect(documentsOf(played).size).toBe(20);
    const states = played.messages.flatMap((m) => (m.type === "result" ? [...m.batch.state] : []));
    expect(new Set(states)).toEqual(new Set([FIT_STATES.indexOf("fitted")]));
  });
});
