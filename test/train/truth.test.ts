import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { OpenedRun } from "../../src/store/open-run.ts";
import { train } from "../../src/train.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const DATA = new URL("../data/", import.meta.url).pathname;

/** One group of a truth file, see test/data/README.md. */
interface TruthGroup {
  readonly key: readonly string[];
  readonly n_read: number;
  readonly n_used: number;
  readonly n_dropped: number;
  readonly state: "fitted" | "failed";
  readonly coef?: Readonly<Record<string, number>>;
  readonly coef_r?: Readonly<Record<string, number | null>>;
  readonly se?: Readonly<Record<string, number | null>>;
  readonly metrics?: Readonly<Record<string, number | null>>;
  readonly accept?: readonly { readonly state: string; readonly reasons: readonly string[] }[];
}

interface TruthFit {
  readonly by: readonly string[];
  readonly target: string;
  readonly features: readonly string[];
  readonly groups: readonly TruthGroup[];
  readonly groups_total: number;
  readonly rows_total: number;
  readonly rows_used: number;
}

interface StoredPartition {
  readonly ledger: Readonly<Record<string, unknown>>;
  readonly terms: Readonly<Record<string, { readonly estimate: number | null; readonly se: number | null }>>;
}

function truthOf(file: string): unknown {
  return JSON.parse(readFileSync(`${DATA}${file}`, "utf8"));
}

/** What a run stored, by key, read back through SQL. */
async function storedPartitions(
  run: OpenedRun,
  by: readonly string[],
): Promise<Map<string, StoredPartition>> {
  const keys = by.map((name) => `"${name}"`).join(", ");
  const ledger = await run.query(
    `select [${keys}]::varchar as id, state, reason, rows_read, rows_used, rows_dropped,
       list_transform(warnings, w -> w.code)::varchar as warnings, unnest(metrics) from ledger`,
  );
  const terms = await run.query(`select [${keys}]::varchar as id, term, estimate, std_error from terms`);
  const termsOf = new Map<string, Record<string, { estimate: number | null; se: number | null }>>();
  for (const [id, term, estimate, se] of terms.rows as [string, string, number | null, number | null][]) {
    const known = termsOf.get(id) ?? {};
    known[term] = { estimate, se };
    termsOf.set(id, known);
  }
  const names = ledger.columns.map((column) => column.name);
  return new Map(
    ledger.rows.map((row) => {
      const id = row[0] as string;
      const cells = Object.fromEntries(names.map((name, i) => [name, row[i]]));
      return [id, { ledger: cells, terms: termsOf.get(id) ?? {} }];
    }),
  );
}

/** Fails unless `found` is `truth` to a relative tolerance; where the truth is 0, to that share of `scale`. */
function expectClose(found: unknown, truth: number | null, tolerance: number, scale = 1): void {
  if (truth === null) {
    expect(found).toBeNull();
    return;
  }
  expect(typeof found).toBe("number");
  const allowed = truth === 0 ? tolerance * scale : tolerance * Math.abs(truth);
  expect(Math.abs((found as number) - truth)).toBeLessThanOrEqual(allowed);
}

function checkGroup(group: TruthGroup, stored: StoredPartition): void {
  const { ledger, terms } = stored;
  expect([ledger["rows_read"], ledger["rows_used"], ledger["rows_dropped"]]).toEqual([
    group.n_read,
    group.n_used,
    group.n_dropped,
  ]);
  if (group.accept && !group.coef_r) {
    const allowed = group.accept.map(({ state, reasons }) => `${state}: ${reasons}`);
    // A partition of which nothing is left after dropping is told apart from one with too few rows.
    const reason = ledger["reason"] === "no_rows" ? "too_few_rows" : (ledger["reason"] ?? "");
    expect(allowed).toContain(`${ledger["state"]}: ${reason}`);
    return;
  }
  expect(ledger["state"]).toBe("fitted");
  if (group.coef_r) expect(ledger["warnings"]).toContain("rank_deficient");
  for (const [term, truth] of Object.entries(group.coef ?? group.coef_r ?? {})) {
    expectClose(terms[term]!.estimate, truth, 1e-8);
  }
  for (const [term, truth] of Object.entries(group.se ?? {})) expectClose(terms[term]!.se, truth, 1e-7);
  const scale = (group.metrics?.["tss"] as number | undefined) ?? 1;
  for (const [name, truth] of Object.entries(group.metrics ?? {})) {
    expectClose(ledger[name], truth, 1e-8, name === "rss" || name === "tss" ? scale : 1);
  }
}

async function checkFit(fit: TruthFit, source: string): Promise<void> {
  const run = await train({
    source: `${DATA}${source}`,
    by: fit.by,
    trainer: linearRegression({ target: fit.target, features: fit.features }),
    runs: temporaryFolder(),
    workers: 2,
  });
  const stored = await storedPartitions(run, fit.by);
  expect(stored.size).toBe(fit.groups_total);
  expect(run.manifest!.counts).toMatchObject({
    partitions: fit.groups_total,
    rowsRead: fit.rows_total,
    rowsUsed: fit.rows_used,
    rowsDropped: fit.rows_total - fit.rows_used,
  });
  const ids = await idsOf(run, fit);
  for (const [i, group] of fit.groups.entries()) checkGroup(group, stored.get(ids[i]!)!);
  expect(await run.verify()).toEqual([]);
  await run.close();
}

/** The keys of the truth in the words of the stored tables. */
async function idsOf(run: OpenedRun, fit: TruthFit): Promise<string[]> {
  const lists = fit.groups.map(({ key }) => `[${key.map((k) => `'${k.replaceAll("'", "''")}'`).join(", ")}]`);
  const { rows } = await run.query(`select unnest([${lists.join(", ")}])::varchar`);
  return rows.map((row) => row[0] as string);
}

describe("stored models of real data agree with R and with exact arithmetic", () => {
  test("life expectancy by country, unfiltered: 184 fitted, 3 skipped", async () => {
    await checkFit(
      truthOf("gapminder/truth_gapminder_unfiltered.json") as TruthFit,
      "gapminder/gapminder_unfiltered.csv",
    );
  });

  test("life expectancy by country, the classic excerpt", async () => {
    await checkFit(truthOf("gapminder/truth_gapminder.json") as TruthFit, "gapminder/gapminder.csv");
  });

  const flights = truthOf("flights/truth.json") as { readonly fits: Readonly<Record<string, TruthFit>> };

  test("flights of January by carrier and destination, from gzip CSV", async () => {
    await checkFit(flights.fits["january_carrier_dest"]!, "flights/flights_january.csv.gz");
  });

  test("flights by carrier with two features, three of them rank-deficient, from Parquet", async () => {
    await checkFit(flights.fits["carrier"]!, "flights/flights.parquet");
  });

  test("NIST's four sets in one table, by name", async () => {
    const nist = truthOf("nist/truth.json") as { readonly table: TruthFit };
    const rows = nist.table.groups.reduce((sum, group) => sum + group.n_read, 0);
    const totals = { target: "y", groups_total: 4, rows_total: rows, rows_used: rows };
    await checkFit({ ...nist.table, ...totals }, "nist/nist_x1.csv");
  });
});

describe("NIST's certified values, pooled", () => {
  const nist = truthOf("nist/truth.json") as {
    readonly groups: readonly (TruthGroup & {
      readonly features: readonly string[];
      readonly file: string;
    })[];
  };

  /** Right digits: the usual measure of these sets. */
  function rightDigits(found: number, certified: number): number {
    const error = Math.abs(found - certified) / (certified === 0 ? 1 : Math.abs(certified));
    return error === 0 ? 16 : -Math.log10(error);
  }

  test.each([
    ["Norris", 12],
    ["Pontius", 11],
    ["Longley", 11],
    ["Wampler1", 9],
  ])("%s to %i digits in every coefficient", async (name, digits) => {
    const truth = nist.groups.find((group) => group.key[0] === name)!;
    const run = await train({
      source: `${DATA}nist/${truth.file}`,
      pooled: true,
      trainer: linearRegression({ target: "y", features: truth.features }),
      runs: temporaryFolder(),
    });
    const { rows } = await run.query("select term, estimate, std_error from terms order by partition");
    expect(rows.map((row) => row[0])).toEqual(Object.keys(truth.coef!));
    for (const [term, estimate] of rows) {
      expect(rightDigits(estimate as number, truth.coef![term as string]!)).toBeGreaterThanOrEqual(digits);
    }
    if (name !== "Wampler1") {
      for (const [term, , se] of rows) {
        expect(rightDigits(se as number, truth.se![term as string]!)).toBeGreaterThanOrEqual(digits - 1);
      }
    }
    await run.close();
  });
});
