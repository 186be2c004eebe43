import { describe, expect, test } from "vitest";
import { heapFlags } from "../../src/pool/heap-flags.ts";

describe("flags for the heap", () => {
  test.each([
    [null, []],
    [1024 * 2 ** 20, ["--max-old-space-size=960"]],
    [256 * 2 ** 20, ["--max-old-space-size=192"]],
    [100 * 2 ** 20, ["--max-old-space-size=50"]],
    [1, ["--max-old-space-size=1"]],
  ])("of a process that may take %s bytes", (bytes, expected) => {
    expect(heapFlags(bytes)).toEqual(expected);
  });
});
