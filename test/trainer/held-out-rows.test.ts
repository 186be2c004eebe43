import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Holdout } from "../../src/job/policy.ts";
import { murmur3OfUint32 } from "../../src/key/murmur3.ts";
import { heldOutCount, heldOutRows } from "../../src/trainer/held-out-rows.ts";

function indices(usableRows: number, holdout: Holdout | null, seed = 42): number[] {
  const rows = heldOutRows(usableRows, holdout, seed);
  const found = Array.from({ length: usableRows }, (_, i) => i).filter((i) => rows.has(i));
  expect(rows.count).toBe(found.length);
  return found;
}

const random = (share: number): Holdout => ({ share, rows: "random" });
const last = (share: number): Holdout => ({ share, rows: "last" });

/** Shares as people write them: hundredths, thousandths, millionths. */
const WRITTEN_SHARE = fc
  .constantFrom(100, 1000, 1_000_000)
  .chain((whole) => fc.integer({ min: 1, max: whole - 1 }).map((part) => ({ part, whole })));

const SEED = fc.nat(0xffffffff);

describe("how many rows are held out", () => {
  test.each([
    [0.1, 30, 3],
    [0.29, 100, 29],
    [0.57, 100, 57],
    [0.2, 4, 0],
    [0.2, 5, 1],
    [0.3, 10, 3],
    [0.7, 10, 7],
    [1 / 3, 3, 1],
    [0.999999, 1, 0],
    [0.5, 1, 0],
    [0.5, 0, 0],
  ])("are of a share of %d of %i rows %i", (share, rows, count) => {
    expect(heldOutCount(rows, random(share))).toBe(count);
    expect(heldOutCount(rows, last(share))).toBe(count);
  });

  test("is the share that was written, rounded down, exactly", () => {
    fc.assert(
      fc.property(WRITTEN_SHARE, fc.nat(100_000_000), ({ part, whole }, rows) => {
        const exact = Number((BigInt(part) * BigInt(rows)) / BigInt(whole));
        expect(heldOutCount(rows, random(part / whole))).toBe(exact);
      }),
    );
  });

  test("leaves a row to be fitted, whatever the share", () => {
    const share = fc.double({
      ...{ min: 0, max: 1, minExcluded: true, maxExcluded: true },
      noNaN: true,
    });
    fc.assert(
      fc.property(share, fc.integer({ min: 1, max: 1_000_000 }), (part, rows) => {
        const count = heldOutCount(rows, random(part));
        expect(count).toBeLessThan(rows);
        expect(count).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("is none without a holdout, and not known where the rows are not", () => {
    expect(heldOutCount(100, null)).toBe(0);
    expect(heldOutCount(Number.NaN, random(0.2))).toBeNaN();
  });
});

describe("which rows are held out", () => {
  // Sorted by (hash, index) with a MurmurHash3 of its own in Python: seed, rows, share, indices.
  test.each<[number, number, number, number[]]>([
    [0, 10, 0.3, [0, 5, 9]],
    [42, 10, 0.3, [0, 5, 7]],
    [4294967295, 25, 0.2, [1, 9, 10, 16, 24]],
    [7, 1000, 0.003, [172, 822, 946]],
  ])(
    "by chance under seed %i are of %i rows with share %d always the same",
    (seed, rows, share, expected) => {
      expect(indices(rows, random(share), seed)).toEqual(expected);
    },
  );

  test("by chance are those with the smallest hashes of their index", () => {
    fc.assert(
      fc.property(
        SEED,
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 99 }),
        (seed, rows, part) => {
          const all = Array.from({ length: rows }, (_, index) => ({
            index,
            hash: murmur3OfUint32(index, seed),
          }));
          const ranked = all.sort((a, b) => a.hash - b.hash || a.index - b.index).map(({ index }) => index);
          const expected = ranked.slice(0, Math.floor((part * rows) / 100)).sort((a, b) => a - b);
          expect(indices(rows, random(part / 100), seed)).toEqual(expected);
        },
      ),
    );
  });

  test("by chance are as many as they should be of many rows, spread over all of them", () => {
    const held = indices(300_000, random(0.2));
    expect(held).toHaveLength(60_000);
    const tenths = new Array<number>(10).fill(0);
    for (const index of held) tenths[Math.floor(index / 30_000)]!++;
    // 6,000 expected, with a standard deviation of about 66.
    for (const count of tenths) expect(Math.abs(count - 6000)).toBeLessThan(400);
  });

  test("by chance are others under another seed", () => {
    expect(indices(100, random(0.2), 1)).not.toEqual(indices(100, random(0.2), 2));
  });

  test("as the last are the last", () => {
    expect(indices(10, last(0.3))).toEqual([7, 8, 9]);
    expect(indices(10, last(0.05))).toEqual([]);
    expect(indices(3, null)).toEqual([]);
  });
});
