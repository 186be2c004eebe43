import { ManyfitError } from "../errors.ts";

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/**
 * The seed of a partition, a uint32: MurmurHash3 x86 32-bit (Austin Appleby, public domain, SMHasher's
 * `MurmurHash3_x86_32`) over the canonical key bytes, with the run's seed as the hash's seed. So it depends on the
 * run's seed and the key alone, not on engine, worker or order. It is not injective: among 100,000 partitions one
 * pair shares its seed more likely than not, which does no harm to separate fits.
 * @throws ManyfitError `invalid_option` when the run's seed is no uint32.
 */
export function partitionSeed(runSeed: number, keyBytes: Uint8Array): number {
  if (runSeed >>> 0 !== runSeed)
    throw new ManyfitError("invalid_option", `seed ${runSeed}: must be an integer from 0 to 4294967295`);
  const length = keyBytes.length;
  const blocksEnd = length - (length % 4);
  let hash = runSeed;
  for (let i = 0; i < blocksEnd; i += 4) {
    const block =
      keyBytes[i]! | (keyBytes[i + 1]! << 8) | (keyBytes[i + 2]! << 16) | (keyBytes[i + 3]! << 24);
    hash ^= scramble(block);
    hash = (hash << 13) | (hash >>> 19);
    hash = Math.imul(hash, 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let i = length - 1; i >= blocksEnd; i--) tail = (tail << 8) | keyBytes[i]!;
  hash ^= scramble(tail) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  const product = Math.imul(block, C1);
  return Math.imul((product << 15) | (product >>> 17), C2);
}
