import { ManyfitError } from "../errors.ts";
import { murmur3 } from "./murmur3.ts";

/**
 * The seed of a partition, a uint32: {@link murmur3} of the canonical key bytes, with the run's seed as the hash's
 * seed. So it depends on the run's seed and the key alone, not on engine, worker or order. It is not injective: among
 * 100,000 partitions one pair shares its seed more likely than not, which does no harm to separate fits.
 * @throws ManyfitError `invalid_option` when the run's seed is no uint32.
 */
export function partitionSeed(runSeed: number, keyBytes: Uint8Array): number {
  if (runSeed >>> 0 !== runSeed)
    throw new ManyfitError("invalid_option", `seed ${runSeed}: must be an integer from 0 to 4294967295`);
  return murmur3(keyBytes, runSeed);
}
