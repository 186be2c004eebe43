/**
 * The triangular factor of a partition's centred, scaled design, from Cholesky or from QR. With the kept columns
 * as `X = Q R S` (`S` the diagonal of `scale`) and the target as `u y` (`u` the target's unit), `z` is `Qᵀy`:
 * all that coefficients, standard errors and the condition number need.
 */
export interface Factor {
  /** Number of features (kept or not), and the length of a row of `r`. */
  readonly featureCount: number;
  /** Features that are kept: not aliased by those before them. */
  rank: number;
  /** The feature behind each kept column, ascending; the first `rank` entries count. */
  readonly columns: Int32Array;
  /** Entry `(i, j)`, i <= j < rank, at `i * featureCount + j`. */
  readonly r: Float64Array;
  readonly z: Float64Array;
  /** What each kept column was divided by. */
  readonly scale: Float64Array;
  /** What the target was divided by. */
  targetUnit: number;
  /** Total (weighted) sum of squares of the centred target, in squared units; 0 for a constant target. */
  totalSquares: number;
  /** Residual sum of squares, in squared units; null where the cross products are too coarse to tell. */
  residualSquares: number | null;
}

/** Room for the factor of a design of `featureCount` features. */
export function createFactor(featureCount: number): Factor {
  return {
    featureCount,
    rank: 0,
    columns: new Int32Array(featureCount),
    r: new Float64Array(featureCount * featureCount),
    z: new Float64Array(featureCount),
    scale: new Float64Array(featureCount),
    targetUnit: 1,
    totalSquares: 0,
    residualSquares: null,
  };
}

/** Solves `R x = right`. */
export function solveUpper(factor: Factor, right: Float64Array, x: Float64Array): void {
  const { rank, featureCount, r } = factor;
  for (let i = rank - 1; i >= 0; i--) {
    let sum = right[i]!;
    for (let j = i + 1; j < rank; j++) sum -= r[i * featureCount + j]! * x[j]!;
    x[i] = sum / r[i * featureCount + i]!;
  }
}

/** Solves `Rᵀ x = right`; `x` may be `right` itself. */
export function solveTransposed(factor: Factor, right: Float64Array, x: Float64Array): void {
  const { rank, featureCount, r } = factor;
  for (let j = 0; j < rank; j++) {
    let sum = right[j]!;
    for (let i = 0; i < j; i++) sum -= r[i * featureCount + j]! * x[i]!;
    x[j] = sum / r[j * featureCount + j]!;
  }
}

/** The squared length of row `i` of the inverse of `R`: the `i`-th diagonal entry of `(RᵀR)⁻¹`. */
export function inverseRowSquares(factor: Factor, row: number, scratch: Float64Array): number {
  const { rank, featureCount, r } = factor;
  let squares = 0;
  for (let j = row; j < rank; j++) {
    let sum = j === row ? 1 : 0;
    for (let i = row; i < j; i++) sum -= scratch[i]! * r[i * featureCount + j]!;
    const entry = sum / r[j * featureCount + j]!;
    scratch[j] = entry;
    squares += entry * entry;
  }
  return squares;
}
