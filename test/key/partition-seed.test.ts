import { describe, expect, test } from "vitest";
import { ManyfitError } from "../../src/errors.ts";
import { partitionSeed } from "../../src/key/partition-seed.ts";

describe("partition seed", () => {
  // Published vectors of MurmurHash3_x86_32: hash, seed, bytes.
  test.each<[number, number, string]>([
    [0x00000000, 0x00000000, ""],
    [0x514e28b7, 0x00000001, ""],
    [0x81f16f39, 0xffffffff, ""],
    [0x76293b50, 0x00000000, "ffffffff"],
    [0xf55b516b, 0x00000000, "21436587"],
    [0x2362f9de, 0x5082edee, "21436587"],
    [0x7e4a8634, 0x00000000, "214365"],
    [0xa0f7b07a, 0x00000000, "2143"],
    [0x72661cf4, 0x00000000, "21"],
    [0x2362f9de, 0x00000000, "00000000"],
    [0x85f0b427, 0x00000000, "000000"],
    [0x30f4c306, 0x00000000, "0000"],
    [0x514e28b7, 0x00000000, "00"],
  ])("is %i for seed %i and bytes %s", (hash, seed, hex) => {
    expect(partitionSeed(seed, Buffer.from(hex, "hex"))).toBe(hash);
  });

  test.each<[number, number, string]>([
    [0xba6bd213, 0x00000000, "test"],
    [0xb3dd93fa, 0x00000000, "abc"],
    [0x5a97808a, 0x9747b28c, "aaaa"],
    [0x283e0130, 0x9747b28c, "aaa"],
    [0x5d211726, 0x9747b28c, "aa"],
    [0x7fa09ea6, 0x9747b28c, "a"],
    [0xf0478627, 0x9747b28c, "abcd"],
    [0xc84a62dd, 0x9747b28c, "abc"],
    [0x74875592, 0x9747b28c, "ab"],
    [0x24884cba, 0x9747b28c, "Hello, world!"],
    [0xd58063c1, 0x9747b28c, "ππππππππ"],
    [0x37405bdc, 0x9747b28c, "a".repeat(256)],
    [0x2fa826cd, 0x9747b28c, "The quick brown fox jumps over the lazy dog"],
  ])("is %i for seed %i and the text %s", (hash, seed, text) => {
    expect(partitionSeed(seed, Buffer.from(text))).toBe(hash);
  });

  test("needs a uint32 as the seed of the run", () => {
    for (const seed of [-1, 2 ** 32, 1.5, Number.NaN])
      expect(() => partitionSeed(seed, new Uint8Array(0))).toThrow(ManyfitError);
  });
});
