// Compiled, never run: what the options of a run may be, and what they may not.
import { files, linearRegression, type Params, type TrainOptions } from "../../src/index.ts";

const trainer = linearRegression({ target: "y" });
const source = "sales/";

export const ALLOWED: readonly TrainOptions[] = [
  { source, by: "store", trainer },
  { source, by: ["store", "item"], trainer },
  { source, perFile: true, trainer },
  { source, pooled: true, trainer },
  { source: ["a.csv", "b.csv"], pooled: true, trainer },
  { source: files("a.csv", { types: { store: "text" }, where: "y > 0" }), pooled: true, trainer },
  { source, perFile: true, trainer: { module: "./trainer.ts", params: { alpha: 1, nested: [{ a: null }] } } },
];

// @ts-expect-error: nothing says what makes a partition
export const NONE: TrainOptions = { source, trainer };
// @ts-expect-error: two ways at once
export const TWO: TrainOptions = { source, by: "store", perFile: true, trainer };
// @ts-expect-error: two ways at once
export const OTHER_TWO: TrainOptions = { source, perFile: true, pooled: true, trainer };
// @ts-expect-error: false is not one of the three ways
export const FALSE: TrainOptions = { source, perFile: false, trainer };
// @ts-expect-error: a type that no column can be told to have
export const TYPE: TrainOptions = { source, by: "store", trainer, types: { store: "blob" } };
// @ts-expect-error: params are what JSON can carry
export const PARAMS: Params = { at: new Date() };
