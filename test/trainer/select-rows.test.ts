import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALL_ROWS, type RowPolicy } from "../../src/job/policy.ts";
import { partitionSeed } from "../../src/key/partition-seed.ts";
import type { Rows } from "../../src/table/column.ts";
import { heldOutRows } from "../../src/trainer/held-out-rows.ts";
import { countRows, type SelectedRows, selectRows, skipReason } from "../../src/trainer/select-rows.ts";
import { KEY, numbers, rowsOf, texts } from "./one-partition.ts";

const NAMES = ["x", "name"];

function select(rows: Rows, policy: Partial<RowPolicy>, minRows = 1): SelectedRows {
  const rowPolicy = { ...ALL_ROWS, ...policy };
  return selectRows(rows, { rowPolicy, seed: 42, columnNames: NAMES, minRows, keyBytes: KEY });
}

function numbersOf(rows: Rows | null): number[] | null {
  if (rows === null) return null;
  const [column] = rows.columns;
  return column!.kind === "numbers" ? [...column!.values] : [];
}

/** The numbers of the rows that are fitted and held out. */
function selected(
  rows: Rows,
  policy: Partial<RowPolicy>,
): { used: number[] | null; heldOut: number[] | null } {
  const found = select(rows, policy);
  if (found.state !== "selected") throw new Error(`partition is ${found.state}`);
  return { used: numbersOf(found.used), heldOut: numbersOf(found.heldOut) };
}

const SPOILT = rowsOf(
  numbers(1, null, 3, Number.NaN, 5, Number.POSITIVE_INFINITY, 7, 8),
  texts("a", "b", null, "d", "e", "f", "g", "h"),
);

const lastShare = (share: number): RowPolicy["holdout"] => ({ share, rows: "last" });
const randomShare = (share: number): RowPolicy["holdout"] => ({ share, rows: "random" });

describe("rows under a policy", () => {
  test("are the rows themselves where all are used", () => {
    const rows = rowsOf(numbers(1, 2), texts("a", "b"));
    for (const nulls of ["keep", "drop", "fail"] as const) {
      expect(select(rows, { nulls })).toMatchObject({
        state: "selected",
        heldOut: null,
        counts: { rowsRead: 2, rowsUsed: 2, rowsDropped: 0, rowsHeldOut: 0 },
      });
      expect((select(rows, { nulls }) as { used: Rows }).used).toBe(rows);
    }
  });

  test("are all kept, whatever is in them, or dropped and counted", () => {
    expect(selected(SPOILT, { nulls: "keep" }).used).toHaveLength(8);
    expect(selected(SPOILT, { nulls: "drop" })).toEqual({ used: [1, 5, 7, 8], heldOut: null });
    expect(select(SPOILT, { nulls: "drop" }).counts).toEqual({
      ...{ rowsRead: 8, rowsUsed: 4, rowsDropped: 4, rowsHeldOut: 0 },
    });
  });

  test("are held out of the usable ones, the last of them in order", () => {
    const policy: Partial<RowPolicy> = { nulls: "drop", holdout: lastShare(0.5) };
    expect(selected(SPOILT, policy)).toEqual({ used: [1, 5], heldOut: [7, 8] });
    expect(select(SPOILT, policy).counts).toEqual({
      ...{ rowsRead: 8, rowsUsed: 2, rowsDropped: 4, rowsHeldOut: 2 },
    });
    const kept = selected(SPOILT, { nulls: "keep", holdout: lastShare(0.5) });
    expect(kept.heldOut).toEqual([5, Number.POSITIVE_INFINITY, 7, 8]);
  });

  test("are held out by the seed of the partition and their index among the usable ones", () => {
    const cells = Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? null : i));
    const usable = cells.filter((cell) => cell !== null);
    const rows = rowsOf(numbers(...cells), texts(...cells.map(() => "a")));
    const held = heldOutRows(usable.length, randomShare(0.2), partitionSeed(42, KEY));
    expect(selected(rows, { nulls: "drop", holdout: randomShare(0.2) })).toEqual({
      used: usable.filter((_, i) => !held.has(i)),
      heldOut: usable.filter((_, i) => held.has(i)),
    });
  });

  test("are each used, dropped or held out, exactly once and in order", () => {
    const cell = fc.oneof(fc.constant(null), fc.constant(0));
    const policy = fc.record({
      nulls: fc.constantFrom("drop", "keep"),
      holdout: fc.option(
        fc.record({ share: fc.constantFrom(0.1, 0.3, 0.5, 0.9), rows: fc.constantFrom("random", "last") }),
      ),
    });
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1 }), policy, (cells, told) => {
        const names = texts(...cells.map((c) => (c === null ? null : "a")));
        const rows = rowsOf(numbers(...cells.map((_, i) => i)), names);
        const found = select(rows, told as Partial<RowPolicy>, 0);
        const { rowsRead, rowsUsed, rowsDropped, rowsHeldOut } = found.counts;
        expect(rowsUsed + rowsDropped + rowsHeldOut).toBe(rowsRead);
        if (found.state !== "selected") return;
        const [used, heldOut] = [numbersOf(found.used)!, numbersOf(found.heldOut) ?? []];
        expect([used.length, heldOut.length]).toEqual([rowsUsed, rowsHeldOut]);
        const kept = cells.flatMap((c, i) => (told.nulls === "drop" && c === null ? [] : [i]));
        expect([...used, ...heldOut].sort((a, b) => a - b)).toEqual(kept);
        expect(used).toEqual(used.toSorted((a, b) => a - b));
        expect(heldOut).toEqual(heldOut.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe("a partition that is not fitted", () => {
  test("is skipped by counts alone: after drops, after the holdout, below what is told or needed", () => {
    const drop = { nulls: "drop" } as const;
    const nothing = rowsOf(numbers(null, Number.NaN), texts("a", "b"));
    expect(select(nothing, drop)).toMatchObject({
      ...{ state: "skipped", reason: "no_rows" },
      counts: { rowsRead: 2, rowsUsed: 0, rowsDropped: 2, rowsHeldOut: 0 },
    });
    expect(select(SPOILT, drop, 5)).toMatchObject({ state: "skipped", reason: "too_few_rows" });
    expect(select(SPOILT, drop, 4)).toMatchObject({ state: "selected" });
    expect(select(SPOILT, { ...drop, minRows: 5 })).toMatchObject({ reason: "too_few_rows" });
    expect(select(SPOILT, { ...drop, minRows: 2 }, 5)).toMatchObject({ reason: "too_few_rows" });
    expect(select(SPOILT, { ...drop, holdout: randomShare(0.25) }, 4)).toMatchObject({
      ...{ state: "skipped", reason: "too_few_rows" },
      counts: { rowsRead: 8, rowsUsed: 3, rowsDropped: 4, rowsHeldOut: 1 },
    });
    expect(select(SPOILT, { ...drop, holdout: randomShare(0.25) }, 3)).toMatchObject({ state: "selected" });
  });

  test("fails where rows with NULL, NaN or an infinity are not allowed, and says where the first is", () => {
    expect(select(SPOILT, { nulls: "fail", holdout: lastShare(0.5) })).toEqual({
      state: "failed",
      code: "nulls_found",
      message:
        '4 of 8 rows have NULL, NaN or an infinity in a column that the trainer reads (first in row 2, column "x"); mend them, or let --nulls drop leave them out',
      stack: null,
      counts: { rowsRead: 8, rowsUsed: 4, rowsDropped: 4, rowsHeldOut: 0 },
    });
    const one = rowsOf(numbers(1, 2, 3), texts("a", "b", null));
    expect(select(one, { nulls: "fail" }, 100)).toMatchObject({
      state: "failed",
      message:
        '1 of 3 rows has NULL, NaN or an infinity in a column that the trainer reads (first in row 3, column "name"); mend it, or let --nulls drop leave it out',
    });
  });

  test("has the same counts, and is skipped for the same reason, where only counts are known", () => {
    const cells = fc.array(fc.constantFrom(null, 1, Number.NaN, 2), { maxLength: 30 });
    const share = fc.constantFrom(0.1, 0.2, 0.5, 0.9);
    const policy = fc.record({
      nulls: fc.constantFrom("drop" as const, "keep" as const, "fail" as const),
      minRows: fc.nat(8),
      holdout: fc.option(fc.record({ share, rows: fc.constantFrom("random" as const, "last" as const) })),
    });
    fc.assert(
      fc.property(cells, policy, fc.nat(8), (values, rowPolicy, minRows) => {
        const rows = rowsOf(numbers(...values), texts(...values.map(() => "a")));
        const found = select(rows, rowPolicy, minRows);
        expect(countRows(rows, rowPolicy)).toEqual(found.counts);
        if (found.state === "failed") return;
        const usable = found.counts.rowsUsed + found.counts.rowsHeldOut;
        const reason = skipReason(usable, Math.max(minRows, rowPolicy.minRows), rowPolicy.holdout);
        expect(reason).toBe(found.state === "skipped" ? found.reason : null);
      }),
    );
  });

  test("is not known where nobody has counted", () => {
    expect(skipReason(Number.NaN, 3, randomShare(0.2))).toBeNull();
  });
});
