/**
 * The sum of products of two columns of one buffer, `count` values from `a` and from `b` on. Four interleaved
 * partial sums, added in pairs at the end: a fixed order, so the same bits every time.
 */
export function dotProduct(values: Float64Array, a: number, b: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = count - (count % 4);
  let i = 0;
  for (; i < whole; i += 4) {
    s0 += values[a + i]! * values[b + i]!;
    s1 += values[a + i + 1]! * values[b + i + 1]!;
    s2 += values[a + i + 2]! * values[b + i + 2]!;
    s3 += values[a + i + 3]! * values[b + i + 3]!;
  }
  for (; i < count; i++) s0 += values[a + i]! * values[b + i]!;
  return s0 + s1 + (s2 + s3);
}

/** The sum of `count` values from `start` on, in the order of {@link dotProduct}. */
export function sumOf(values: Float64Array, start: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const end = start + count;
  const whole = end - (count % 4);
  let i = start;
  for (; i < whole; i += 4) {
    s0 += values[i]!;
    s1 += values[i + 1]!;
    s2 += values[i + 2]!;
    s3 += values[i + 3]!;
  }
  for (; i < end; i++) s0 += values[i]!;
  return s0 + s1 + (s2 + s3);
}
