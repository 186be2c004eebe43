import { murmur3OfUint32 } from "../key/murmur3.ts";

/**
 * Partitions that stand for all, ascending: the largest, and others spread evenly over the order of sizes, so that small
 * and large ones are there as often as they are in all; among those of one size, evenly over key order. Where the spread
 * begins is decided by `seed`, a uint32. All partitions where `count` is as many or more.
 */
export function chooseSample(sizes: Float64Array, count: number, seed: number): Int32Array {
  const total = sizes.length;
  if (count >= total) return Int32Array.from({ length: total }, (_, partition) => partition);
  const others = Math.max(0, count - 1);
  const offset = murmur3OfUint32(0, seed) / 2 ** 32;
  const places = [
    ...Array.from({ length: others }, (_, i) => Math.floor(((i + offset) * (total - 1)) / others)),
    total - 1,
  ];
  return partitionsAt(places, sizes);
}

/** The partitions at some places of the order by size and, among equal ones, by number. */
function partitionsAt(places: readonly number[], sizes: Float64Array): Int32Array {
  const sorted = sizes.slice().sort();
  /** By size: which of the partitions of that size, counted from 0, are wanted. */
  const wanted = new Map<number, Set<number>>();
  for (const place of places) {
    const size = sorted[place]!;
    const ofSize = wanted.get(size) ?? new Set<number>();
    wanted.set(size, ofSize.add(place - countBelow(sorted, size)));
  }
  const seen = new Map<number, number>();
  const chosen: number[] = [];
  for (let partition = 0; partition < sizes.length; partition++) {
    const size = sizes[partition]!;
    const ofSize = wanted.get(size);
    if (ofSize === undefined) continue;
    const nth = seen.get(size) ?? 0;
    seen.set(size, nth + 1);
    if (ofSize.has(nth)) chosen.push(partition);
  }
  return Int32Array.from(chosen);
}

/** How many values of an ascending list are below a number. */
function countBelow(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
