/** Numbers between -1 and 1 that look random and are the same in every run (mulberry32). */
export function randomColumn(seed: number, rowCount: number): Float64Array {
  let state = Math.imul(seed, 0x9e3779b9);
  return Float64Array.from({ length: rowCount }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2_147_483_648 - 1;
  });
}
