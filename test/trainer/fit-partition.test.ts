import { describe, expect, test } from "vitest";
import type { Block, Estimator } from "../../src/estimator/estimator.ts";
import type { RowPolicy } from "../../src/job/policy.ts";
import type { Rows } from "../../src/table/column.ts";
import { fitPartition } from "../../src/trainer/fit-partition.ts";
import type { PartitionResult } from "../../src/trainer/trainer.ts";

function recordingEstimator(blocks: Block[], fit?: Estimator["fit"]): Estimator {
  return {
    minRows: 2,
    predict: ([value], { rowCount }) => new Float64Array(rowCount).fill((value ?? 0) as number),
    resultSchema: { form: "fields", model: [], metrics: [], terms: [] },
    fit:
      fit ??
      ((given) => {
        blocks.push(...given);
        return { model: [], metrics: [], terms: [], warnings: [] };
      }),
  };
}

const DROP: RowPolicy = { nulls: "drop", minRows: 0, holdout: null };

/** The fit of the columns x, y and, where there are three, w. */
function fitRows(rows: Rows, estimator: Estimator, rowPolicy = DROP): PartitionResult {
  const columnNames = ["x", "y", "w"].slice(0, rows.columns.length);
  const columns = { features: ["x"], target: "y", weights: columnNames[2] ?? null };
  return fitPartition(rows, null, { estimator, columns, columnNames, rowPolicy, seed: 42 });
}

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
    const result = fitRows(rows, recordingEstimator(blocks));
    expect(result).toMatchObject({ state: "fitted", rowsRead: 6, rowsUsed: 3, rowsDropped: 3 });
    expect(blocks.map((block) => [...block.features[0]!])).toEqual([[1, 4, 6]]);
    expect(blocks.map((block) => [...block.target])).toEqual([[1, 4, 6]]);
  });

  test("keeps rows whose values are huge but finite", () => {
    const rows = rowsOf([1e308, -1e308, 1e308], [1e308, 1e308, 5e-324]);
    expect(fitRows(rows, recordingEstimator([])).rowsDropped).toBe(0);
  });

  test("skips by counts alone, and says which", () => {
    const nan = Number.NaN;
    expect(fitRows(rowsOf([nan, nan], [1, 2]), recordingEstimator([]))).toEqual({
      state: "skipped",
      reason: "no_rows",
      rowsRead: 2,
      rowsUsed: 0,
      rowsDropped: 2,
      rowsHeldOut: 0,
    });
    expect(fitRows(rowsOf([nan, 1], [1, 2]), recordingEstimator([]))).toMatchObject({
      state: "skipped",
      reason: "too_few_rows",
      rowsUsed: 1,
    });
  });

  test("makes an exception of the estimator this partition's failure, with its stack", () => {
    const estimator = recordingEstimator([], () => {
      throw new RangeError("matrix of the wrong kind");
    });
    const result = fitRows(rowsOf([1, 2, 3], [1, 2, 3]), estimator);
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
    const result = fitRows(rowsOf([1, 2], [1, 2]), estimator);
    expect(result).toMatchObject({ state: "failed", message: "just text", stack: null });
  });

  test("hands rows over in blocks of 4,096 used rows", () => {
    const blocks: Block[] = [];
    const column = Array.from({ length: 10_001 }, (_, i) => (i === 17 ? Number.NaN : i));
    fitRows(rowsOf(column, column), recordingEstimator(blocks));
    expect(blocks.map((block) => block.rowCount)).toEqual([4096, 4096, 1808]);
    expect(blocks[0]!.features[0]!.at(-1)).toBe(4096);
  });

  test("gives weights as the last column", () => {
    const blocks: Block[] = [];
    fitRows(rowsOf([1, 2], [3, 4], [5, 6]), recordingEstimator(blocks));
    expect([...blocks[0]!.weights!]).toEqual([5, 6]);
  });

  test("fits what is not held out and scores the rest, its metrics behind those of the fit", () => {
    const blocks: Block[] = [];
    const estimator = recordingEstimator(blocks, (given) => {
      blocks.push(...given);
      return { model: [10], metrics: [0.5], terms: [], warnings: [{ code: "odd", message: "it is odd" }] };
    });
    const rows = rowsOf([1, 2, Number.NaN, 4, 5, 6], [1, 2, 3, 4, 9, 13]);
    const holdout = { share: 0.4, rows: "last" } as const;
    expect(fitRows(rows, estimator, { ...DROP, holdout })).toEqual({
      state: "fitted",
      fit: {
        model: [10],
        metrics: [0.5, Math.sqrt(5), 2, -0.25],
        terms: [],
        warnings: [{ code: "odd", message: "it is odd" }],
      },
      ...{ rowsRead: 6, rowsUsed: 3, rowsDropped: 1, rowsHeldOut: 2 },
    });
    expect(blocks.map((block) => [...block.target])).toEqual([[1, 2, 4]]);
  });

  test("has null for the metrics of a holdout without a row", () => {
    const holdout = { share: 0.4, rows: "random" } as const;
    expect(fitRows(rowsOf([1, 2], [1, 2]), recordingEstimator([]), { ...DROP, holdout })).toMatchObject({
      state: "fitted",
      fit: { metrics: [null, null, null] },
      rowsHeldOut: 0,
    });
  });

  test("fails where an estimator cannot predict what it has fitted", () => {
    const estimator = recordingEstimator([]);
    const predict = (): Float64Array => {
      throw new Error("model of the wrong kind");
    };
    const holdout = { share: 0.5, rows: "last" } as const;
    const rows = rowsOf([1, 2, 3, 4], [1, 2, 3, 4]);
    expect(fitRows(rows, { ...estimator, predict }, { ...DROP, holdout })).toMatchObject({
      ...{ state: "failed", code: "estimator_threw", message: "model of the wrong kind" },
      ...{ rowsUsed: 2, rowsHeldOut: 2 },
    });
  });
});
