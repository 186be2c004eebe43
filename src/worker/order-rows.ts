/**
 * Puts rows in order of their positions: `rows[from .. to)` (exclusive) are indices into `position`, and are changed
 * in place. Rows come in a few ascending runs, so this is mostly one look; else a natural merge sort, which takes as
 * many passes as the logarithm of the number of runs. `scratch` is at least as long as `rows`.
 */
export function orderRows(
  rows: Uint32Array,
  position: Float64Array,
  range: { readonly from: number; readonly to: number },
  scratch: Uint32Array,
): void {
  let starts = runStarts(rows, position, range);
  while (starts.length > 1) {
    const merged: number[] = [];
    for (let i = 0; i < starts.length; i += 2) {
      const from = starts[i]!;
      const middle = starts[i + 1] ?? range.to;
      const to = starts[i + 2] ?? range.to;
      if (middle < to) mergeRuns(rows, position, { from, middle, to }, scratch);
      merged.push(from);
    }
    starts = merged;
  }
}

function runStarts(
  rows: Uint32Array,
  position: Float64Array,
  range: { readonly from: number; readonly to: number },
): number[] {
  const starts = [range.from];
  let previous = position[rows[range.from]!]!;
  for (let i = range.from + 1; i < range.to; i++) {
    const current = position[rows[i]!]!;
    if (current < previous) starts.push(i);
    previous = current;
  }
  return starts;
}

function mergeRuns(
  rows: Uint32Array,
  position: Float64Array,
  { from, middle, to }: { readonly from: number; readonly middle: number; readonly to: number },
  scratch: Uint32Array,
): void {
  scratch.set(rows.subarray(from, middle), from);
  let left = from;
  let right = middle;
  for (let at = from; left < middle; at++) {
    if (right < to && position[rows[right]!]! < position[scratch[left]!]!) rows[at] = rows[right++]!;
    else rows[at] = scratch[left++]!;
  }
}
