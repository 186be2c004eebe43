import { describe, expect, test } from "vitest";
import type { Block, Estimator } from "../../src/estimator/estimator.ts";
import type { Rows } from "../../src/table/column.ts";
import { fitPartition } from "../../src/trainer/fit-partition.ts";

function recordingEstimator(blocks: Block[], fit?: Estimator["fit"]): Estimator {
  return {
    minRows: 2,
    resultSchema: { form: "fields", model: [], metrics: [], terms: [] },
    fit:
      fit ??
      ((given) => {
        blocks.push(...given);
        return { model: [], metrics: [], terms: [], warnings: [] };
      }),
  };
}

const SHAPE = { featureCount: 1, isWeighted: false, minRows: 2 };

function rowsOf(...columns: number[][]): Rows {
  return {
    rowCount: columns[0]!.length,
    columns: columns.map((column) => ({
      kind: "numbers",
      values: Float64Array.from(column),
      isValid: null,
    })),
  };
}

describe("fitPartition", () => {
  test("drops rows with NaN or an infinity in any used column, keeping the order", () => {
    const blocks: Block[] = [];
    const rows = rowsOf(
      [1, Number.NaN, 3, 4, Number.NEGATIVE_INFINITY, 6],
      [1, 2, Number.POSITIVE_INFINITY, 4, 5, 6],
    );
    const result = fitPartition(rows, SHAPE, recordingEstimator(blocks));
    expect(result).toMatchObject({ state: "fitted", rowsRead: 6, rowsUsed: 3, rowsDropped: 3 });
    expect(blocks.map((block) => [...block.features[0]!])).toEqual([[1, 4, 6]]);
    expect(blocks.map((block) => [...block.target])).toEqual([[1, 4, 6]]);
  });

  test("keeps rows whose values are huge but finite", () => {
    const rows = rowsOf([1e308, -1e308, 1e308], [1e308, 1e308, 5e-324]);
    expect(fitPartition(rows, SHAPE, recordingEstimator([])).rowsDropped).toBe(0);
  });

  test("skips by counts alone, and says which", () => {
    const nan = Number.NaN;
    expect(fitPartition(rowsOf([nan, nan], [1, 2]), SHAPE, recordingEstimator([]))).toEqual({
      state: "skipped",
      reason: "no_rows",
      rowsRead: 2,
      rowsUsed: 0,
      rowsDropped: 2,
      rowsHeldOut: 0,
    });
    expect(fitPartition(rowsOf([nan, 1], [1, 2]), SHAPE, recordingEstimator([]))).toMatchObject({
      state: "skipped",
      reason: "too_few_rows",
      rowsUsed: 1,
    });
  });

  test("makes an exception of the estimator this partition's failure, with its stack", () => {
    const estimator = recordingEstimator([], () => {
      throw new RangeError("matrix of the wrong kind");
    });
    const result = fitPartition(rowsOf([1, 2, 3], [1, 2, 3]), SHAPE, estimator);
    expect(result).toMatchObject({
      state: "failed",
      code: "estimator_threw",
      message: "matrix of the wrong kind",
    });
    expect((result as { stack: string }).stack).toContain("RangeError");
  });

  test("survives an estimator that throws something that is no error", () => {
    const estimator = recordingEstimator([], () => {
      throw "just text";
    });
    const result = fitPartition(rowsOf([1, 2], [1, 2]), SHAPE, estimator);
    expect(result).toMatchObject({ state: "failed", message: "just text", stack: null });
  });

  test("hands rows over in blocks of 4,096 used rows", () => {
    const blocks: Block[] = [];
    const column = Array.from({ length: 10_001 }, (_, i) => (i === 17 ? Number.NaN : i));
    fitPartition(rowsOf(column, column), SHAPE, recordingEstimator(blocks));
    expect(blocks.map((block) => block.rowCount)).toEqual([4096, 4096, 1808]);
    expect(blocks[0]!.features[0]!.at(-1)).toBe(4096);
  });

  test("gives weights as the last column", () => {
    const blocks: Block[] = [];
    fitPartition(rowsOf([1, 2], [3, 4], [5, 6]), { ...SHAPE, isWeighted: true }, recordingEstimator(blocks));
    expect([...blocks[0]!.weights!]).toEqual([5, 6]);
  });
});
