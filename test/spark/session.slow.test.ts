import { create } from "@bufbuild/protobuf";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type Relation, RelationSchema } from "#spark-connect/relations";
import { sparkFindings } from "../../src/doctor/spark-findings.ts";
import { hashedName } from "../../src/engine/spark/connect/artifacts.ts";
import { parseConnection } from "../../src/engine/spark/connect/connection.ts";
import { SparkSession } from "../../src/engine/spark/connect/session.ts";
import { endSessions } from "../../src/engine/spark/shared-session.ts";
import { taskLabels } from "../../src/engine/spark/task-labels.ts";
import { needCluster } from "./spark-test.ts";

const NEVER = new AbortController().signal;

let session: SparkSession;

beforeEach((context) => {
  session ??= new SparkSession(parseConnection(needCluster(context), "tester"), "manyfit tests");
});

afterAll(() => Promise.all([session?.close(), endSessions()]));

function sql(query: string): Relation {
  return create(RelationSchema, { common: { planId: 1n }, relType: { case: "sql", value: { query } } });
}

function range(end: bigint): Relation {
  const value = { start: 0n, end, step: 1n, numPartitions: 4 };
  return create(RelationSchema, { common: { planId: 1n }, relType: { case: "range", value } });
}

async function countOf(relation: Relation, signal: AbortSignal = NEVER): Promise<bigint> {
  let rows = 0n;
  for await (const { responseType } of session.run(relation, signal))
    if (responseType.case === "arrowBatch") rows += responseType.value.rowCount;
  return rows;
}

test("a cluster that answers is well found by a diagnosis", async (context) => {
  const [cluster] = await sparkFindings({ server: needCluster(context), withinMs: 60_000 });
  expect(cluster).toMatchObject({
    ...{ name: "Spark", state: "ok", found: expect.stringMatching(/^\d\.\d/) },
    note: expect.stringMatching(/^at \S+:\d+, \d+ cores$/),
  });
});

describe("a session", () => {
  test("knows the server's version and configuration", async () => {
    expect(await session.version(NEVER)).toMatch(/^4\.\d+\.\d+$/);
    await session.configure({ "spark.sql.shuffle.partitions": "7" }, NEVER);
    const found = await session.config(["spark.sql.shuffle.partitions", "no.such.setting"], NEVER);
    expect([...found]).toEqual([
      ["spark.sql.shuffle.partitions", "7"],
      ["no.such.setting", null],
    ]);
  });

  test("resolves the columns of a relation and explains how it is run", async () => {
    const { kind } = await session.schemaOf(sql("select 1 as a, 'x' as b"), NEVER);
    expect(kind.case === "struct" && kind.value.fields.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(await session.explain(range(10n), NEVER)).toContain("Range");
  });

  test("gives every row of a result once, over many streams", async () => {
    expect(await countOf(range(1_000_000n))).toBe(1_000_000n);
    // Two seconds and more: the server ends each stream after one.
    const slow = "select id, java_method('java.lang.Thread', 'sleep', 150L) from range(0, 30, 1, 2)";
    expect(await countOf(sql(slow))).toBe(30n);
  });

  test("gives them, too, where it has no patience for silence", async (context) => {
    const connection = parseConnection(needCluster(context), "tester");
    const hasty = new SparkSession(connection, "manyfit tests", { silenceMs: 100 });
    const slow = "select id, java_method('java.lang.Thread', 'sleep', 100L) from range(0, 20, 1, 2)";
    let rows = 0n;
    for await (const { responseType } of hasty.run(sql(slow), NEVER))
      if (responseType.case === "arrowBatch") rows += responseType.value.rowCount;
    expect(rows).toBe(20n);
    await hasty.close();
  });

  test("lets a result go that nobody wants to the end, and interrupts what runs", async () => {
    const slow = sql(
      "select sum(hash(id, x)) from range(0, 4000000000, 1, 2) lateral view explode(array(1, 2, 3)) t as x",
    );
    const stop = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => stop.abort(reason), 1000);
    await expect(countOf(slow, stop.signal)).rejects.toBe(reason);
    for await (const _ of session.run(range(1_000_000n), NEVER)) break;
    expect(await countOf(range(10n))).toBe(10n);
  });

  test.each([
    [
      "select nosuch from range(3)",
      /^spark: \[UNRESOLVED_COLUMN\.WITH_SUGGESTION\] .*`nosuch` cannot be resolved/,
    ],
    ["selec 1", /^spark: \[PARSE_SYNTAX_ERROR\] Syntax error at or near 'selec'/],
    ["select raise_error('boo')", /^spark: \[USER_RAISED_EXCEPTION\] boo$/],
  ])("says in one line what is wrong with %s", async (query, message) => {
    const error = await countOf(sql(query)).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "spark_failed", message: expect.stringMatching(message) });
    expect(await session.detailsOf(error as never, NEVER)).toContain("    at org.apache.spark.");
  });

  test("takes files of several chunks, twice if they are the same", async () => {
    const artifact = { name: "files/seven.bin", bytes: new Uint8Array(3_000_000).fill(7) };
    await session.addArtifact(artifact, NEVER);
    await session.addArtifact(artifact, NEVER);
    const other = { ...artifact, bytes: new Uint8Array(10) };
    await expect(session.addArtifact(other, NEVER)).rejects.toMatchObject({
      code: "spark_failed",
      message: expect.stringMatching(
        /^spark: \[ARTIFACT_ALREADY_EXISTS\] .*files\/seven\.bin already exists/,
      ),
    });
  });

  test("takes files of one name and other bytes under names with their hash", async () => {
    const files = [3, 5, 3].map((byte) => new Uint8Array(1000).fill(byte));
    const names = files.map((bytes) => hashedName("some.job.frame", bytes));
    for (const [i, bytes] of files.entries())
      await session.addArtifact({ name: `files/${names[i]}`, bytes }, NEVER);
    expect(names[0]).toMatch(/^some-[0-9a-f]{16}\.job\.frame$/);
    expect(names[2]).toBe(names[0]);
    expect(names[1]).not.toBe(names[0]);
  });
});

test("a server that is not there is told by its place", async () => {
  const nowhere = new SparkSession(parseConnection("sc://127.0.0.1:1", "tester"), "manyfit tests");
  await expect(nowhere.version(AbortSignal.timeout(100_000))).rejects.toMatchObject({
    code: "spark_unreachable",
    message: expect.stringMatching(/^spark server 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/),
  });
  await nowhere.close();
}, 120_000);

describe("labels of tasks", () => {
  test.each([1, 2, 7, 64, 1000])(
    "bring their rows to exactly the task that was meant, of %i",
    async (tasks) => {
      const labels = [...taskLabels(tasks)];
      const values = labels.map((label, task) => `(${label}, ${task})`).join(", ");
      const expected = `pmod(hash(label), ${tasks})`;
      const wrong = `select label from values ${values} as t(label, task) where ${expected} <> task`;
      expect(await countOf(sql(wrong))).toBe(0n);
      const rows = sql(`select label, task from values ${values} as t(label, task)`);
      const shuffled = create(RelationSchema, {
        common: { planId: 2n },
        relType: {
          case: "repartitionByExpression",
          value: {
            input: rows,
            numPartitions: tasks,
            partitionExprs: [
              { exprType: { case: "unresolvedAttribute", value: { unparsedIdentifier: "label" } } },
            ],
          },
        },
      });
      const misplaced = create(RelationSchema, {
        common: { planId: 3n },
        relType: {
          case: "filter",
          value: {
            input: shuffled,
            condition: {
              exprType: { case: "expressionString", value: { expression: "spark_partition_id() <> task" } },
            },
          },
        },
      });
      expect(await countOf(misplaced)).toBe(0n);
    },
  );
});
