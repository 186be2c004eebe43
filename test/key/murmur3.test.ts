import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { murmur3, murmur3OfUint32 } from "../../src/key/murmur3.ts";

const UINT32 = fc.nat(0xffffffff);

describe("MurmurHash3", () => {
  // Published vectors of MurmurHash3_x86_32 over four bytes: hash, seed, the bytes as a little-endian number.
  test.each([
    [0x76293b50, 0x00000000, 0xffffffff],
    [0xf55b516b, 0x00000000, 0x87654321],
    [0x2362f9de, 0x5082edee, 0x87654321],
    [0x2362f9de, 0x00000000, 0x00000000],
  ])("is %i under seed %i of the number %i", (hash, seed, value) => {
    expect(murmur3OfUint32(value, seed)).toBe(hash);
  });

  test("of a number is that of its four bytes", () => {
    fc.assert(
      fc.property(UINT32, UINT32, (value, seed) => {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32LE(value);
        expect(murmur3OfUint32(value, seed)).toBe(murmur3(bytes, seed));
      }),
    );
  });

  test("gives no two numbers the same hash", () => {
    fc.assert(
      fc.property(UINT32, (seed) => {
        const hashes = Array.from({ length: 2000 }, (_, i) => murmur3OfUint32(i, seed));
        expect(new Set(hashes).size).toBe(2000);
      }),
      { numRuns: 20 },
    );
  });
});
