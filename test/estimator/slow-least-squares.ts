import { Decimal } from "decimal.js";

const Exact = Decimal.clone({ precision: 60, minE: -9e15, maxE: 9e15 });
const zero = new Exact(0);

/** The double itself; `new Decimal(x)` would take the shortest text that reads back as `x`. */
function exactly(x: number): Decimal {
  return new Exact(x.toPrecision(60));
}

/** One least squares problem: columns of equal length. */
export interface LeastSquaresProblem {
  readonly features: readonly ArrayLike<number>[];
  readonly target: ArrayLike<number>;
  readonly weights?: ArrayLike<number> | null;
  readonly hasIntercept: boolean;
}

/** The solution in 60 digits, each number rounded once to a double; null where there is none. */
export interface ExactSolution {
  readonly intercept: number | null;
  readonly coefficients: readonly (number | null)[];
  /** Of the intercept, if there is one, then the features. */
  readonly stdErrors: readonly (number | null)[];
  readonly r2: number | null;
  readonly adjR2: number | null;
  readonly sigma: number | null;
  readonly rmse: number;
  readonly rss: number;
  readonly tss: number;
  readonly dfResid: number;
  readonly rank: number;
  /** Sum of weights, or the number of rows. */
  readonly weightSum: number;
  /** 2-norm condition of the kept columns, each scaled to unit length. */
  readonly conditionNumber: number | null;
  /** The same for the kept features beside the intercept: centred columns scaled to unit length. */
  readonly centredCondition: number;
  /** Length of each feature beside the intercept (centred), and without one its length. */
  readonly lengths: readonly number[];
}

function squaresFrom(column: readonly Decimal[], start: number): Decimal {
  let sum = zero;
  for (let i = start; i < column.length; i++) sum = sum.plus(column[i]!.times(column[i]!));
  return sum;
}

/** Reflects `columns[pivot]` from row `top` on to a multiple of the first unit vector, and later columns with it. */
function reflect(columns: Decimal[][], pivot: number, top: number): void {
  const column = columns[pivot]!;
  const length = squaresFrom(column, top).sqrt();
  if (length.isZero()) return;
  const reflected = column[top]!.isNegative() ? length : length.negated();
  const normal = column.slice(top);
  normal[0] = normal[0]!.minus(reflected);
  const squares = squaresFrom(normal, 0);
  for (let j = pivot; j < columns.length; j++) {
    const other = columns[j]!;
    let sum = zero;
    for (let i = 0; i < normal.length; i++) sum = sum.plus(normal[i]!.times(other[top + i]!));
    const factor = sum.times(2).div(squares);
    for (let i = 0; i < normal.length; i++) other[top + i] = other[top + i]!.minus(factor.times(normal[i]!));
  }
}

function designOf({ features, target, weights, hasIntercept }: LeastSquaresProblem): Decimal[][] {
  const kept = Array.from(target, (_, i) => i).filter((i) => (weights?.[i] ?? 1) > 0);
  const roots = kept.map((i) => exactly(weights?.[i] ?? 1).sqrt());
  const columnOf = (values: ArrayLike<number>) => kept.map((i, k) => exactly(values[i]!).times(roots[k]!));
  const ones = hasIntercept ? [roots.slice()] : [];
  return [...ones, ...features.map(columnOf), columnOf(target)];
}

/** `R⁻¹` of an upper triangle given by columns. */
function invertTriangle(r: readonly (readonly Decimal[])[]): Decimal[][] {
  const size = r.length;
  const inverse = r.map(() => new Array<Decimal>(size).fill(zero));
  for (let column = 0; column < size; column++) {
    for (let row = column; row >= 0; row--) {
      let sum = row === column ? new Exact(1) : zero;
      for (let k = row + 1; k <= column; k++) sum = sum.minus(r[k]![row]!.times(inverse[k]![column]!));
      inverse[row]![column] = sum.div(r[row]![row]!);
    }
  }
  return inverse;
}

/**
 * The 2-norm condition of a matrix given by columns, each scaled to unit length: eigenvalues of its Gram matrix by
 * two-sided Jacobi, which 60 digits can afford.
 */
export function exactCondition(columns: readonly (readonly Decimal[])[]): Decimal {
  const lengths = columns.map((column) => squaresFrom(column, 0).sqrt());
  const dot = (a: readonly Decimal[], b: readonly Decimal[]) =>
    a.reduce((sum, value, i) => sum.plus(value.times(b[i]!)), zero);
  const gram = columns.map((a, i) => columns.map((b, j) => dot(a, b).div(lengths[i]!).div(lengths[j]!)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let largest = zero;
    for (let p = 0; p < gram.length; p++) {
      for (let q = p + 1; q < gram.length; q++) {
        largest = Exact.max(largest, gram[p]![q]!.abs());
        rotate(gram, p, q);
      }
    }
    if (largest.lt("1e-50")) break;
  }
  const values = gram.map((row, i) => row[i]!);
  return values.length === 0
    ? new Exact(1)
    : Exact.max(...values)
        .div(Exact.min(...values))
        .sqrt();
}

function rotate(gram: Decimal[][], p: number, q: number): void {
  const off = gram[p]![q]!;
  if (off.isZero()) return;
  const theta = gram[q]![q]!.minus(gram[p]![p]!).div(off.times(2));
  const sign = theta.isNegative() ? -1 : 1;
  const tangent = new Exact(sign).div(theta.abs().plus(theta.times(theta).plus(1).sqrt()));
  const cosine = new Exact(1).div(tangent.times(tangent).plus(1).sqrt());
  const sine = tangent.times(cosine);
  for (const row of gram) {
    const [a, b] = [row[p]!, row[q]!];
    row[p] = cosine.times(a).minus(sine.times(b));
    row[q] = sine.times(a).plus(cosine.times(b));
  }
  const [a, b] = [gram[p]!.slice(), gram[q]!.slice()];
  gram[p] = a.map((value, k) => cosine.times(value).minus(sine.times(b[k]!)));
  gram[q] = a.map((value, k) => sine.times(value).plus(cosine.times(b[k]!)));
}

interface Triangle {
  /** Kept columns, the intercept first, each as long as there are kept columns. */
  readonly r: readonly (readonly Decimal[])[];
  readonly z: readonly Decimal[];
  readonly rss: Decimal;
  readonly tss: Decimal;
  /** Indices of the kept features. */
  readonly kept: readonly number[];
  readonly lengths: readonly Decimal[];
  readonly rowCount: number;
}

/**
 * Householder QR in column order. A feature of whose (centred) length less than 1e-7 is left is left out, as is what
 * is rounding of its values; a target that is rounding of its mean is constant.
 */
function triangulate(problem: LeastSquaresProblem): Triangle {
  const columns = designOf(problem);
  const first = problem.hasIntercept ? 1 : 0;
  const rowCount = columns[0]!.length;
  const uncentred = columns.map((column) => squaresFrom(column, 0).sqrt());
  if (first === 1) reflect(columns, 0, 0);
  const centred = columns.map((column) => squaresFrom(column, first).sqrt());
  const kept: number[] = [];
  for (let j = first; j < columns.length - 1; j++) {
    const top = first + kept.length;
    const left = squaresFrom(columns[j]!, Math.min(top, rowCount)).sqrt();
    const isNoise = left.lte(uncentred[j]!.times(4 * Number.EPSILON));
    if (isNoise || left.lt(centred[j]!.times(1e-7))) continue;
    reflect(columns, j, top);
    kept.push(j);
  }
  const rank = first + kept.length;
  const target = columns.at(-1)!;
  const isConstant = centred.at(-1)!.lte(uncentred.at(-1)!.times(4 * Number.EPSILON));
  const indices = first === 1 ? [0, ...kept] : kept;
  return {
    r: indices.map((j) => columns[j]!.slice(0, rank)),
    z: target.slice(0, rank),
    rss: isConstant ? zero : squaresFrom(target, rank),
    tss: isConstant ? zero : squaresFrom(target, first),
    kept: kept.map((j) => j - first),
    lengths: centred.slice(first, -1),
    rowCount,
  };
}

/**
 * Least squares by Householder QR of the uncentred design in 60 digits: slow, and shares neither arithmetic nor
 * method with the estimator. Defined as R's `summary.lm`, with the estimator's rule for aliased features.
 */
export function slowLeastSquares(problem: LeastSquaresProblem): ExactSolution {
  const first = problem.hasIntercept ? 1 : 0;
  const { r, z, rss, tss, kept, lengths, rowCount } = triangulate(problem);
  const rank = r.length;
  const inverse = invertTriangle(r);
  const solution = inverse.map((row) => row.reduce((sum, value, k) => sum.plus(value.times(z[k]!)), zero));
  const dfResid = rowCount - rank;
  const sigma = dfResid === 0 ? null : rss.div(dfResid).sqrt();
  const errors = inverse.map((row) =>
    sigma === null ? null : sigma.times(squaresFrom(row, 0).sqrt()).toNumber(),
  );
  const weightSum = Array.from(problem.weights ?? problem.target, (w) => (problem.weights ? w : 1));
  const total = weightSum.reduce((sum, w) => sum.plus(exactly(w)), zero);
  const r2 = tss.isZero() ? null : new Exact(1).minus(rss.div(tss));
  const ofFeature = <T>(values: readonly T[]): (T | null)[] =>
    problem.features.map((_, j) => (kept.includes(j) ? values[first + kept.indexOf(j)]! : null));
  const condition = exactCondition(r);
  return {
    intercept: first === 1 ? solution[0]!.toNumber() : null,
    coefficients: ofFeature(solution).map((value) => value?.toNumber() ?? null),
    stdErrors: [...errors.slice(0, first), ...ofFeature(errors)],
    r2: r2?.toNumber() ?? null,
    adjR2:
      r2 === null || dfResid === 0
        ? null
        : new Exact(1)
            .minus(
              new Exact(1)
                .minus(r2)
                .times(rowCount - first)
                .div(dfResid),
            )
            .toNumber(),
    sigma: sigma?.toNumber() ?? null,
    rmse: rss.div(total).sqrt().toNumber(),
    rss: rss.toNumber(),
    tss: tss.toNumber(),
    dfResid,
    rank,
    weightSum: total.toNumber(),
    conditionNumber: rank === 0 ? null : condition.toNumber(),
    centredCondition: exactCondition(r.slice(first).map((column) => column.slice(first))).toNumber(),
    lengths: lengths.map((length) => length.toNumber()),
  };
}
