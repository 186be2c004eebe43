/** Sizes over all partitions, in rows or bytes; p95 is the smallest size that 95 % of them do not exceed. */
export interface SizeSpread {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** How many partitions have a size from `from` on and below `to`. */
export interface SizeBin {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly partitions: number;
}

/** Bins that a person reads at a glance. */
const MOST_BINS = 12;

/** The spread of sizes, at least one of them, none NaN. */
export function spreadOf(sizes: Float64Array): SizeSpread {
  const sorted = sizes.slice().sort();
  const quantile = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: quantile(0), median, p95: quantile(0.95), max: quantile(1) };
}

/**
 * How sizes, whole numbers from 0, are distributed: bins between powers of 2, or of 4, 8 … where these would be more than
 * twelve; 0 has a bin of its own. From the bin of the smallest size to that of the largest none is left out.
 */
export function histogramOf(sizes: Float64Array): SizeBin[] {
  const byBits = new Map<number, number>();
  for (const size of sizes) {
    const bits = bitsOf(size);
    byBits.set(bits, (byBits.get(bits) ?? 0) + 1);
  }
  const used = [...byBits.keys()].sort((a, b) => a - b);
  const [least, most] = [used[0]!, used.at(-1)!];
  const first = Math.max(1, least);
  const step = Math.max(1, Math.ceil((most - first + 1) / MOST_BINS));
  const bins: SizeBin[] = [];
  const add = (fromBits: number, toBits: number): void => {
    let partitions = 0;
    for (let bits = fromBits; bits < toBits; bits++) partitions += byBits.get(bits) ?? 0;
    bins.push({ from: fromBits === 0 ? 0 : 2 ** (fromBits - 1), to: 2 ** (toBits - 1), partitions });
  };
  if (least === 0) add(0, 1);
  for (let bits = first; bits <= most; bits += step) add(bits, Math.min(most + 1, bits + step));
  return bins;
}

/** Binary digits of a whole number: 0 has none, 1 has one, 2 and 3 have two. Logarithms would err at powers. */
function bitsOf(size: number): number {
  if (size < 2 ** 31) return 32 - Math.clz32(size);
  return 31 + bitsOf(Math.floor(size / 2 ** 31));
}
