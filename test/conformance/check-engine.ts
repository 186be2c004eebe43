import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { Job } from "../../src/job/job.ts";
import { DEFAULT_POLICY, type Policy } from "../../src/job/policy.ts";
import { decodeKey } from "../../src/key/decode-key.ts";
import { keyAt } from "../../src/key/key-list.ts";
import { planRun } from "../../src/plan.ts";
import { SKIP_REASONS } from "../../src/run/fit-state.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { answeredCount } from "../../src/run/run-state.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { type CollectedRun, collectRun, NEVER } from "../engine/collect-run.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { type Layout, openTestDuckdb, writeSource } from "../source/write-source.ts";

/** Rows of a mixed kind: 500 keys of very different size in no order, one of them NULL, with NULL, NaN and ±∞. */
const MIXED = `
  select i as n,
    case when key = 13 then null else 'k' || key end as key,
    case when i % 41 = 0 then null when i % 43 = 0 then 'nan'::double when i % 47 = 0 then '-inf'::double
         else sin(i) * 10 end as x,
    case when i % 53 = 0 then null else cos(i * 3) + i % 7 end as z,
    case when key = 7 then null else 2 * sin(i) + key + (i % 11) / 10.0 end as y
  from (select i, case when i % 3 = 0 then 0 else (hash(i) % 500)::integer end as key from range(30000) t(i))
  order by i`;

const ROW_COUNT = 30_000;

/** What the suite asks of an engine. */
export interface EngineMember {
  /** An engine for one job; the estimators include `row-order-probe`. */
  create(): Promise<Engine>;
}

/** The job that most tests run. */
export function mixedJob(paths: readonly string[]): Job {
  return {
    source: plainSource(paths),
    partitioning: { kind: "by", columns: ["key"] },
    trainer: linearRegression({ target: "y", features: ["x", "z"] }),
    seed: 42,
    ...PLAIN_JOB,
  };
}

/** Writes the mixed rows in a layout. */
export function writeMixed(connection: Connection, layout: Layout): Promise<string[]> {
  return writeSource(connection, MIXED, layout);
}

/** What every engine must do. `oracle` is another engine that has to give the same bits. */
export function checkEngine(name: string, member: EngineMember, oracle: EngineMember): void {
  describe(`engine ${name}`, () => {
    let paths: string[];
    let run: CollectedRun;

    beforeAll(async () => {
      const connection = await (await openTestDuckdb()).connect();
      paths = await writeMixed(connection, { format: "parquet", files: 3 });
      run = await collectRun(await member.create(), mixedJob(paths));
    });

    test("answers every partition exactly once, in any order", () => {
      expect(run.answers.length).toBe(run.inspection.inventory.partitionCount);
      expect(run.answers.length).toBe(500);
    });

    test("reads every row of the source, and accounts for it", () => {
      const sum = (index: 0 | 1 | 2): number =>
        run.answers.reduce((total, { rows }) => total + rows[index], 0);
      expect(sum(0)).toBe(ROW_COUNT);
      expect(sum(1) + sum(2)).toBe(ROW_COUNT);
      for (const [partition, { rows }] of run.answers.entries()) {
        expect(rows[0]).toBe(run.inspection.inventory.rows[partition]);
        expect(rows[1]).toBe(run.inspection.inventory.usableRows[partition]);
      }
    });

    test("gives the same bits as its oracle", async () => {
      const other = await collectRun(await oracle.create(), mixedJob(paths));
      expect(run.answers).toEqual(other.answers);
    });

    test("numbers partitions in key order, NULL first", () => {
      const { keys } = run.inspection.inventory;
      expect(decodeKey(["text"], keyAt(keys, 0))).toEqual([null]);
      expect(decodeKey(["text"], keyAt(keys, 1))).toEqual(["k0"]);
      expect(decodeKey(["text"], keyAt(keys, 2))).toEqual(["k1"]);
      expect(decodeKey(["text"], keyAt(keys, 3))).toEqual(["k10"]);
    });

    test("skips the partition whose target is NULL in every row", () => {
      const skipped = run.answers.filter((answer) => answer.state === "skipped");
      expect(skipped.map(({ rows, reason }) => [rows[1], reason])).toEqual([[0, 0]]);
    });

    test("hands rows of every partition over in source order", async () => {
      const job: Job = {
        ...mixedJob(paths),
        trainer: { estimator: "row-order-probe", params: { number: "n" } },
      };
      const probed = await collectRun(await member.create(), job);
      const sum = probed.answers.reduce((total, { model }) => total + model[1]!, 0);
      expect(sum).toBe((ROW_COUNT * (ROW_COUNT - 1)) / 2);
      expect(probed.answers.filter(({ model }) => model[2] !== 0)).toEqual([]);
    });

    test("fits one model of all rows when pooled, in blocks", async () => {
      const job: Job = { ...mixedJob(paths), partitioning: { kind: "pooled" } };
      const [pooled, expected] = [
        await collectRun(await member.create(), job),
        await collectRun(await oracle.create(), job),
      ];
      expect(pooled.answers).toHaveLength(1);
      expect(pooled.answers[0]!.rows[0]).toBe(ROW_COUNT);
      expect(pooled.answers).toEqual(expected.answers);
    });

    test.each(POLICIES)(
      "gives the same bits as its oracle with $name, skips as planned",
      async ({ policy }) => {
        const job = { ...mixedJob(paths), policy: { ...DEFAULT_POLICY, ...policy } };
        const found = await collectRun(await member.create(), job);
        expect(found.answers).toEqual((await collectRun(await oracle.create(), job)).answers);
        expect(found.answers).not.toEqual(run.answers);
        checkRows(found);
      },
    );

    test("makes an estimator that throws the failure of that partition alone", async () => {
      const connection = await (await openTestDuckdb()).connect();
      const rows =
        "select i as n, i % 10 as key, case when i = 55 then -666 else i end as v from range(200) t(i)";
      const failing = await writeSource(connection, rows, { format: "parquet", files: 1 });
      const { answers } = await collectRun(await member.create(), {
        ...mixedJob(failing),
        trainer: { estimator: "row-order-probe", params: { number: "v" } },
      });
      expect(answers.map(({ state }) => state)).toEqual(
        Array.from({ length: 10 }, (_, key) => (key === 5 ? "failed" : "fitted")),
      );
      expect(answers[5]!.errors).toEqual(["estimator_threw: the probe was told to fail here"]);
      expect(answers[5]!.rows).toEqual([20, 20, 0]);
    });

    test("tells of its work in events that fit together", () => {
      checkEvents(run.events, run.answers.length);
    });

    test("stops when told, with `interrupted`", async () => {
      const engine = await member.create();
      await engine.inspect(mixedJob(paths), () => undefined, NEVER);
      const controller = new AbortController();
      const work = async (): Promise<void> => {
        for await (const _ of engine.run(controller.signal)) controller.abort();
      };
      await expect(work()).rejects.toMatchObject({ name: "ManyfitError", code: "interrupted" });
      await engine.close();
    });

    test("does not even begin when told to stop before", async () => {
      const engine = await member.create();
      const inspecting = engine.inspect(mixedJob(paths), () => undefined, AbortSignal.abort());
      await expect(inspecting).rejects.toMatchObject({ code: "interrupted" });
      await engine.close();
    });

    test("can be left in the middle", async () => {
      const engine = await member.create();
      await engine.inspect(mixedJob(paths), () => undefined, NEVER);
      for await (const item of engine.run(NEVER)) {
        if (item.type === "task.started") break;
      }
      await engine.close();
    });

    test("refuses a column that is not there, before it reads a row", async () => {
      const engine = await member.create();
      const job = { ...mixedJob(paths), partitioning: { kind: "by", columns: ["kye"] } } as const;
      await expect(engine.inspect(job, () => undefined, NEVER)).rejects.toMatchObject({
        code: "unknown_column",
        message: expect.stringContaining("did you mean key?"),
      });
      await engine.close();
    });
  });
}

const POLICIES: readonly { readonly name: string; readonly policy: Partial<Policy> }[] = [
  { name: "a fifth of the rows held out and 33 to be fitted", policy: { holdout: 0.2, minRows: 33 } },
  { name: "half of the rows held out and 30 to be fitted", policy: { holdout: 0.5, minRows: 30 } },
  { name: "NULLs that fail their partition", policy: { nulls: "fail", holdout: 0.1, minRows: 50 } },
];

/** What a run with a row policy says of rows, against what was counted before. */
function checkRows({ inspection, answers }: CollectedRun): void {
  const { inventory, resultSchema } = inspection;
  const skips = { no_rows: 0, too_few_rows: 0 };
  for (const [partition, { state, reason, rows, rowsHeldOut, metrics }] of answers.entries()) {
    const [read, used, dropped] = rows;
    expect(used + dropped + rowsHeldOut).toBe(read);
    expect([read, used + rowsHeldOut]).toEqual([inventory.rows[partition], inventory.usableRows[partition]]);
    if (state === "skipped") skips[SKIP_REASONS[reason]!]++;
    if (state !== "fitted") continue;
    const rmse = metrics[resultSchema.metrics.findIndex(({ name }) => name === "holdout_rmse")];
    expect(rmse === null).toBe(rowsHeldOut === 0);
  }
  expect(planRun(inspection, { name: "any", workers: 1, cluster: null }).skips).toEqual(skips);
  expect(skips.too_few_rows).toBeGreaterThan(0);
}

function checkEvents(events: readonly RunEvent[], partitions: number): void {
  const started = events.filter((event) => event.type === "task.started");
  const finished = events.filter((event) => event.type === "task.finished");
  expect(new Set(finished.map((event) => event.task))).toEqual(new Set(started.map((event) => event.task)));
  expect(started.reduce((sum, event) => sum + event.partitions, 0)).toBe(partitions);
  expect(started.reduce((sum, event) => sum + event.rows!, 0)).toBe(ROW_COUNT);
  expect(finished.reduce((sum, event) => sum + answeredCount(event.counts), 0)).toBe(partitions);
  const phases = events.filter((event) => event.type === "phase.started").map((event) => event.phase);
  expect(phases.slice(0, 2)).toEqual(["reading", "exchanging"]);
}
