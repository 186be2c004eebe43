import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { ColumnType, EstimatorSpec, Job } from "../../src/job/job.ts";
import { decodeKey } from "../../src/key/decode-key.ts";
import { keyAt } from "../../src/key/key-list.ts";
import type { KeyValue } from "../../src/key/key-type.ts";
import { createDictionary, type Dictionary } from "../../src/source/dictionary.ts";
import { inspectSource } from "../../src/source/inspect-source.ts";
import { createRelation, type Relation } from "../../src/source/relation.ts";
import { type RowBatch, streamRows, streamSortedRows } from "../../src/source/stream-rows.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { resolveEstimatorJob } from "../source/resolve-estimator-job.ts";
import { type Layout, openTestDuckdb, writeSource } from "../source/write-source.ts";

const ROWS = 12_345;

/** Two key columns with NULLs, numbers with NULLs, quotes and newlines in text, rows in no order of keys. */
const QUERY = `
  select i as n,
    case when i % 97 = 0 then null when i % 89 = 0 then 'it''s "quoted", ' || chr(10) || 'two lines' when i % 83 = 0 then chr(65279) || 'mark' else 'ä' || (i % 13) end as city,
    ((i * 7919) % 5) - 2 as zone,
    case when i % 10 = 3 then null else i / 8 end as x,
    case when i % 100 = 7 then null else (i % 17)::integer end as y
  from range(${ROWS}) t(i)`;

const TYPES: Readonly<Record<string, ColumnType>> = { zone: "integer" };

type EstimatorJob = Job & { readonly trainer: EstimatorSpec };

interface Opened {
  readonly relation: Relation;
  readonly dictionary: Dictionary;
}

interface CopiedRow {
  readonly partition: number;
  readonly position: number;
  readonly columns: readonly number[];
}

/** The rows of a source as the suite writes them, and what it expects to read. */
function expectedRow(i: number): { city: string | null; zone: number; x: number; y: number; n: number } {
  const city =
    i % 97 === 0
      ? null
      : i % 89 === 0
        ? 'it\'s "quoted", \ntwo lines'
        : i % 83 === 0
          ? "\ufeffmark"
          : `ä${i % 13}`;
  return {
    city,
    zone: ((i * 7919) % 5) - 2,
    x: i % 10 === 3 ? Number.NaN : i / 8,
    y: i % 100 === 7 ? Number.NaN : i % 17,
    n: i,
  };
}

function jobFor(paths: readonly string[], where: string | null = null): EstimatorJob {
  return {
    source: plainSource(paths, { types: TYPES, where }),
    partitioning: { kind: "by", columns: ["city", "zone"] },
    trainer: linearRegression({ target: "y", features: ["x", "n"] }),
    seed: 42,
    ...PLAIN_JOB,
  };
}

async function open(connection: Connection, job: EstimatorJob): Promise<Opened> {
  const schema = await inspectSource(job.source, connection);
  const resolved = resolveEstimatorJob(job, schema);
  const relation = await createRelation(resolved, schema, connection);
  return { relation, dictionary: await createDictionary(relation, resolved, connection) };
}

async function copyRows(batches: AsyncIterable<RowBatch>): Promise<CopiedRow[]> {
  const rows: CopiedRow[] = [];
  for await (const { rowCount, partition, position, columns } of batches) {
    for (let i = 0; i < rowCount; i++) {
      const values = columns.map((column) => (column.kind === "numbers" ? column.values[i]! : Number.NaN));
      rows.push({ partition: partition[i]!, position: position[i]!, columns: values });
    }
  }
  return rows;
}

/** What every kind of source must do. */
export function checkSource(name: string, layout: Layout): void {
  describe(`source ${name}`, () => {
    let connection: Connection;
    let paths: string[];
    let opened: Opened;

    beforeAll(async () => {
      connection = await (await openTestDuckdb()).connect();
      paths = await writeSource(connection, QUERY, layout);
      opened = await open(connection, jobFor(paths));
    });

    const keyOf = (partition: number): KeyValue[] =>
      decodeKey(["text", "integer"], keyAt(opened.dictionary.keys, partition));

    test("counts the rows of every file", () => {
      expect(opened.relation.fileRows).toHaveLength(layout.files);
      expect(opened.relation.fileRows!.reduce((sum, n) => sum + n, 0)).toBe(ROWS);
    });

    test("has every key once, with its rows and its usable rows", () => {
      const counts = new Map<string, { rows: number; usable: number }>();
      for (let i = 0; i < ROWS; i++) {
        const { city, zone, x, y } = expectedRow(i);
        const id = JSON.stringify([city, zone]);
        const count = counts.get(id) ?? { rows: 0, usable: 0 };
        count.rows++;
        if (Number.isFinite(x) && Number.isFinite(y)) count.usable++;
        counts.set(id, count);
      }
      const { rows, usableRows } = opened.dictionary;
      const found = Array.from(rows, (n, partition) => [
        JSON.stringify(keyOf(partition)),
        { rows: n, usable: usableRows[partition] },
      ]);
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(counts));
      expect(found).toHaveLength(counts.size);
    });

    test.each(["scattered", "sorted"])(
      "gives every row once, %s, with its key and its values",
      async (way) => {
        const { relation, dictionary } = opened;
        const batches =
          way === "sorted"
            ? streamSortedRows(relation, connection)
            : streamRows(relation, dictionary.lookup, connection);
        const rows = await copyRows(batches);
        expect(rows).toHaveLength(ROWS);
        for (const { partition, columns } of rows) {
          const { city, zone, x, y, n } = expectedRow(columns[1]!);
          expect([...keyOf(partition), ...columns]).toEqual([city, zone, x, n, y]);
        }
        expect(new Set(rows.map(({ columns }) => columns[1])).size).toBe(ROWS);
      },
    );

    test("numbers rows by file, then by place in the file", async () => {
      const rows = await copyRows(streamRows(opened.relation, opened.dictionary.lookup, connection));
      const byPosition = rows.sort((a, b) => a.position - b.position).map(({ columns }) => columns[1]!);
      expect(byPosition).toEqual(Array.from({ length: ROWS }, (_, i) => i));
    });

    test("sorts by key, then by position", async () => {
      const rows = await copyRows(streamSortedRows(opened.relation, connection));
      for (let i = 1; i < rows.length; i++) {
        const [before, after] = [rows[i - 1]!, rows[i]!];
        const rises =
          after.partition > before.partition ||
          (after.partition === before.partition && after.position > before.position);
        if (!rises) expect([before, after]).toBe("in order");
      }
    });

    test("reads only what its filter lets through, in the same order", async () => {
      const filtered = await open(connection, jobFor(paths, "n % 3 = 1 -- a comment"));
      const rows = await copyRows(streamRows(filtered.relation, filtered.dictionary.lookup, connection));
      const numbers = rows.sort((a, b) => a.position - b.position).map(({ columns }) => columns[1]!);
      expect(numbers).toEqual(Array.from({ length: Math.floor((ROWS + 1) / 3) }, (_, i) => 3 * i + 1));
      expect(filtered.relation.rowCount).toBe(numbers.length);
    });

    test("says that a filter is wrong in the user's words", async () => {
      await expect(open(connection, jobFor(paths, "nn > 3"))).rejects.toMatchObject({
        code: "invalid_option",
        message: expect.stringMatching(/--where nn > 3: .*nn/),
      });
    });
  });
}
