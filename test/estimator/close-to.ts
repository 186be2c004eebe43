import { expect } from "vitest";

/** Right digits of an estimate, -log10 of its relative error; of its size where the truth is 0. */
export function rightDigits(estimate: number | null | undefined, truth: number): number {
  if (estimate === null || estimate === undefined || Number.isNaN(estimate)) return Number.NEGATIVE_INFINITY;
  const error = truth === 0 ? Math.abs(estimate) : Math.abs(estimate - truth) / Math.abs(truth);
  return error === 0 ? 17 : -Math.log10(error);
}

/**
 * Asserts that a number is the true one to a relative tolerance, or to an absolute one where given and wider; null
 * is only equal to null.
 */
export function expectClose(
  label: string,
  found: number | null | undefined,
  truth: number | null,
  tolerance: { readonly relative: number; readonly absolute?: number },
): void {
  if (truth === null || found === null || found === undefined) {
    expect(found, label).toBe(truth);
    return;
  }
  const allowed = Math.max(tolerance.relative * Math.abs(truth), tolerance.absolute ?? 0);
  const isClose = Math.abs(found - truth) <= allowed;
  expect(isClose, `${label}: found ${found}, true ${truth}, allowed difference ${allowed}`).toBe(true);
}
