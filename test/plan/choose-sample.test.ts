import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseSample } from "../../src/plan/choose-sample.ts";

const anySizes = fc.array(fc.nat(20), { minLength: 1, maxLength: 300 }).map((all) => Float64Array.from(all));

describe("a sample of partitions", () => {
  test("has as many as were asked for, ascending, each once, one of the largest among them", () => {
    fc.assert(
      fc.property(anySizes, fc.integer({ min: 1, max: 400 }), fc.nat(2 ** 32 - 1), (sizes, count, seed) => {
        const chosen = [...chooseSample(sizes, count, seed)];
        expect(chosen).toHaveLength(Math.min(count, sizes.length));
        expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
        expect(chosen.every((partition) => partition >= 0 && partition < sizes.length)).toBe(true);
        expect(Math.max(...chosen.map((partition) => sizes[partition]!))).toBe(Math.max(...sizes));
      }),
    );
  });

  test("has each size as often as all have it", () => {
    const sizes = Float64Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 50 : 1 + (i % 2)));
    const chosen = [...chooseSample(sizes, 101, 7)].map((partition) => sizes[partition]!);
    const shareOf = (size: number): number => chosen.filter((one) => one === size).length;
    expect(Math.abs(shareOf(50) - 11)).toBeLessThanOrEqual(1);
    expect(Math.abs(shareOf(1) - 40)).toBeLessThanOrEqual(1);
    expect(Math.abs(shareOf(2) - 50)).toBeLessThanOrEqual(1);
  });

  test("is spread over key order among partitions of one size", () => {
    const chosen = chooseSample(new Float64Array(1000).fill(20), 11, 3);
    const gaps = [...chosen].slice(1).map((partition, i) => partition - chosen[i]!);
    expect(Math.max(...gaps.slice(0, -1))).toBeLessThanOrEqual(101);
  });

  test("is decided by the seed alone", () => {
    const sizes = Float64Array.from({ length: 500 }, (_, i) => (i * 7919) % 97);
    expect(chooseSample(sizes, 20, 1)).toEqual(chooseSample(sizes, 20, 1));
    expect(chooseSample(sizes, 20, 1)).not.toEqual(chooseSample(sizes, 20, 2));
  });
});
