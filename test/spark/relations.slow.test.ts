import { create } from "@bufbuild/protobuf";
import { columnFromArray, float64, int32, tableFromColumns, tableToIPC, utf8 } from "@uwdata/flechette";
import { afterAll, describe, expect } from "vitest";
import type { Relation } from "#spark-connect/relations";
import { DataTypeSchema } from "#spark-connect/types";
import { collectTables } from "../../src/engine/spark/collect-tables.ts";
import { pickleFunction } from "../../src/engine/spark/pickle-function.ts";
import {
  broadcast,
  filtered,
  grouped,
  joined,
  localRows,
  mappedInArrow,
  named,
  projected,
  queryRows,
  quoteName,
  repartitioned,
  sortedWithinTasks,
} from "../../src/engine/spark/relations.ts";
import { endSessions, openSession } from "../../src/engine/spark/shared-session.ts";
import { taskLabels } from "../../src/engine/spark/task-labels.ts";
import { test } from "./spark-test.ts";

const NEVER = new AbortController().signal;

afterAll(endSessions);

async function rowsOf(server: string, relation: Relation): Promise<Record<string, unknown>[]> {
  const { session } = await openSession(server, NEVER);
  const rows: Record<string, unknown>[] = [];
  for await (const table of collectTables(session, relation, NEVER))
    rows.push(...(table.toArray() as Record<string, unknown>[]).map((row) => ({ ...row })));
  return rows;
}

const NUMBERS = queryRows(
  "select id as n, id % 3 as k, if(id % 4 = 0, null, id / 2) as x from range(0, 12, 1, 3)",
);

describe("relations", () => {
  test("filter, name and count rows", async ({ server }) => {
    const odd = projected(filtered(NUMBERS, "n % 2 = 1"), ["k", "n * 10 as `ten times`", "x"]);
    const counts = grouped(odd, ["k"], ["count(*) as rows", "sum(`ten times`) as s", "count(x) as present"]);
    const found = await rowsOf(server, counts);
    expect(found.sort((a, b) => Number(a["k"]) - Number(b["k"]))).toEqual([
      { k: 0n, rows: 2n, s: 120n, present: 2n },
      { k: 1n, rows: 2n, s: 80n, present: 2n },
      { k: 2n, rows: 2n, s: 160n, present: 2n },
    ]);
    expect(await rowsOf(server, grouped(odd, [], ["count(*) as rows"]))).toEqual([{ rows: 6n }]);
  });

  test("bring rows to the task of their label, sorted, beside what the driver knows of them, NULL too", async ({
    server,
  }) => {
    const labels = taskLabels(3);
    const keys = [0.5, null, 2.5];
    const local = tableFromColumns({
      k0: columnFromArray(keys, float64()),
      partition: columnFromArray([2, 0, 1], int32()),
      label: columnFromArray([...labels], int32()),
    });
    const rows = queryRows(
      "select element_at(array(0.5D, null, 2.5D, 7D), cast(id % 4 + 1 as int)) as k0, 100 - id as position from range(0, 40, 1, 4)",
    );
    const together = joined(
      named(rows, "r"),
      broadcast(named(localRows(tableToIPC(local, { format: "stream" })!), "d")),
      "r.k0 <=> d.k0",
    );
    const placed = sortedWithinTasks(
      repartitioned(projected(together, ["partition", "position", "label"]), "label", 3),
      ["partition", "position"],
    );
    const seen = await rowsOf(
      server,
      projected(placed, ["spark_partition_id() as task", "partition", "position"]),
    );
    expect(seen).toHaveLength(30);
    for (const [task, partition] of [2, 0, 1].entries()) {
      const of = seen.filter((row) => row["task"] === task);
      expect(new Set(of.map((row) => row["partition"]))).toEqual(new Set([partition]));
      expect(of.map((row) => Number(row["position"]))).toEqual(
        of.map((row) => Number(row["position"])).sort((a, b) => a - b),
      );
      expect(of).toHaveLength(10);
    }
  });

  test("run a function of Python's over the record batches of each task", async ({ server }) => {
    const source = `
import pyarrow as pa, sys
def run(batches):
    count = 0
    for batch in batches:
        count += batch.num_rows
    yield pa.RecordBatch.from_arrays([pa.array([count]), pa.array([TEXT])], names=["rows", "text"])
`;
    const resultType = JSON.stringify({
      type: "struct",
      fields: [
        { name: "rows", type: "long", nullable: true, metadata: {} },
        { name: "text", type: "string", nullable: true, metadata: {} },
      ],
    });
    const long = { kind: { case: "long" as const, value: {} } };
    const text = { kind: { case: "string" as const, value: {} } };
    const fields = [
      { name: "rows", dataType: long, nullable: true },
      { name: "text", dataType: text, nullable: true },
    ];
    const command = pickleFunction({
      ...{ source, fileName: "<of tests>", entry: "run", resultType },
      globals: { TEXT: "ü" },
    });
    const mapped = mappedInArrow(NUMBERS, {
      command,
      outputType: create(DataTypeSchema, { kind: { case: "struct", value: { fields } } }),
      pythonVersion: process.env["MANYFIT_TEST_SPARK_VERSION"] ?? "3.11",
      columns: ["n", "k", "x"],
    });
    expect(await rowsOf(server, mapped)).toEqual(Array(3).fill({ rows: 4n, text: "ü" }));
  });

  test("have columns whose names are whatever they are", async ({ server }) => {
    const name = "a`b c.d";
    const odd = projected(NUMBERS, [`n as ${quoteName(name)}`]);
    expect(await rowsOf(server, filtered(odd, `${quoteName(name)} = 3`))).toEqual([{ [name]: 3n }]);
  });

  test("of the driver hold texts and NULL", async ({ server }) => {
    const table = tableFromColumns({ t: columnFromArray(["é", null, ""], utf8()) });
    const local = localRows(tableToIPC(table, { format: "stream" })!);
    expect(await rowsOf(server, local)).toEqual([{ t: "é" }, { t: null }, { t: "" }]);
  });
});
