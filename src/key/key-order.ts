import type { KeyList } from "./key-list.ts";
import { keyCount } from "./key-list.ts";

/** Bytes that fit a double as an exact integer. */
const PREFIX_BYTES = 6;

/**
 * Negative when key `a` comes before key `b`, positive when after, 0 when they are the same key: bytes from first
 * to last, unsigned; where one ends, the shorter comes first.
 */
export function compareKeyBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Whether every key of a list comes before the next: in order, and none twice. */
export function isAscending(keys: KeyList): boolean {
  for (let i = 1; i < keyCount(keys); i++) if (compareKeysAt(keys, i - 1, i) >= 0) return false;
  return true;
}

/**
 * The order that sorts a list: entry `i` is the index of the key that comes `i`-th. Equal keys stay in the order in
 * which they stand.
 */
export function keyOrder(keys: KeyList): Uint32Array {
  const count = keyCount(keys);
  const prefixes = keyPrefixes(keys);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  return order.sort((a, b) => prefixes[a]! - prefixes[b]! || compareKeysAt(keys, a, b) || a - b);
}

/** The keys of a list in another order: key `i` of the result is key `order[i]` of the list. */
export function reorderKeys(keys: KeyList, order: Uint32Array): KeyList {
  const offsets = new Float64Array(order.length + 1);
  for (let i = 0; i < order.length; i++)
    offsets[i + 1] = offsets[i]! + keys.offsets[order[i]! + 1]! - keys.offsets[order[i]!]!;
  const bytes = new Uint8Array(offsets[order.length]!);
  for (let i = 0; i < order.length; i++) {
    let to = offsets[i]!;
    const end = keys.offsets[order[i]! + 1]!;
    for (let from = keys.offsets[order[i]!]!; from < end; from++) bytes[to++] = keys.bytes[from]!;
  }
  return { bytes, offsets };
}

function compareKeysAt(keys: KeyList, a: number, b: number): number {
  const { bytes, offsets } = keys;
  const startA = offsets[a]!;
  const startB = offsets[b]!;
  const lengthA = offsets[a + 1]! - startA;
  const lengthB = offsets[b + 1]! - startB;
  const length = Math.min(lengthA, lengthB);
  for (let i = 0; i < length; i++) {
    const difference = bytes[startA + i]! - bytes[startB + i]!;
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}

/**
 * The first bytes of every key after those that all keys share, as one number, so that most comparisons of a sort
 * are one subtraction. Missing bytes count as 0.
 */
function keyPrefixes(keys: KeyList): Float64Array {
  const { bytes, offsets } = keys;
  const shared = sharedLength(keys);
  const prefixes = new Float64Array(keyCount(keys));
  for (let key = 0; key < prefixes.length; key++) {
    const start = offsets[key]! + shared;
    const end = offsets[key + 1]!;
    let prefix = 0;
    for (let i = start; i < start + PREFIX_BYTES; i++) prefix = prefix * 256 + (i < end ? bytes[i]! : 0);
    prefixes[key] = prefix;
  }
  return prefixes;
}

/** How many leading bytes all keys have in common. */
function sharedLength(keys: KeyList): number {
  const { bytes, offsets } = keys;
  if (keyCount(keys) === 0) return 0;
  let shared = offsets[1]!;
  for (let key = 1; key < keyCount(keys) && shared > 0; key++) {
    const start = offsets[key]!;
    const length = Math.min(shared, offsets[key + 1]! - start);
    let i = 0;
    while (i < length && bytes[start + i] === bytes[i]) i++;
    shared = i;
  }
  return shared;
}
