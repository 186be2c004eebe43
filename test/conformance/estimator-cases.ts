import { BLOCK_ROWS } from "../../src/estimator/estimator.ts";
import type { PartitionColumns } from "../estimator/partition-blocks.ts";
import { randomColumn } from "../estimator/random-column.ts";

/** The blocks an estimator is made for. */
export interface EstimatorShape {
  readonly featureCount: number;
  readonly isWeighted: boolean;
}

/** One partition that an estimator has to cope with. */
export interface EstimatorCase {
  readonly name: string;
  readonly columns: PartitionColumns;
  /** Whether there is nothing odd about it, so that it must be fitted with every number of its model. */
  readonly isOrdinary: boolean;
}

type Column = (row: number, chance: number) => number;

interface Recipe {
  readonly rowCount: number;
  /** The value of feature `j`; default: chance. */
  readonly feature?: (j: number) => Column;
  readonly target?: Column;
  readonly weight?: Column;
}

const byChance: Column = (_, chance) => chance;

function columnsOf({ featureCount, isWeighted }: EstimatorShape, recipe: Recipe): PartitionColumns {
  const { rowCount, feature = () => byChance, target = byChance, weight } = recipe;
  const fill = (seed: number, column: Column) =>
    randomColumn(seed, rowCount).map((chance, row) => column(row, chance));
  return {
    features: Array.from({ length: featureCount }, (_, j) => fill(10 + j, feature(j))),
    target: fill(1, target),
    weights: isWeighted ? fill(2, weight ?? ((__, chance) => 1.5 + chance)) : null,
  };
}

const ordinary: Readonly<Record<string, Recipe>> = {
  "forty rows": { rowCount: 40 },
  "twelve rows far from zero": {
    rowCount: 12,
    feature: () => (_, chance) => 1e6 + chance,
    target: (_, chance) => 1e6 + chance,
  },
  "exactly one block": { rowCount: BLOCK_ROWS },
  "one row more than a block": { rowCount: BLOCK_ROWS + 1 },
  "three blocks that drift": {
    rowCount: 2 * BLOCK_ROWS + 500,
    feature: (j) => (row, chance) => (row * (j + 1)) / 1000 + chance,
    target: (row, chance) => row / 500 + chance,
  },
  "a trend in whole numbers": {
    rowCount: 30,
    feature: (j) => (row) => (row * (j + 3)) % (7 + 2 * j),
    target: (row) => 3 * row,
  },
};

const odd: Readonly<Record<string, Recipe>> = {
  "a constant target": { rowCount: 25, target: () => 0.1 },
  "a target of zeros": { rowCount: 25, target: () => 0 },
  "constant features": { rowCount: 25, feature: (j) => () => 0.1 * (j + 1) },
  "features of zeros": { rowCount: 25, feature: () => () => 0 },
  "equal features": { rowCount: 25, feature: () => (row) => Math.sin(row) },
  "nothing but zeros": { rowCount: 9, feature: () => () => 0, target: () => 0 },
  "nearly equal features": {
    rowCount: 25,
    feature: (j) => (row) => Math.sin(row) + 1e-5 * Math.cos((j + 1) * row),
  },
  "a target that is a feature": {
    rowCount: 25,
    feature: () => (row) => row * row,
    target: (row) => row * row,
  },
  "values near the largest double": {
    rowCount: 20,
    feature: () => (_, chance) => 1.7e308 * chance,
    target: (_, chance) => 1.7e308 * chance,
  },
  "a huge target over tiny features": {
    rowCount: 20,
    feature: () => (_, chance) => 1e-300 * chance,
    target: (_, chance) => 1e300 * chance,
  },
  "a tiny target over huge features": {
    rowCount: 20,
    feature: () => (_, chance) => 1e300 * chance,
    target: (_, chance) => 1e-300 * chance,
  },
  "values below the smallest normal double": {
    rowCount: 20,
    feature: () => (_, chance) => 1e-310 * chance,
    target: (_, chance) => 5e-324 * Math.round(9 * chance),
  },
  "values of every magnitude": {
    rowCount: 40,
    feature: () => (row, chance) => chance * Number(`1e${(row % 40) * 7 - 140}`),
    target: (row, chance) => chance * Number(`1e${140 - (row % 40) * 7}`),
  },
  "one far outlier": { rowCount: 40, feature: () => (row, chance) => (row === 0 ? 1e12 : chance) },
  "both zeros": {
    rowCount: 20,
    feature: () => (row) => (row % 2 === 0 ? -0 : 0),
    target: (row) => (row % 3 === 0 ? -0 : 0),
  },
};

const weighted: Readonly<Record<string, Recipe>> = {
  "weights that are zero for every second row": { rowCount: 40, weight: (row) => row % 2 },
  "weights that are zero for a whole block": { rowCount: 9000, weight: (row) => (row < BLOCK_ROWS ? 0 : 2) },
  "weights that are all zero": { rowCount: 20, weight: () => 0 },
  "a negative weight": { rowCount: 20, weight: (row) => (row === 13 ? -1 : 1) },
  "weights of every magnitude": { rowCount: 40, weight: (row) => Number(`1e${(row % 20) * 10 - 100}`) },
  "weights beyond the largest double": { rowCount: 20, weight: () => 1e308 },
  "weights below the smallest double": { rowCount: 20, weight: () => 5e-324 },
};

/** Partitions that every estimator of a shape must cope with; the first is of forty rows by chance. */
export function estimatorCases(shape: EstimatorShape): EstimatorCase[] {
  const recipes = [
    ...Object.entries(ordinary).map(([name, recipe]) => ({ name, recipe, isOrdinary: true })),
    ...Object.entries(odd).map(([name, recipe]) => ({ name, recipe, isOrdinary: false })),
    ...Object.entries(shape.isWeighted ? weighted : {}).map(([name, recipe]) => ({
      name,
      recipe,
      isOrdinary: false,
    })),
  ];
  return recipes.map(({ name, recipe, isOrdinary }) => ({
    name,
    isOrdinary,
    columns: columnsOf(shape, recipe),
  }));
}
