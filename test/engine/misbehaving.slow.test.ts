import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunEvent } from "../../src/run/run-event.ts";
import { foldEvent, INITIAL_RUN_STATE } from "../../src/run/run-state.ts";
import type { OpenedRun } from "../../src/store/open-run.ts";
import { train } from "../../src/train.ts";
import { openTestDuckdb, writeSource } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { ENTRY } from "./run-trainer.ts";

const PARTITIONS = 1000;
const ALLOWED_MB = 300;

/** 1,000 keys with twenty rows each, in no order. */
const ROWS = `
  select i as n, (i * 7919) % ${PARTITIONS} as key, sin(i) * 10 as x, cos(i * 3) + sin(i) * (i % 7) as y
  from range(20 * ${PARTITIONS}) t(i) order by i`;

/** Keys of each misdeed, as `fixtures/misbehave.ts` has them. */
const every = (step: number, from: number): number[] =>
  Array.from({ length: Math.ceil((PARTITIONS - from) / step) }, (_, i) => from + i * step);
const EXPECTED: readonly {
  readonly state: string;
  readonly code: string;
  readonly keys: readonly number[];
}[] = [
  { state: "failed", code: "memory_exceeded", keys: [111, 444, 777] },
  { state: "failed", code: "result_invalid", keys: [222, 555, 888] },
  { state: "failed", code: "trainer_threw", keys: every(10, 3) },
  { state: "lost", code: "worker_died", keys: [...every(100, 17), ...every(200, 29)].sort((a, b) => a - b) },
  { state: "timed_out", code: "timed_out", keys: every(100, 7) },
];

/** Milliseconds for a fit: what takes all memory has to have it long before, by how long this machine takes for as much. */
function patienceMs(): number {
  const before = performance.now();
  Buffer.alloc(ALLOWED_MB * 1e6, 1);
  return Math.max(1000, Math.ceil(10 * (performance.now() - before)));
}

async function run(source: string, behave: boolean, onEvent: (event: RunEvent) => void): Promise<OpenedRun> {
  return train({
    source,
    by: "key",
    trainer: { module: join(import.meta.dirname, "fixtures/misbehave.ts"), params: { behave } },
    runs: temporaryFolder(),
    workers: 2,
    timeout: patienceMs(),
    memoryPerWorker: `${ALLOWED_MB}MB`,
    onEvent,
  });
}

test("a thousand partitions of which 131 misbehave in all ways cost nobody else anything", async () => {
  const connection = await (await openTestDuckdb()).connect();
  const [source] = await writeSource(connection, ROWS, { format: "parquet", files: 1 });
  const events: RunEvent[] = [];
  const bad = await run(source!, false, (event) => events.push(event));
  const good = await run(source!, true, () => undefined);

  const told = await bad.query(
    "select state, error_code, list(key order by key) from ledger where state != 'fitted' group by all order by all",
  );
  expect(
    told.rows.map(([state, code, keys]) => ({ state, code, keys: (keys as unknown[]).map(Number) })),
  ).toEqual(EXPECTED);
  const misbehaving = EXPECTED.flatMap(({ keys }) => keys);
  expect(misbehaving.length).toBe(131);

  const counts = await bad.query(
    "select count(*), count(distinct key), count(*) filter (state = 'fitted'), sum(rows_read) from ledger",
  );
  const innocent = PARTITIONS - misbehaving.length;
  const unread = EXPECTED.filter(({ code }) => code !== "trainer_threw" && code !== "result_invalid").reduce(
    (sum, { keys }) => sum + keys.length,
    0,
  );
  expect(counts.rows[0]!.map(Number)).toEqual([PARTITIONS, PARTITIONS, innocent, 20 * (PARTITIONS - unread)]);

  // The same models as those of a run in which all behave, to the last bit.
  const compared = await connection.rows<{ n: number; same: number }>(
    `select count(*)::int as n, count(*) filter (b.model::text = g.model::text)::int as same
     from '${bad.folder}/models.parquet' b join '${good.folder}/models.parquet' g using (partition)`,
  );
  expect(compared).toEqual([{ n: innocent, same: innocent }]);
  expect(await bad.verify()).toEqual([]);

  const state = events.reduce(foldEvent, INITIAL_RUN_STATE);
  expect(state.counts).toEqual({ fitted: innocent, skipped: 0, failed: 106, timed_out: 10, lost: 15 });
  expect(state.tasksStarted).toBe(state.tasksFinished + state.attemptsLost);
  const causes = events.flatMap((event) => (event.type === "attempt.lost" ? [event.cause] : []));
  const found = causes.flatMap((cause) => /took (\d+) MB of memory/.exec(cause)?.[1] ?? []).map(Number);
  expect(found.length).toBeGreaterThanOrEqual(6);
  // They would take 4,000.
  expect(Math.max(...found)).toBeLessThan(3 * ALLOWED_MB);

  const { stdout } = spawnSync("ps", ["-eo", "ppid,args"], { encoding: "utf8" });
  const left = stdout.split("\n").filter((line) => line.includes(ENTRY) && line.includes(`${process.pid} `));
  expect(left).toEqual([]);
  await Promise.all([bad.close(), good.close()]);
});
