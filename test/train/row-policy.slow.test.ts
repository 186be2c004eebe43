import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { plan } from "../../src/plan-job.ts";
import { train } from "../../src/train.ts";
import type { TrainOptions } from "../../src/train-options.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { openTestDuckdb, writeSource } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Rows of 60 keys, of one to 160 rows each, with NULL in columns of every kind, NaN and infinities among numbers. */
const ROWS = `
  select (i * 7919) % 20011 as n,
    'k' || lpad((sqrt(hash(i) % 3600)::integer)::varchar, 2, '0') as key,
    case when i % 37 = 0 then null when i % 41 = 0 then 'nan'::double when i % 43 = 0 then 'inf'::double
      else sin(i) * 10 end as x,
    2 * sin(i) + (i % 11) / 10.0 as y,
    case when i % 31 = 0 then null else date '2020-01-01' + (i % 500)::integer end as day,
    case when i % 29 = 0 then null else i % 3 = 0 end as ok,
    case when i % 23 = 0 then null when i % 7 = 0 then '' else 'name ' || i end as name
  from range(5000) t(i)`;

const LINEAR = linearRegression({ target: "y", features: ["x", "n"] });
const MODULE = { module: join(import.meta.dirname, "fixtures/columns-seen.ts"), params: {} };

const WORKERS = [0, 1, 2, 8];

let table: string[];
let files: string[];

beforeAll(async () => {
  const connection = await (await openTestDuckdb()).connect();
  table = await writeSource(connection, ROWS, { format: "parquet", files: 2 });
  files = await writeSource(connection, `select * from (${ROWS}) where n % 10 <> 3`, {
    format: "csv",
    files: 6,
  });
});

type Told = Partial<Pick<TrainOptions, "nulls" | "holdout" | "minRows" | "orderBy" | "trainer">>;

interface Outcome {
  readonly digest: string;
  readonly metrics: unknown;
  readonly skipped: Readonly<Record<string, number>>;
  /** Rows that were fitted or held out. */
  readonly usable: unknown;
}

async function outcomeOf(options: TrainOptions): Promise<Outcome> {
  const run = await train({ ...options, runs: temporaryFolder() });
  expect(await run.verify()).toEqual([]);
  const odd = await run.query(
    "select * from ledger where rows_read <> rows_used + rows_dropped + rows_held_out",
  );
  expect(odd.rows).toEqual([]);
  const { rows: metrics } = await run.query("select metrics::varchar from ledger order by partition");
  const { rows: skipped } = await run.query(
    "select reason, count(*)::integer from ledger where state = 'skipped' group by reason",
  );
  const { rows: usable } = await run.query("select sum(rows_used + rows_held_out)::double from ledger");
  await run.close();
  return {
    digest: run.manifest!.digest,
    metrics,
    skipped: Object.fromEntries(skipped),
    usable: usable[0]![0],
  };
}

/** What each number of workers makes of a job: the same, and what was planned. */
async function expectSame(options: TrainOptions, workerCounts: readonly number[]): Promise<Outcome> {
  const [first, ...others] = await Promise.all(
    workerCounts.map((workers) => outcomeOf({ ...options, workers })),
  );
  for (const other of others) expect(other).toEqual(first);
  const planned = await plan({ ...options, workers: 1 });
  if (planned.rows !== null) {
    expect({ no_rows: 0, too_few_rows: 0, ...first!.skipped }).toEqual(planned.skips);
    expect(first!.usable).toBe(planned.usableRows);
  }
  return first!;
}

/** Each for every key, and where it says so for every file too. */
const POLICIES: readonly (Told & { readonly name: string; readonly isPerFile?: boolean })[] = [
  { name: "drop NULLs, hold out a fifth", nulls: "drop", holdout: 0.2, isPerFile: true },
  { name: "hold out the last fifth, ask for 40 rows", holdout: 0.2, orderBy: "n", minRows: 40 },
  { name: "fail by NULLs, hold out three tenths", nulls: "fail", holdout: 0.3, isPerFile: true },
  { name: "keep NULLs for a module", nulls: "keep", trainer: MODULE },
  { name: "keep NULLs for a module, hold out a fifth", trainer: MODULE, holdout: 0.2 },
  {
    ...{ name: "drop NULLs for a module, hold out a fifth, ask for 30 rows", isPerFile: true },
    ...{ nulls: "drop", trainer: MODULE, holdout: 0.2, minRows: 30 },
  },
  { name: "hold out nearly all for a module", nulls: "drop", trainer: MODULE, holdout: 0.9, orderBy: "n" },
  { name: "fail by NULLs for a module, hold out a tenth", nulls: "fail", trainer: MODULE, holdout: 0.1 },
];

describe("a row policy", () => {
  test.each(POLICIES)(
    "selects the same rows of every key on any number of workers: $name",
    async ({ name: _, isPerFile: __, ...told }) => {
      await expectSame({ source: table, by: "key", trainer: LINEAR, ...told }, WORKERS);
    },
  );

  test.each(POLICIES.filter(({ isPerFile }) => isPerFile))(
    "selects the same rows of every file, whoever reads it: $name",
    async ({ name: _, isPerFile: __, ...told }) => {
      await expectSame({ source: files, perFile: true, trainer: LINEAR, ...told }, [0, 2]);
    },
  );

  test("selects the same rows of all rows together on any number of workers", async () => {
    const job = { source: table, pooled: true, trainer: LINEAR, holdout: 0.2 } as const;
    const { metrics } = await expectSame(job, WORKERS);
    expect(metrics).toEqual([[expect.stringMatching(/'holdout_rmse': \d.*'holdout_r2': \d/)]]);
  });

  test("holds out other rows under another seed", async () => {
    const job: TrainOptions = { source: table, by: "key", trainer: LINEAR, holdout: 0.2, workers: 1 };
    expect((await outcomeOf({ ...job, seed: 1 })).digest).not.toBe(
      (await outcomeOf({ ...job, seed: 2 })).digest,
    );
  });

  test("is refused before anything is fitted where a trainer cannot score", async () => {
    const module = join(import.meta.dirname, "../trainer/fixtures/line-trainer.ts");
    const job: TrainOptions = {
      source: table,
      by: "key",
      trainer: { module, params: { x: "x", y: "y" } },
      holdout: 0.2,
      runs: temporaryFolder(),
    };
    for (const workers of [0, 1]) {
      await expect(train({ ...job, workers })).rejects.toMatchObject({
        code: "invalid_option",
        message:
          "--holdout needs a trainer that can score: give line-trainer.ts a score({ model, table }) that returns metrics, such as { rmse }, or leave --holdout out",
      });
    }
  });
});
