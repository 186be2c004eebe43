import { binary, columnFromArray, int32, int64, type Table, tableFromColumns, utf8 } from "@uwdata/flechette";
import { describe, expect, test } from "vitest";
import { SparkAnswers } from "../../../src/engine/spark/spark-answers.ts";
import { encodeFrame } from "../../../src/protocol/frame.ts";
import type { ResultBatch } from "../../../src/run/result-batch.ts";
import type { RunEvent } from "../../../src/run/run-event.ts";

type Told = Readonly<Record<string, unknown>>;

/** Rows of Spark's, with a message each, all of one task on one executor. */
function rowsOf(messages: readonly Told[], { partition = 0, executor = "1", attempt = 0 } = {}): Table {
  const frames = messages.map((message) => Buffer.concat([...encodeFrame(message as never)]));
  const same = <T>(value: T): T[] => messages.map(() => value);
  return tableFromColumns({
    frame: columnFromArray(frames, binary()),
    stage: columnFromArray(same(7), int32()),
    partition: columnFromArray(same(partition), int32()),
    attempt: columnFromArray(same(attempt), int32()),
    task_attempt: columnFromArray(same(40n + BigInt(partition)), int64()),
    host: columnFromArray(same("node-a"), utf8()),
    executor: columnFromArray(same(executor), utf8()),
    process: columnFromArray(same(99), int32()),
  });
}

function resultOf(...partitions: readonly number[]): Told {
  return { type: "result", batch: { type: "result.batch", partition: Int32Array.from(partitions) } };
}

const DONE = { type: "done", task: 0 };

function readAll(answers: SparkAnswers, ...tables: readonly Table[]): (RunEvent | ResultBatch)[] {
  return tables.flatMap((table) => [...answers.read(table)]);
}

describe("answers of executors", () => {
  test("are numbered by Spark's tasks, and by the executors as they are heard of", () => {
    const answers = new SparkAnswers(3, 2);
    const items = readAll(
      answers,
      rowsOf([resultOf(2, 1), DONE], { partition: 1, executor: "b" }),
      rowsOf([resultOf(0), DONE], { partition: 0, executor: "a" }),
    );
    expect(items).toMatchObject([
      { type: "result.batch", task: 1, worker: 0 },
      { type: "result.batch", task: 0, worker: 1 },
    ]);
    expect(() => answers.finish()).not.toThrow();
  });

  test("need not come from tasks of partitions that are refused", () => {
    const refused = { tooLarge: new Map([[1, "too large"]]), taskOf: Int32Array.of(0, 1, 2) };
    const answers = new SparkAnswers(3, 3, refused);
    readAll(answers, rowsOf([resultOf(0), DONE]), rowsOf([resultOf(2), DONE], { partition: 2 }));
    expect(() => answers.finish()).not.toThrow();
    const more = new SparkAnswers(3, 3, refused);
    expect(() => readAll(more, rowsOf([resultOf(1)], { partition: 1 }))).toThrow(/answered before/);
  });

  test("tell where and when a task ran", () => {
    const ran = { type: "ran", task: 0, startedAtMs: 1000, endedAtMs: 2500 };
    const [event] = readAll(new SparkAnswers(1, 1), rowsOf([ran, resultOf(0), DONE], { attempt: 2 }));
    expect(event).toEqual({
      ...{ type: "task.ran", atMs: expect.any(Number), task: 0, worker: 0 },
      ...{ startedAtMs: 1000, endedAtMs: 2500, stage: 7, attempt: 2, taskAttempt: 40 },
      ...{ executor: "1", host: "node-a", process: 99 },
    });
  });

  test("tell of a host that died with its executor", () => {
    const restarted = { type: "restarted", task: 0, cause: "process ended by signal SIGKILL" };
    const [event] = readAll(new SparkAnswers(1, 1), rowsOf([restarted]));
    expect(event).toMatchObject({
      ...{ type: "attempt.lost", task: 0, worker: 0, partition: null },
      cause: "executor 1 on node-a: process ended by signal SIGKILL",
    });
  });

  test.for([
    ["a partition twice", [rowsOf([resultOf(0), resultOf(0)])], /partition 0 .*answered before/],
    ["a partition that is none", [rowsOf([resultOf(3)])], /partition 3 is none of this run/],
    ["a task that is none", [rowsOf([DONE], { partition: 5 })], /task 5 is none of this run/],
    ["a task that was done", [rowsOf([DONE]), rowsOf([resultOf(1)])], /task 0 .*done before/],
    ["what nobody knows", [rowsOf([{ type: "sings" }])], /says "sings"/],
  ] as const)("are refused where they hold %s", ([, tables, message]) => {
    expect(() => readAll(new SparkAnswers(3, 2), ...tables)).toThrow(message);
  });

  test("are refused where bytes of a frame were changed", () => {
    const table = rowsOf([resultOf(0)]);
    const frame = new Uint8Array(table.getChild("frame")!.at(0) as Uint8Array);
    frame[0]! ^= 1;
    const broken = tableFromColumns({
      ...Object.fromEntries(table.names.map((name) => [name, table.getChild(name)])),
      frame: columnFromArray([frame], binary()),
    } as never);
    expect(() => readAll(new SparkAnswers(1, 1), broken)).toThrow(/a frame is damaged/);
  });

  test.for([
    ["a partition has none", rowsOf([resultOf(0, 2), DONE]), { code: "source_changed" }],
    ["a task came to no end", rowsOf([resultOf(0, 1, 2)]), { message: expect.stringMatching(/task 0 has/) }],
    [
      "a task was not heard of",
      rowsOf([resultOf(0, 1, 2), DONE]),
      { message: expect.stringMatching(/1 of 2/) },
    ],
  ] as const)("are not whole where %s", ([, table, error]) => {
    const answers = new SparkAnswers(3, 2);
    readAll(answers, table);
    expect(() => answers.finish()).toThrow(expect.objectContaining(error));
  });

  test.for([
    ["memory_exceeded", "no room", "executor 1 on node-a: no room"],
    ["spark_failed", "executor 1 on node-a has no Node", "executor 1 on node-a has no Node"],
    ["source_changed", "partition 3: has more rows", "partition 3: has more rows"],
  ] as const)("say what a host could not do, and where if that matters: %s", ([code, message, told]) => {
    const failed = { type: "failed", task: 0, code, message };
    expect(() => readAll(new SparkAnswers(1, 1), rowsOf([failed]))).toThrow(
      expect.objectContaining({ code, message: told }),
    );
  });
});
