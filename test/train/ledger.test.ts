import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { eventsFrom } from "../../src/run/event-log.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { foldEvent, INITIAL_RUN_STATE } from "../../src/run/run-state.ts";
import { train } from "../../src/train.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { openTestDuckdb, writeSource } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** 3,000 keys with every reason there is: all NULL, too few, negative weights, constant target, collinear. */
const ROWS = `
  select i as n, k as key,
    case when k % 10 = 1 then null else (i % 97)::double end as x,
    case when k % 10 = 2 then (i % 97) * 2.0 else sin(i) end as z,
    case when k % 10 = 3 then 5.0 when k % 10 = 6 and i % 17 > 1 then null when i % 13 = 0 then 'nan'::double else cos(i) end as y,
    case when k % 10 = 4 then -1.0 when k % 10 = 5 then 0.0 when i % 17 = 0 then null else i % 3 + 1.0 end as w
  from (select i, (hash(i) % 3000)::integer as k from range(60000) t(i)) order by i`;

describe("the ledger", () => {
  test("has exactly one row per partition, and its rows add up to those of the source", async () => {
    const connection = await (await openTestDuckdb()).connect();
    const [source] = await writeSource(connection, ROWS, { format: "parquet", files: 1 });
    const events: RunEvent[] = [];
    const run = await train({
      source: source!,
      by: "key",
      trainer: linearRegression({ target: "y", features: ["x", "z"], weights: "w" }),
      runs: temporaryFolder(),
      workers: 2,
      onEvent: (event) => events.push(event),
    });
    const counted = `(select key, count(*) as n, count(*) filter (isfinite(x) and isfinite(z) and isfinite(y) and isfinite(w)) as used
      from '${source}' group by key)`;
    const rows = await connection.rows<Record<string, number | null>>(
      `select count(*)::int as differ from '${run.folder}/ledger.parquet' full join ${counted} using (key)
       where rows_read is distinct from n or rows_used is distinct from used or rows_dropped is distinct from n - used`,
    );
    expect(rows).toEqual([{ differ: 0 }]);

    const states = await run.query(
      "select state, coalesce(reason, error_code, warnings[1].code, '') as why, count(*) from ledger group by all order by all",
    );
    const counts = Object.fromEntries(states.rows.map(([state, why, n]) => [`${state} ${why}`, n]));
    const keys = await connection.rows<{ n: number }>(
      `select count(distinct key)::int as n from '${source}'`,
    );
    expect(Object.values(counts).reduce((sum: number, n) => sum + Number(n), 0)).toBe(keys[0]!.n);
    expect(Object.keys(counts).sort()).toEqual([
      "failed invalid_weight",
      "fitted ",
      "fitted constant_target",
      "fitted rank_deficient",
      "skipped no_rows",
      "skipped too_few_rows",
    ]);

    const models = await run.query(
      "select count(*), count(*) filter (models.partition is null) from ledger left join models using (partition) where state = 'fitted'",
    );
    expect(models.rows[0]![1]).toBe(0);
    const { manifest } = run;
    expect(manifest!.counts.states.fitted).toBe(models.rows[0]![0]);
    expect(manifest!.counts.rowsRead).toBe(60_000);

    const folded = events.reduce(foldEvent, INITIAL_RUN_STATE);
    expect(folded).toMatchObject({ status: "committed", partitions: keys[0]!.n, rows: 60_000 });
    expect(folded.counts).toEqual(manifest!.counts.states);
    expect(folded.digest).toBe(manifest!.digest);
    const logged = eventsFrom(readFileSync(`${run.folder}/events.ndjson`, "utf8"));
    // From the beginning of the commit on, the manifest says what happened.
    const commit = events.findIndex(
      (event) => event.type === "phase.started" && event.phase === "committing",
    );
    expect(logged).toEqual(events.slice(0, commit + 2));
    await run.close();
  });
});
