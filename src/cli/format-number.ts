/** What stands for a number that is not there. */
export const NO_NUMBER = "–";

/** Digits that a number shows: enough to compare by, few enough to read. */
const SIGNIFICANT_DIGITS = 5;

/** Numbers below this, and from the next on, are written with an exponent. */
const SMALLEST_PLAIN = 1e-4;
const SMALLEST_EXPONENT = 1e9;

/** Largest ratio within a column that is still shown with one number of decimals. */
const WIDEST_RATIO = 1e4;

/** Digits that the smallest number of a column keeps when it shares its decimals with larger ones. */
const FEWEST_DIGITS = 3;

const MOST_DECIMALS = 7;

const counts = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A count with separators of thousands: `3,313`. */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** A count and what is counted: `1 file`, `3,313 rows`. */
export function formatQuantity(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** A number with five significant digits, without zeros at its end; with an exponent where it is tiny or huge. */
export function formatNumber(value: number | null): string {
  if (value === null) return NO_NUMBER;
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < SMALLEST_PLAIN || size >= SMALLEST_EXPONENT)) {
    return value.toExponential(SIGNIFICANT_DIGITS - 1).replace(/\.?0+e/, "e");
  }
  const decimals = size === 0 ? 0 : decimalsOf(size, SIGNIFICANT_DIGITS);
  const fixed = value.toFixed(decimals);
  return withSeparators(decimals > 0 ? fixed.replace(/\.?0+$/, "") : fixed);
}

/**
 * The numbers of one column, to stand right-aligned below each other: all with the same decimals where that leaves
 * each at least three digits, else each in its own form.
 */
export function formatColumn(values: readonly (number | null)[]): string[] {
  const sizes = values.filter(isPlainNumber).map(Math.abs);
  if (sizes.length === 0) return values.map(formatNumber);
  const smallest = sizes.reduce((least, size) => Math.min(least, size));
  const largest = sizes.reduce((most, size) => Math.max(most, size));
  const isPlain = smallest >= SMALLEST_PLAIN && largest < SMALLEST_EXPONENT;
  if (!isPlain || largest / smallest > WIDEST_RATIO) return values.map(formatNumber);
  const areWhole = sizes.every(Number.isInteger);
  const decimals = areWhole
    ? 0
    : Math.max(decimalsOf(largest, SIGNIFICANT_DIGITS), decimalsOf(smallest, FEWEST_DIGITS));
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return formatNumber(value);
    return withSeparators(value.toFixed(decimals));
  });
}

/** A number that has a size to align by: neither missing, zero nor infinite. */
function isPlainNumber(value: number | null): value is number {
  return value !== null && value !== 0 && Number.isFinite(value);
}

function decimalsOf(size: number, digits: number): number {
  return Math.min(MOST_DECIMALS, Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
}

/** Separators in the whole part of a plain decimal, from five digits on: years stay years. */
function withSeparators(fixed: string): string {
  return fixed.replace(/^(-?)(\d{5,})/, (_, sign: string, whole: string) => {
    return sign + whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
  });
}
