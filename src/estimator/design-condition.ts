import { conditionNumber } from "./condition-number.ts";
import type { Factor } from "./factor.ts";
import type { Moments } from "./moments.ts";

/**
 * The 2-norm condition number of the design whose columns (intercept, kept features as they are, uncentred) are
 * each scaled to unit length; weighted rows by the square roots of their weights. Taken from the triangular factor,
 * never from cross products, so it is good beyond 1e8. Null when not finite or when no
 * column is left; 1 for a single column.
 *
 * @param room at least (features + 1)² long; overwritten
 */
export function designCondition(factor: Factor, moments: Moments, room: Float64Array): number | null {
  const { rank, featureCount, columns, r, scale } = factor;
  const first = moments.isCentred ? 1 : 0;
  const size = rank + first;
  room.fill(0, 0, size * size);
  if (first === 1) room[0] = 1;
  const weightRoot = Math.sqrt(moments.weightSum);
  for (let k = 0; k < rank; k++) {
    const feature = columns[k]!;
    const centre = first === 0 ? 0 : moments.origin[feature]! + moments.mean[feature]!;
    const along = (weightRoot * centre) / scale[k]!;
    let squares = 0;
    for (let i = 0; i <= k; i++) squares += r[i * featureCount + k]! * r[i * featureCount + k]!;
    // The longer of the two goes first, so that nothing overflows.
    const spread = Math.sqrt(squares);
    const longer = Math.max(Math.abs(along), spread);
    const relative = Math.min(Math.abs(along), spread) / longer;
    const length = longer * Math.sqrt(1 + relative * relative);
    const column = k + first;
    if (first === 1) room[column] = along / length;
    for (let i = 0; i <= k; i++) room[(i + first) * size + column] = r[i * featureCount + k]! / length;
  }
  return conditionNumber(room, size);
}
