import { defineTrainer } from "manyfit";

const FEATURES = ["a", "b", "c"];

/** Least squares as one writes it: centred normal equations, solved by Cholesky. Coefficients only. */
export default defineTrainer({
  columns: [...FEATURES, "y"],
  fit({ table }) {
    const columns = [...FEATURES, "y"].map((name) => table.numbers(name));
    const means = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / table.rowCount);
    for (const [j, column] of columns.entries()) {
      for (let i = 0; i < column.length; i++) column[i] = column[i]! - means[j]!;
    }
    const slopes = solve(columns.slice(0, -1), columns.at(-1)!);
    const intercept = slopes.reduce((rest, slope, j) => rest - slope * means[j]!, means.at(-1)!);
    return { model: { intercept, slopes } };
  },
});

/** The factor L of XᵀX = LLᵀ row by row, with Xᵀy carried along; then back from the last slope to the first. */
function solve(x: readonly Float64Array[], y: Float64Array): number[] {
  const rows: number[][] = [];
  const right: number[] = [];
  for (const [j, column] of x.entries()) {
    const row: number[] = [];
    for (let k = 0; k < j; k++) row.push((dot(column, x[k]!) - dotUpTo(row, rows[k]!, k)) / rows[k]![k]!);
    row.push(Math.sqrt(dot(column, column) - dotUpTo(row, row, j)));
    right.push((dot(column, y) - dotUpTo(row, right, j)) / row[j]!);
    rows.push(row);
  }
  const slopes = [...right];
  for (let j = x.length - 1; j >= 0; j--) {
    for (let k = j + 1; k < x.length; k++) slopes[j] = slopes[j]! - rows[k]![j]! * slopes[k]!;
    slopes[j] = slopes[j]! / rows[j]![j]!;
  }
  return slopes;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function dotUpTo(a: readonly number[], b: readonly number[], end: number): number {
  let sum = 0;
  for (let i = 0; i < end; i++) sum += a[i]! * b[i]!;
  return sum;
}
