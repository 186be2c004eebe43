import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Job, Partitioning } from "../../src/job/job.ts";
import { openEngine } from "../../src/open-engine.ts";
import { openRun } from "../../src/store/open-run.ts";
import { trainWith } from "../../src/train.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { type Layout, openTestDuckdb, writeSource } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const SEE_ALL = fileURLToPath(new URL("fixtures/see-all.ts", import.meta.url));

/** Rows of all types that trainers read, with NULL in each, in no order of their keys. */
const ROWS = `
  select i as n,
    'k' || (hash(i) % 37)::integer as key,
    case when i % 5 = 0 then null else (i * 7919) % 1000 - 500 end as whole,
    case when i % 7 = 0 then null when i % 11 = 0 then 'nan'::double when i % 13 = 0 then 'inf'::double
         else i / 3.0::double end as real,
    case when i % 3 = 0 then null else (i * 17 % 100000)::decimal(9,2) / 4 end::decimal(9,2) as money,
    case when i % 4 = 0 then null else i % 2 = 0 end as flag,
    case when i % 6 = 0 then null else date '1969-12-25' + (i % 20)::integer end as day,
    case when i % 9 = 0 then null else timestamp '2001-02-03 04:05:06.789012' + to_microseconds(i * 1001) end as at,
    case when i % 8 = 0 then null when i % 10 = 1 then '' when i % 10 = 2 then chr(65279) || 'mark'
         else repeat('ü', (i % 4)::integer) || ' ' || i || '😀' end as name
  from range(3000) t(i)`;

/** The same cells as DuckDB sees them: numbers as JavaScript writes them are compared as numbers. */
const CELLS = `
  select whole::double as whole, "real", money::double as money, flag::integer::double as flag,
    epoch_ms(day::timestamp)::double as day, epoch_us("at")::double / 1000 as "at", name`;

interface SeenModel {
  readonly key: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly values: unknown[] }[];
}

interface Seen {
  readonly digest: string;
  /** By partition. */
  readonly models: readonly SeenModel[];
}

async function see(paths: readonly string[], partitioning: Partitioning, workers: number): Promise<Seen> {
  const job: Job = {
    source: plainSource(paths),
    partitioning,
    trainer: { module: SEE_ALL, params: {} },
    seed: 42,
    ...PLAIN_JOB,
  };
  const opened = await openEngine(workers, { bucketLimits: { rows: 500, partitions: 4 } });
  try {
    const machine = { workers, memoryBytes: null, memoryPerWorkerBytes: null, python: null };
    const engine = { kind: "local" } as const;
    const request = { job, engine, runsFolder: temporaryFolder(), name: null, ...machine };
    const { folder } = await trainWith(opened, request, {});
    const run = await openRun(folder);
    const { rows } = await run.query("select model from models order by partition");
    await run.close();
    expect(run.manifest!.counts.states.fitted).toBe(run.manifest!.counts.partitions);
    return {
      digest: run.manifest!.digest,
      models: rows.map(([model]) => JSON.parse(model as string) as SeenModel),
    };
  } finally {
    await opened.close();
  }
}

/** The cells of a query's rows, column by column, as the trainer should have seen them. */
async function expectedCells(sql: string, columns: readonly string[]): Promise<unknown[][]> {
  const duckdb = await openTestDuckdb();
  const connection = await duckdb.connect();
  const list = columns.map((name) => (name === "name" ? `'.' || name as name` : `"${name}"`)).join(", ");
  const rows = await connection.rows<Record<string, number | string | null>>(`select ${list} from (${sql})`);
  connection.close();
  duckdb.close();
  return columns.map((name) =>
    rows.map((row) => {
      const cell = row[name]!;
      return name === "name"
        ? ((cell as string | null)?.slice(1) ?? null)
        : cell === null
          ? null
          : String(cell);
    }),
  );
}

async function written(layout: Layout): Promise<string[]> {
  const duckdb = await openTestDuckdb();
  const connection = await duckdb.connect();
  try {
    return await writeSource(connection, ROWS, layout);
  } finally {
    connection.close();
    duckdb.close();
  }
}

const COLUMNS = ["whole", "real", "money", "flag", "day", "at", "name"];
const BY_KEY: Partitioning = { kind: "by", columns: ["key"] };

describe("a trainer of the user's", () => {
  test.each([
    { format: "parquet", files: 1 },
    { format: "parquet", files: 3 },
    { format: "csv", files: 2 },
  ] as const)("sees every cell of its own rows in source order, from $files $format", async (layout) => {
    const paths = await written(layout);
    const [onTwo, here] = [await see(paths, BY_KEY, 2), await see(paths, BY_KEY, 0)];
    expect(onTwo).toEqual(here);
    expect(onTwo.models.length).toBe(37);
    for (const { key, columns } of onTwo.models) {
      const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
      expect(types).toEqual({
        ...{ n: "double", whole: "double", real: "double", money: "double", flag: "boolean" },
        ...{ day: "date", at: "timestamp", name: "text" },
      });
      const seen = COLUMNS.map((name) => columns.find((column) => column.name === name)!.values);
      // An empty field of a CSV is NULL, whether it was a text or not.
      const rows =
        layout.format === "csv" ? `select * replace (nullif(name, '') as name) from (${ROWS})` : ROWS;
      const sql = `${CELLS} from (${rows}) where key = '${key["key"]}' order by n`;
      expect(seen).toEqual(await expectedCells(sql, COLUMNS));
    }
  });

  test("sees the same cells of a file, whoever reads it", async () => {
    for (const format of ["parquet", "csv", "csv.gz"] as const) {
      const paths = await written({ format, files: 40 });
      const [onTwo, here] = [await see(paths, { kind: "file" }, 2), await see(paths, { kind: "file" }, 0)];
      expect(onTwo).toEqual(here);
      expect(onTwo.models.map(({ key }) => key["file"])).toEqual(
        paths.map((path) => path.slice(path.lastIndexOf("/") + 1)),
      );
    }
  });
});
