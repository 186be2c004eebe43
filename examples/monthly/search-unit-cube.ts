/**
 * The point of the unit cube where a function is smallest, as far as a search from each corner's middle finds it: the
 * lowest of 2^dimensions searches, for there may be more than one valley. Uses neither derivatives nor chance.
 */
export function searchUnitCube(
  cost: (point: readonly number[]) => number,
  dimensions: number,
): readonly number[] {
  let best: Valley | null = null;
  for (let corner = 0; corner < 2 ** dimensions; corner++) {
    const start = Array.from({ length: dimensions }, (_, axis) => ((corner >> axis) & 1 ? 0.75 : 0.25));
    const found = compassSearch(cost, start);
    if (best === null || found.least < best.least) best = found;
  }
  return best?.point ?? [];
}

interface Valley {
  readonly point: readonly number[];
  readonly least: number;
}

/**
 * Steps of an eighth in each direction while that helps, then steps of half the size, down to 1e-6. T. G. Kolda,
 * R. M. Lewis, V. Torczon, "Optimization by direct search", SIAM Review 45 (2003).
 */
function compassSearch(cost: (point: readonly number[]) => number, start: readonly number[]): Valley {
  let point = start;
  let least = cost(point);
  for (let step = 1 / 8; step > 1e-6; ) {
    const before = least;
    for (let axis = 0; axis < point.length; axis++) {
      for (const distance of [step, -step]) {
        const next = point.with(axis, Math.min(1, Math.max(0, point[axis]! + distance)));
        const found = cost(next);
        if (found < least) [point, least] = [next, found];
      }
    }
    if (least === before) step /= 2;
  }
  return { point, least };
}
