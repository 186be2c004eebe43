import type { Holdout } from "../job/policy.ts";
import { murmur3OfUint32 } from "../key/murmur3.ts";

/** Which of a partition's usable rows are held out. */
export interface HeldOutRows {
  readonly count: number;
  /** Whether the usable row at an index, from 0 in canonical order, is one of them. */
  has(index: number): boolean;
}

/** All rows are fitted. */
const NONE: HeldOutRows = { count: 0, has: () => false };

/**
 * How many of `usableRows` rows are held out: the largest number whose share of them, as a double, is at most that of
 * the holdout. That is `share` × `usableRows` rounded down without the slips of a product of doubles: 0.29 of 100
 * rows are 29. It is below `usableRows`, so one row at least is fitted. NaN for NaN.
 */
export function heldOutCount(usableRows: number, holdout: Holdout | null): number {
  if (holdout === null) return 0;
  const { share } = holdout;
  let count = Math.floor(share * usableRows);
  while ((count + 1) / usableRows <= share) count++;
  while (count / usableRows > share) count--;
  return count;
}

/**
 * Which rows are held out of `usableRows`, from counts alone: no value is looked at and no list is made, so that rows
 * can be divided while they pass by. `random`: those with the smallest {@link murmur3OfUint32} of their index under
 * the partition's seed; under one seed no two rows have the same. `last`: the last ones.
 */
export function heldOutRows(usableRows: number, holdout: Holdout | null, seed: number): HeldOutRows {
  const count = heldOutCount(usableRows, holdout);
  if (holdout === null || count === 0) return NONE;
  if (holdout.rows === "last") return { count, has: (index) => index >= usableRows - count };
  const threshold = hashOfRank(usableRows, count, seed);
  return { count, has: (index) => murmur3OfUint32(index, seed) <= threshold };
}

/** More buckets than these leave the processor's cache. */
const MOST_BUCKET_BITS = 16;

/**
 * The `count`-th smallest hash of the indices below `usableRows`, `count` from 1. Hashes are counted by their leading
 * bits, as many buckets as rows or a few more, and only those of one bucket are sorted.
 */
function hashOfRank(usableRows: number, count: number, seed: number): number {
  const shift = 32 - Math.min(MOST_BUCKET_BITS, 32 - Math.clz32(usableRows));
  const sizes = new Uint32Array(2 ** (32 - shift));
  for (let i = 0; i < usableRows; i++) sizes[murmur3OfUint32(i, seed) >>> shift]!++;
  let bucket = 0;
  let below = 0;
  while (below + sizes[bucket]! < count) below += sizes[bucket++]!;
  const hashes = new Uint32Array(sizes[bucket]!);
  let found = 0;
  for (let i = 0; i < usableRows; i++) {
    const hash = murmur3OfUint32(i, seed);
    if (hash >>> shift === bucket) hashes[found++] = hash;
  }
  return hashes.sort()[count - below - 1]!;
}
