/** Rows whose cosine is below this are taken for orthogonal: singular values then err by its square. */
const LARGEST_COSINE = 1e-8;

/** Sweeps are seldom more than six; the bound only keeps a loop finite. */
const MOST_SWEEPS = 40;

/**
 * The 2-norm condition number of a square matrix: its largest singular value by its smallest, by one-sided Jacobi
 * on the rows (Hestenes 1958), which loses nothing to badly scaled rows (Demmel & Veselić 1992, "Jacobi's method
 * is more accurate than QR"). Null when the matrix is empty or singular, or the ratio is not finite.
 *
 * @param rows the matrix, row after row, each `size` long; overwritten
 */
export function conditionNumber(rows: Float64Array, size: number): number | null {
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let isOrthogonal = true;
    for (let i = 0; i < size - 1; i++) {
      for (let j = i + 1; j < size; j++) {
        if (rotateRows(rows, size, i, j)) isOrthogonal = false;
      }
    }
    if (isOrthogonal) break;
  }
  let largest = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < size; i++) {
    let squares = 0;
    for (let k = i * size; k < (i + 1) * size; k++) squares += rows[k]! * rows[k]!;
    largest = Math.max(largest, squares);
    smallest = Math.min(smallest, squares);
  }
  const ratio = Math.sqrt(largest / smallest);
  return size > 0 && Number.isFinite(ratio) ? ratio : null;
}

/** Makes two rows orthogonal by a plane rotation; false when they already are. */
function rotateRows(rows: Float64Array, size: number, first: number, second: number): boolean {
  const a = first * size;
  const b = second * size;
  let aa = 0;
  let bb = 0;
  let ab = 0;
  for (let k = 0; k < size; k++) {
    const x = rows[a + k]!;
    const y = rows[b + k]!;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  if (!(ab * ab > LARGEST_COSINE * LARGEST_COSINE * aa * bb)) return false;
  const difference = bb - aa;
  const root = Math.sqrt(difference * difference + 4 * ab * ab);
  const tangent = (2 * ab) / (difference >= 0 ? difference + root : difference - root);
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = cosine * tangent;
  for (let k = 0; k < size; k++) {
    const x = rows[a + k]!;
    const y = rows[b + k]!;
    rows[a + k] = cosine * x - sine * y;
    rows[b + k] = sine * x + cosine * y;
  }
  return true;
}
