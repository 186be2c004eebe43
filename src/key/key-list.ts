/**
 * Canonical key bytes of many partitions, one after the other: key `i` is `bytes[offsets[i] .. offsets[i + 1])`,
 * end exclusive; `offsets` has one entry more than there are keys. Plain data, so that a million keys are two
 * arrays and not a million objects.
 */
export interface KeyList {
  readonly bytes: Uint8Array;
  readonly offsets: Float64Array;
}

/** The bytes of key `index`, a view into the list. */
export function keyAt(keys: KeyList, index: number): Uint8Array {
  return keys.bytes.subarray(keys.offsets[index]!, keys.offsets[index + 1]!);
}

/** How many keys the list holds. */
export function keyCount(keys: KeyList): number {
  return keys.offsets.length - 1;
}

/** The keys `from .. to` (exclusive) as a list of their own, over the same bytes. */
export function sliceKeys(keys: KeyList, from: number, to: number): KeyList {
  const start = keys.offsets[from]!;
  return {
    bytes: keys.bytes.subarray(start, keys.offsets[to]!),
    offsets: keys.offsets.subarray(from, to + 1).map((offset) => offset - start),
  };
}
