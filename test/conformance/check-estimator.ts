import { describe, expect, test } from "vitest";
import type { Block, Blocks, Estimator, Fit, FitFailure } from "../../src/estimator/estimator.ts";
import { blocksFrom, type PartitionColumns } from "../estimator/partition-blocks.ts";
import { type EstimatorCase, type EstimatorShape, estimatorCases } from "./estimator-cases.ts";

/** What the suite has to know of an estimator. */
export interface EstimatorMember extends EstimatorShape {
  /** Makes it anew, always with the same params. */
  readonly createEstimator: () => Estimator;
  /** Model fields that have no value under these params, such as the intercept of a model without one. */
  readonly absentFields?: readonly string[];
  /** Partitions beside those of the suite, for what is special about this estimator. */
  readonly cases?: readonly EstimatorCase[];
}

/** What every estimator must do, whatever it fits. */
export function checkEstimator(name: string, member: EstimatorMember): void {
  const cases = [...estimatorCases(member), ...(member.cases ?? [])];
  describe(`estimator ${name}`, () => {
    checkBits(member, cases);
    checkPurity(member, cases);
    checkPredictions(member, cases);
    checkResults(member, cases);
    checkRowCounts(member);
  });
}

const NO_VALUES = new Float64Array();

/** A fit as it is now: what the estimator does to its memory later cannot change it. */
function snapshot(fit: Fit | FitFailure): Fit | FitFailure {
  return structuredClone(fit);
}

function isFit(fit: Fit | FitFailure): fit is Fit {
  return !("failure" in fit);
}

/** All numbers of a fit, in the order of the result schema. */
function numbersOf(fit: Fit): (number | null)[] {
  const terms = fit.terms.flatMap((term) => [term.estimate, term.stdError, term.statistic, term.pValue]);
  return [...fit.model.flat(), ...fit.metrics, ...terms];
}

/** Blocks that exist only while they are walked over, in memory that the next block takes again. */
function passingBlocks(blocks: readonly Block[]): Blocks {
  return {
    *[Symbol.iterator]() {
      const room = new Float64Array(
        Math.max(0, ...blocks.map((block) => block.rowCount)) * ((blocks[0]?.features.length ?? 0) + 2),
      );
      for (const block of blocks) {
        room.fill(Number.NaN);
        yield copyInto(room, block);
      }
      room.fill(Number.NaN);
    },
  };
}

/** The same block as views of one array. */
function copyInto(room: Float64Array, { rowCount, features, target, weights }: Block): Block {
  let start = 0;
  const copy = (column: Float64Array) => {
    room.set(column, start);
    start += rowCount;
    return room.subarray(start - rowCount, start);
  };
  return {
    rowCount,
    features: features.map(copy),
    target: copy(target),
    weights: weights === null ? null : copy(weights),
  };
}

function checkBits({ createEstimator }: EstimatorMember, cases: readonly EstimatorCase[]): void {
  test.each(cases)("fits $name to the same bits twice, and once more when made anew", ({ columns }) => {
    const blocks = blocksFrom(columns);
    const estimator = createEstimator();
    const first = snapshot(estimator.fit(blocks));
    expect(estimator.fit(blocks)).toStrictEqual(first);
    expect(createEstimator().fit(blocksFrom(columns))).toStrictEqual(first);
  });

  test.each(cases)(
    "fits $name to the same bits from blocks that pass by in one piece of memory",
    ({ columns }) => {
      const blocks = blocksFrom(columns);
      expect(createEstimator().fit(passingBlocks(blocks))).toStrictEqual(createEstimator().fit(blocks));
    },
  );

  test("fits every partition to the same bits in any order", () => {
    const estimator = createEstimator();
    const alone = cases.map(({ columns }) => snapshot(createEstimator().fit(blocksFrom(columns))));
    const inOrder = cases.map(({ columns }) => estimator.fit(blocksFrom(columns)));
    const backwards = cases.toReversed().map(({ columns }) => estimator.fit(blocksFrom(columns)));
    const interleaved = cases.map(({ columns }, i) => {
      estimator.fit(blocksFrom(cases[(i * 7 + 3) % cases.length]!.columns));
      return estimator.fit(blocksFrom(columns));
    });
    expect(inOrder).toStrictEqual(alone);
    expect(backwards.toReversed()).toStrictEqual(alone);
    expect(interleaved).toStrictEqual(alone);
  });

  test("fits one partition while it is in the midst of another", () => {
    // Two estimators from one set of params, one asked for a fit by the blocks of the other.
    const [outer, inner] = [createEstimator(), createEstimator()];
    const [a, b] = [blocksFrom(cases[0]!.columns), blocksFrom(cases[1]!.columns)];
    const within: (Fit | FitFailure)[] = [];
    const fit = outer.fit({
      *[Symbol.iterator]() {
        for (const block of a) {
          within.push(inner.fit(b));
          yield block;
        }
      },
    });
    expect(fit).toStrictEqual(createEstimator().fit(a));
    for (const other of within) expect(other).toStrictEqual(createEstimator().fit(b));
  });
}

function checkPurity({ createEstimator }: EstimatorMember, cases: readonly EstimatorCase[]): void {
  test.each(cases)("does not write to the rows of $name", ({ columns }) => {
    const blocks = blocksFrom(columns);
    createEstimator().fit(blocks);
    expect(blocks).toStrictEqual(blocksFrom(columns));
  });

  test("gives results that later fits do not change", () => {
    const estimator = createEstimator();
    const results = cases.map(({ columns }) => estimator.fit(blocksFrom(columns)));
    const then = results.map(snapshot);
    for (const { columns } of cases) estimator.fit(blocksFrom(columns));
    expect(results).toStrictEqual(then);
  });

  test("keeps its result schema and its least number of rows", () => {
    const estimator = createEstimator();
    const { resultSchema, minRows } = structuredClone({ ...estimator, fit: null, predict: null });
    for (const { columns } of cases) estimator.fit(blocksFrom(columns));
    expect(estimator.resultSchema).toStrictEqual(resultSchema);
    expect(estimator.minRows).toBe(minRows);
    expect(createEstimator().resultSchema).toStrictEqual(resultSchema);
    expect(Number.isInteger(minRows) && minRows >= 1).toBe(true);
  });
}

function checkPredictions({ createEstimator }: EstimatorMember, cases: readonly EstimatorCase[]): void {
  test.each(cases)("predicts every row of $name by the model alone, to the same bits", ({ columns }) => {
    const estimator = createEstimator();
    const blocks = blocksFrom(columns);
    const fit = estimator.fit(blocks);
    if (!isFit(fit)) return;
    const model = snapshot(fit) as Fit;
    const predictions = blocks.map((block) => estimator.predict(fit.model, block));
    expect(predictions.map(({ length }) => length)).toEqual(blocks.map(({ rowCount }) => rowCount));
    // Not by what the last fit left behind, nor by an object that only this estimator knows.
    estimator.fit(blocksFrom(cases[0]!.columns));
    const stored = JSON.parse(JSON.stringify(fit.model)) as Fit["model"];
    expect(blocks.map((block) => estimator.predict(stored, block))).toStrictEqual(predictions);
    expect(blocks.map((block) => createEstimator().predict(stored, block))).toStrictEqual(predictions);
    expect([fit, blocks]).toStrictEqual([model, blocksFrom(columns)]);
  });

  test.each(cases.filter(({ isOrdinary }) => isOrdinary))(
    "predicts each row of $name by itself",
    ({ columns }) => {
      const estimator = createEstimator();
      const blocks = blocksFrom(columns);
      const fit = estimator.fit(blocks);
      if (!isFit(fit)) throw new Error(fit.failure.message);
      for (const block of blocks) {
        const predictions = estimator.predict(fit.model, block);
        for (const value of predictions) expect(Number.isFinite(value)).toBe(true);
        for (const row of [0, block.rowCount >> 1, block.rowCount - 1]) {
          const features = block.features.map((column) => column.slice(row, row + 1));
          expect(estimator.predict(fit.model, { rowCount: 1, features })).toEqual(
            predictions.slice(row, row + 1),
          );
        }
        expect(
          estimator.predict(fit.model, { rowCount: 0, features: block.features.map(() => NO_VALUES) }),
        ).toEqual(NO_VALUES);
      }
    },
  );

  const rss = createEstimator().resultSchema.metrics.findIndex(({ name }) => name === "rss");
  if (rss < 0) return;
  test.each(cases.filter(({ isOrdinary }) => isOrdinary))(
    "leaves of $name the residuals that its fit says",
    ({ columns }) => {
      const blocks = blocksFrom(columns);
      const estimator = createEstimator();
      const fit = estimator.fit(blocks);
      if (!isFit(fit)) throw new Error(fit.failure.message);
      let [squares, targets] = [0, 0];
      for (const block of blocks) {
        const predictions = estimator.predict(fit.model, block);
        for (const [i, target] of block.target.entries()) {
          const weight = block.weights === null ? 1 : block.weights[i]!;
          squares += weight * (target - predictions[i]!) ** 2;
          targets += weight * target ** 2;
        }
      }
      // A prediction of a target far from zero is right to the last digits of that, not of its residual.
      const residualSquares = fit.metrics[rss]!;
      const allowed =
        1e-10 * residualSquares + 4e-15 * Math.sqrt(residualSquares * targets) + 1e-30 * targets;
      expect(Math.abs(squares - residualSquares)).toBeLessThan(allowed);
    },
  );
}

/** Asserts that every model field has all its numbers, but for those that have no value under these params. */
function expectWholeModel(
  fit: Fit | FitFailure,
  { createEstimator, absentFields = [] }: EstimatorMember,
): void {
  if (!isFit(fit)) throw new Error(`${fit.failure.code}: ${fit.failure.message}`);
  for (const [i, { name }] of createEstimator().resultSchema.model.entries()) {
    const values = [fit.model[i]!].flat();
    if (absentFields.includes(name)) expect(values, name).toEqual(values.map(() => null));
    else expect(values, name).not.toContain(null);
  }
}

function checkResults(member: EstimatorMember, cases: readonly EstimatorCase[]): void {
  const { createEstimator } = member;
  test.each(cases)("gives $name finite numbers or null, as many as its result schema says", ({ columns }) => {
    const { resultSchema, fit: fitBlocks } = createEstimator();
    const fit = fitBlocks(blocksFrom(columns));
    if (!isFit(fit)) {
      expectRemark(fit.failure);
      return;
    }
    for (const value of numbersOf(fit)) expect(value === null || Number.isFinite(value)).toBe(true);
    const widths = fit.model.map((value) => (Array.isArray(value) ? value.length : null));
    expect(widths).toEqual(resultSchema.model.map(({ listLength }) => listLength));
    expect(fit.metrics.length).toBe(resultSchema.metrics.length);
    expect(fit.terms.length).toBe(resultSchema.terms.length);
    for (const { stdError, pValue } of fit.terms) {
      expect(stdError ?? 0).toBeGreaterThanOrEqual(0);
      expect(pValue === null || (pValue >= 0 && pValue <= 1)).toBe(true);
    }
    for (const warning of fit.warnings) expectRemark(warning);
  });

  test.each(cases)("gives $name a model that keeps its bits through JSON", ({ columns }) => {
    const fit = createEstimator().fit(blocksFrom(columns));
    const plain = isFit(fit) ? fit.model : fit.failure;
    // Object.is inside: a negative zero would come back as zero, and show.
    expect(JSON.parse(JSON.stringify(plain))).toStrictEqual(plain);
  });

  test("gives every name of its result schema once", () => {
    const { model, metrics, terms } = createEstimator().resultSchema;
    for (const names of [model.map(({ name }) => name), metrics.map(({ name }) => name), terms]) {
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test.each(cases.filter(({ isOrdinary }) => isOrdinary))("fits $name", ({ columns }) => {
    expectWholeModel(createEstimator().fit(blocksFrom(columns)), member);
  });
}

/** A short name for programs and a sentence for people. */
function expectRemark({ code, message }: { readonly code: string; readonly message: string }): void {
  expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
  expect(message.length).toBeGreaterThan(10);
  expect(message).not.toMatch(/^[A-Z][a-z]|[.!]$|NaN|undefined|\[object/);
}

function checkRowCounts(member: EstimatorMember): void {
  const [ordinary] = estimatorCases(member);
  const first = (columns: PartitionColumns, rowCount: number): PartitionColumns => ({
    features: columns.features.map((column) => column.slice(0, rowCount)),
    target: columns.target.slice(0, rowCount),
    weights: columns.weights?.slice(0, rowCount) ?? null,
  });

  test("fits as few rows as it says it needs", () => {
    const estimator = member.createEstimator();
    expectWholeModel(estimator.fit(blocksFrom(first(ordinary!.columns, estimator.minRows))), member);
  });

  test("neither throws nor invents numbers for fewer rows, for one, for none", () => {
    const estimator = member.createEstimator();
    for (let rowCount = estimator.minRows; rowCount >= 0; rowCount--) {
      const fit = estimator.fit(blocksFrom(first(ordinary!.columns, rowCount)));
      if (!isFit(fit)) expectRemark(fit.failure);
      else for (const value of numbersOf(fit)) expect(value === null || Number.isFinite(value)).toBe(true);
      if (rowCount === 0) expect(isFit(fit)).toBe(false);
    }
  });
}
