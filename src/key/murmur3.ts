const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/**
 * MurmurHash3 x86 32-bit of some bytes, a uint32: Austin Appleby, public domain, SMHasher's `MurmurHash3_x86_32`.
 * `seed` is a uint32, too.
 */
export function murmur3(bytes: Uint8Array, seed: number): number {
  const { length } = bytes;
  const blocksEnd = length - (length % 4);
  let hash = seed;
  for (let i = 0; i < blocksEnd; i += 4) {
    const block = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    hash = addBlock(hash, block);
  }
  let tail = 0;
  for (let i = length - 1; i >= blocksEnd; i--) tail = (tail << 8) | bytes[i]!;
  return finish(hash ^ scramble(tail), length);
}

/**
 * The same of the four bytes of a uint32, little-endian, without making them. Under one seed no two numbers have the
 * same hash: every step can be undone.
 */
export function murmur3OfUint32(value: number, seed: number): number {
  return finish(addBlock(seed, value), 4);
}

function addBlock(hash: number, block: number): number {
  const mixed = hash ^ scramble(block);
  return Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64;
}

function scramble(block: number): number {
  const product = Math.imul(block, C1);
  return Math.imul((product << 15) | (product >>> 17), C2);
}

function finish(hash: number, length: number): number {
  let mixed = hash ^ length;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
