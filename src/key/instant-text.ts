import { civilFromDays, daysFromCivil } from "./civil-date.ts";
import { INT64_MAX } from "./integer-range.ts";

/** Day number that stands for infinity in a date; its negative stands for -infinity. */
const INFINITE_DAY = 2 ** 31 - 1;
const SECONDS_PER_DAY = 86_400n;

const DATE_PATTERN = /^(\d{4}|[+-]\d{6,7})-(\d\d)-(\d\d)$/;
const INSTANT_PATTERN =
  /^(\d{4}|[+-]\d{6,7})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** How the instants of a type count and whether they name a time zone. */
export interface InstantUnit {
  /** Digits of a second that one tick is: 6 for microseconds, 9 for nanoseconds. */
  readonly fractionDigits: 6 | 9;
  /** Whether the text ends in `Z` and may be read with an offset from UTC. */
  readonly isZoned: boolean;
}

/** How the instants of each timestamp type count. */
export const INSTANT_UNIT = {
  timestamp: { fractionDigits: 6, isZoned: false },
  timestamp_ns: { fractionDigits: 9, isZoned: false },
  timestamptz: { fractionDigits: 6, isZoned: true },
} as const satisfies Record<string, InstantUnit>;

/**
 * ISO 8601 text of a date: `2013-01-31`; years before 0 and after 9999 with a sign and at least six digits;
 * `infinity` and `-infinity`.
 */
export function dateText(days: number): string {
  if (Math.abs(days) === INFINITE_DAY) return days > 0 ? "infinity" : "-infinity";
  const { year, month, day } = civilFromDays(days);
  const yearText =
    year >= 0 && year <= 9999
      ? String(year).padStart(4, "0")
      : `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`;
  return `${yearText}-${twoDigits(month)}-${twoDigits(day)}`;
}

/** Days since 1970-01-01 from the text that {@link dateText} writes; null for other text. */
export function parseDate(text: string): number | null {
  if (text === "infinity") return INFINITE_DAY;
  if (text === "-infinity") return -INFINITE_DAY;
  const match = DATE_PATTERN.exec(text);
  const days = match === null ? null : daysFromDigits(match[1]!, match[2]!, match[3]!);
  return days === null || days >= INFINITE_DAY || days < -INFINITE_DAY - 1 || days === -INFINITE_DAY
    ? null
    : days;
}

/**
 * ISO 8601 text of an instant in UTC, `2013-01-31T05:00:00`, with 3, 6 or 9 digits of a second where they are
 * needed and a `Z` where the type is zoned; `infinity` and `-infinity`.
 */
export function instantText(ticks: bigint, unit: InstantUnit): string {
  if (ticks === INT64_MAX) return "infinity";
  if (ticks === -INT64_MAX) return "-infinity";
  const ticksPerSecond = 10n ** BigInt(unit.fractionDigits);
  const [seconds, fraction] = floorDivide(ticks, ticksPerSecond);
  const [days, secondOfDay] = floorDivide(seconds, SECONDS_PER_DAY);
  const clock = Number(secondOfDay);
  const time = [Math.floor(clock / 3600), Math.floor(clock / 60) % 60, clock % 60].map(twoDigits).join(":");
  const digits = String(fraction)
    .padStart(unit.fractionDigits, "0")
    .replace(/(?:000)+$/, "");
  return `${dateText(Number(days))}T${time}${digits === "" ? "" : `.${digits}`}${unit.isZoned ? "Z" : ""}`;
}

/**
 * Ticks since 1970-01-01T00:00 from ISO 8601 text: a date (its midnight), or a date and a time to the minute,
 * second or fraction, after `T` or a space. Zoned types take `Z` or an offset, and UTC where there is none. Null for
 * other text, for digits finer than a tick and for what 64 bits do not hold.
 */
export function parseInstant(text: string, unit: InstantUnit): bigint | null {
  if (text === "infinity") return INT64_MAX;
  if (text === "-infinity") return -INT64_MAX;
  const match = INSTANT_PATTERN.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", offset] = match;
  const days = daysFromDigits(year!, month!, day!);
  const offsetSeconds = offset === undefined ? 0 : parseOffset(offset);
  if (days === null || offsetSeconds === null || (offset !== undefined && !unit.isZoned)) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const padded = fraction.padEnd(9, "0");
  if (/[1-9]/.test(padded.slice(unit.fractionDigits))) return null;
  const seconds =
    BigInt(days) * SECONDS_PER_DAY +
    BigInt(Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offsetSeconds);
  const ticks = seconds * 10n ** BigInt(unit.fractionDigits) + BigInt(padded.slice(0, unit.fractionDigits));
  return ticks < INT64_MAX && ticks > -INT64_MAX ? ticks : null;
}

/** Null for a day that the calendar does not have. */
function daysFromDigits(yearText: string, monthText: string, dayText: string): number | null {
  const [year, month, day] = [Number(yearText), Number(monthText), Number(dayText)];
  const days = daysFromCivil({ year, month, day });
  const back = civilFromDays(days);
  return back.month === month && back.day === day ? days : null;
}

/** Seconds east of UTC; null for an offset of a day or more. */
function parseOffset(text: string): number | null {
  if (text === "Z" || text === "z") return 0;
  const digits = text.slice(1).replace(":", "");
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2) || "0");
  if (hours > 23 || minutes > 59) return null;
  return (text.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

function floorDivide(value: bigint, divisor: bigint): [quotient: bigint, rest: bigint] {
  const rest = ((value % divisor) + divisor) % divisor;
  return [(value - rest) / divisor, rest];
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
