import { expect, test } from "vitest";
import { tooLongTexts } from "../../src/python/too-long-texts.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";

const columns: readonly ReadColumn[] = [
  { name: "x", type: "double", hasValidity: false, isInteger: false },
  { name: "t", type: "text", hasValidity: true, isInteger: false },
];

/** Two rows of which the texts end where they would in a bucket with other partitions before. */
const rows = (start: number, end: number) => ({
  rowCount: 2,
  columns: [
    { kind: "numbers" as const, values: Float64Array.of(1, 2), isValid: null },
    {
      kind: "texts" as const,
      bytes: new Uint8Array(),
      ends: Uint32Array.of(start, end),
      start,
      isValid: null,
    },
  ],
});

test("texts of one column are refused where an int32 cannot say where they end, and not by what lies before them", () => {
  expect(tooLongTexts(rows(0, 2 ** 31 - 1), { columns })).toBeNull();
  expect(tooLongTexts(rows(2 ** 31, 2 ** 32 - 1), { columns })).toBeNull();
  expect(tooLongTexts(rows(5, 2 ** 31 + 5), { columns })).toEqual({
    code: "partition_too_large",
    message:
      'column "t" has 2,147,483,648 bytes of text in one partition, and Python gets at most 2,147,483,647; leave rows out with --where, or the column out of the trainer\'s columns',
    stack: null,
  });
});
