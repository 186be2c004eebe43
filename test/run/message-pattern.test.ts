import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection, Duckdb } from "../../src/duckdb/duckdb.ts";
import { quoteText } from "../../src/duckdb/quote.ts";
import { messagePattern, messagePatternSql } from "../../src/run/message-pattern.ts";
import { openTestDuckdb } from "../source/write-source.ts";

let duckdb: Duckdb;
let connection: Connection;

beforeAll(async () => {
  duckdb = await openTestDuckdb();
  connection = await duckdb.connect();
});

afterAll(() => {
  connection.close();
  duckdb.close();
});

/** What DuckDB makes of the same messages; a sign before each, because its binding drops a byte order mark. */
async function sqlPatterns(messages: readonly string[]): Promise<string[]> {
  const values = messages.map((message, i) => `(${i}, ${quoteText(message)})`).join(", ");
  const rows = await connection.rows<{ pattern: string }>(
    `select '.' || ${messagePatternSql("message")} as pattern from (values ${values}) t(i, message) order by i`,
  );
  return rows.map(({ pattern }) => pattern.slice(1));
}

const SAME_CAUSE: readonly (readonly [what: string, ...messages: string[]])[] = [
  ["numbers", "weight 3 is bad", "weight -12.5 is bad", "weight 1e-7 is bad", "weight +1,234.5E+10 is bad"],
  ["a minus sign", "weight 3", "weight \u22123"],
  ["numbers beside letters", "row12 of store-7", "row3 of store-81"],
  ["hexadecimal numbers", "at 0xfF01", "at 0x7"],
  ["digests", "sha256 0123456789abcdef", "sha256 fedcba98765432100123456789abcdef"],
  ["UUIDs", "id 550e8400-e29b-41d4-a716-446655440000", "id 6BA7B810-9dad-11d1-80b4-00c04fd430c8"],
  [
    "times",
    "since 2026-11-22",
    "since 2025-01-02T03:04:05.678Z",
    "since 2025-01-02 03:04:05+0100",
    "since 2025-01-02T03:04",
  ],
  ["absolute paths", "cannot open /data/a.csv", "cannot open /x", "cannot open /data/b/c-d_e.parquet"],
  ["relative paths", "cannot open ./a", "cannot open data/b.csv", "cannot open ../../c"],
  [
    "paths of Windows",
    "cannot open C:\\data\\a.csv",
    "cannot open D:/b.csv",
    "cannot open \\\\server\\share\\x",
  ],
  ["addresses", "cannot open https://example.org/a?b=c", "cannot open file:///data/a.csv"],
  ["paths in quotes", 'cannot open "/my data/a b.csv"', 'cannot open "c\\d e f"'],
  ["paths in single quotes", "no such file, open '/a b/c d e'", "no such file, open 'x/y'"],
];

const OTHER_CAUSES: readonly (readonly [string, string])[] = [
  ['no column "a"', 'no column "b"'],
  ["reading 'x'", "reading 'y'"],
  ["singular", "not singular"],
  ["don't use 'x' or a/b for 'y'", "don't use 'z' or a/b for 'y'"],
  ["", "0"],
];

describe("the pattern of a message", () => {
  test.each(SAME_CAUSE)("is one for messages that differ in %s", async (_, ...messages) => {
    const patterns = messages.map(messagePattern);
    expect(new Set(patterns).size).toBe(1);
    expect(await sqlPatterns(messages)).toEqual(patterns);
  });

  test.each(OTHER_CAUSES)("tells %j from %j", async (one, other) => {
    expect(messagePattern(one)).not.toBe(messagePattern(other));
    expect(await sqlPatterns([one, other])).toEqual([messagePattern(one), messagePattern(other)]);
  });

  test("says what was there", () => {
    expect(messagePattern("row 17 of /data/a.csv: weight -1.5 on 2026-01-02 is below 0x1F")).toBe(
      "row 0 of <path> weight 0 on <time> is below 0",
    );
  });

  test("is the same in SQL, of whatever text", async () => {
    const piece = fc.constantFrom(
      ...[
        "/",
        "\\",
        "'",
        '"',
        "`",
        "-",
        "+",
        "\u2212",
        ".",
        ",",
        "_",
        ":",
        " ",
        "\t",
        "\n",
        "\r",
        "(",
        "[",
        "{",
      ],
      ...[
        "0",
        "7",
        "12",
        "e",
        "E",
        "x",
        "0x",
        "abcdef",
        "T",
        "Z",
        "Q",
        "\u00e9",
        "\u0301",
        "\ud83d\ude00",
        "$1",
      ],
      ...[
        "2026-11-22",
        "T10:11",
        "550e8400-e29b-41d4-a716-446655440000",
        "\\1",
        "C:",
        "file:",
        "word",
        "\ufeff",
      ],
    );
    const text = fc.array(fc.oneof(piece, fc.string({ unit: "binary", maxLength: 5 })), { maxLength: 40 });
    const messages = text.map((pieces) =>
      pieces
        .join("")
        .replaceAll("\0", "")
        .replace(/\p{Cs}/gu, "\ufffd"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(messages, { minLength: 1, maxLength: 200 }), async (texts) => {
        expect(await sqlPatterns(texts)).toEqual(texts.map(messagePattern));
      }),
      { numRuns: 40 },
    );
  });

  test("is of the first 500 characters, whole ones, so that no message takes long", async () => {
    const long = ["\ud83d\ude00".repeat(499), "q".repeat(499), "\ud83d\ude00".repeat(700)].map(
      (text) => `${text}bc`,
    );
    expect(long.map((text) => [...messagePattern(text)].length)).toEqual([500, 500, 500]);
    expect(await sqlPatterns(long)).toEqual(long.map(messagePattern));
    expect(messagePattern(`${"q".repeat(500)}b`)).toBe(messagePattern(`${"q".repeat(500)}c`));
  });
});
