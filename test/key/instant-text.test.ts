import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { civilFromDays, daysFromCivil } from "../../src/key/civil-date.ts";
import { dateText, INSTANT_UNIT, instantText, parseDate, parseInstant } from "../../src/key/instant-text.ts";

const MS_PER_DAY = 86_400_000;
const LAST_DAY_OF_DATE = 100_000_000;

describe("dates", () => {
  test("are those of Date as far as that goes", () => {
    fc.assert(
      fc.property(fc.integer({ min: -LAST_DAY_OF_DATE, max: LAST_DAY_OF_DATE }), (days) => {
        const expected = new Date(days * MS_PER_DAY).toISOString().slice(0, -"T00:00:00.000Z".length);
        expect(dateText(days)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test("follow one another beyond Date, each a day after the last", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (days) => {
        expect(daysFromCivil(civilFromDays(days))).toBe(days);
        expect(parseDate(dateText(days))).toBe(days);
        // The Gregorian calendar repeats every 400 years, which are 146,097 days.
        const later = civilFromDays(days + 146_097);
        expect(later).toEqual({ ...civilFromDays(days), year: later.year });
        expect(later.year - civilFromDays(days).year).toBe(400);
      }),
    );
  });

  test("have known texts at the ends of their range", () => {
    expect(dateText(15_736)).toBe("2013-01-31");
    expect(dateText(11_016)).toBe("2000-02-29");
    expect(dateText(-719_528)).toBe("0000-01-01");
    expect(dateText(-719_529)).toBe("-000001-12-31");
    expect(dateText(2_932_896)).toBe("9999-12-31");
    expect(dateText(2_932_897)).toBe("+010000-01-01");
    expect(dateText(2_147_483_646)).toBe("+5881580-07-10");
    expect(dateText(-2_147_483_646)).toBe("-5877641-06-25");
    expect(parseDate("-5877641-06-23")).toBe(-(2 ** 31));
    expect([dateText(2_147_483_647), dateText(-2_147_483_647)]).toEqual(["infinity", "-infinity"]);
  });

  test.each([
    "2013-02-29",
    "1900-02-29",
    "2013-13-01",
    "2013-00-10",
    "2013-01-00",
    "2013-04-31",
    "13-01-31",
    "2013-1-31",
    "+5881580-07-11",
    "-5877641-06-24",
    "+9999999-01-01",
    "2013-01-31T00:00",
    "",
    "tomorrow",
  ])("are not read from %j", (text) => {
    expect(parseDate(text)).toBeNull();
  });
});

describe("instants", () => {
  const { timestamp: micros, timestamp_ns: nanos, timestamptz: zoned } = INSTANT_UNIT;

  test("are those of Date as far as that goes", () => {
    fc.assert(
      fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (ms) => {
        const expected = new Date(ms).toISOString().replace(".000Z", "Z");
        expect(instantText(BigInt(ms) * 1000n, zoned)).toBe(expected);
        expect(parseInstant(expected, zoned)).toBe(BigInt(ms) * 1000n);
      }),
      { numRuns: 1000 },
    );
  });

  test("show as many digits of a second as they need, in threes", () => {
    const second = 1_359_608_400n;
    expect(instantText(second * 1_000_000n, micros)).toBe("2013-01-31T05:00:00");
    expect(instantText(second * 1_000_000n + 500_000n, micros)).toBe("2013-01-31T05:00:00.500");
    expect(instantText(second * 1_000_000n + 1n, zoned)).toBe("2013-01-31T05:00:00.000001Z");
    expect(instantText(second * 1_000_000_000n + 1n, nanos)).toBe("2013-01-31T05:00:00.000000001");
    expect(instantText(second * 1_000_000_000n + 1000n, nanos)).toBe("2013-01-31T05:00:00.000001");
    expect(instantText(-1n, micros)).toBe("1969-12-31T23:59:59.999999");
    expect(instantText(2n ** 63n - 2n, micros)).toBe("+294247-01-10T04:00:54.775806");
    expect(instantText(-(2n ** 63n) + 2n, micros)).toBe("-290308-12-21T19:59:05.224194");
    expect(instantText(2n ** 63n - 1n, nanos)).toBe("infinity");
    expect(instantText(-(2n ** 63n) + 1n, zoned)).toBe("-infinity");
  });

  test.each([
    ["2013-01-31", 1_359_590_400_000_000n],
    ["2013-01-31 05:00", 1_359_608_400_000_000n],
    ["2013-01-31t05:00:00z", 1_359_608_400_000_000n],
    ["2013-01-31T05:00:00.25", 1_359_608_400_250_000n],
    ["2013-01-31T06:00:00+01:00", 1_359_608_400_000_000n],
    ["2013-01-31T06:00:00+01", 1_359_608_400_000_000n],
    ["2013-01-30T23:30-0530", 1_359_608_400_000_000n],
    ["2013-01-31T05:00:00.000001000Z", 1_359_608_400_000_001n],
    ["infinity", 2n ** 63n - 1n],
  ])("with time zone are read from %s", (text, expected) => {
    expect(parseInstant(text, zoned)).toBe(expected);
  });

  test.each([
    "2013-01-31T24:00:00Z",
    "2013-01-31T05:60:00Z",
    "2013-01-31T05:00:60Z",
    "2013-01-31T05Z",
    "2013-01-31Z",
    "2013-02-30T05:00:00Z",
    "2013-01-31T05:00:00.0000001Z",
    "2013-01-31T05:00:00+24:00",
    "+294247-01-10T04:00:54.775807Z",
    "+300000-01-01",
    "5 o'clock",
  ])("with time zone are not read from %j", (text) => {
    expect(parseInstant(text, zoned)).toBeNull();
  });

  test("without time zone are not read from text with one", () => {
    expect(parseInstant("2013-01-31T05:00:00", micros)).toBe(1_359_608_400_000_000n);
    expect(parseInstant("2013-01-31T05:00:00Z", micros)).toBeNull();
    expect(parseInstant("2013-01-31T05:00:00+00:00", nanos)).toBeNull();
  });
});
