import { describe, expect, test } from "vitest";
import { parsePlainCsv } from "../../src/source/text/plain-csv.ts";
import type { NumberValues } from "../../src/table/column.ts";
import { PLAIN_DIALECT } from "../plain-job.ts";
import { bitsOf } from "./duckdb-rows.ts";

const DIALECT = PLAIN_DIALECT;
const A = [{ name: "a", hasValidity: true }];

function parse(text: string | Uint8Array, columns = A, dialect = DIALECT) {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const before = Buffer.from(bytes);
  const parsed = parsePlainCsv(bytes, { dialect, columns });
  expect(Buffer.compare(before, bytes)).toBe(0);
  return parsed;
}

/** The first column's values; fails where the text was not read. */
function numbersOf(text: string | Uint8Array, columns = A): NumberValues {
  const parsed = parse(text, columns);
  if (!("rowCount" in parsed)) throw new Error(JSON.stringify(parsed));
  expect(parsed.rowCount).toBe((parsed.columns[0] as NumberValues).values.length);
  return parsed.columns[0] as NumberValues;
}

describe("the plain CSV parser reads", () => {
  test.each([
    ["LF", "a,b\n1,x\n2,y\n"],
    ["CRLF", "a,b\r\n1,x\r\n2,y\r\n"],
    ["a last line that does not end", "a,b\n1,x\n2,y"],
    ["a last CRLF line that does not end", "a,b\r\n1,x\r\n2,y"],
    ["a byte order mark", "\ufeffa,b\n1,x\n2,y\n"],
    ["columns in another order", "b,a\nx,1\ny,2\n"],
    ["spaces in text", "a, b\n1, x \n2,  \n"],
    ["any other text", "a,Größe\n1,€ 5' #\\\n2,\u2028\ufeff\n"],
    ["a single column", "a\n1\n2\n"],
    ["a long line below the limit", `a,b\n1,${"x".repeat(999_000)}\n2,y\n`],
  ])("%s", (_, text) => {
    expect([...numbersOf(text).values]).toEqual([1, 2]);
  });

  test("an empty field as NULL, last fields and lines that do not end included", () => {
    const columns = [{ name: "b", hasValidity: true }];
    for (const text of ["a,b\n1,2\n,\n3,", "a,b\r\n1,2\r\n,\r\n3,"]) {
      const { values, isValid } = numbersOf(text, columns);
      expect([...values]).toEqual([2, Number.NaN, Number.NaN]);
      expect([...isValid!]).toEqual([1, 0, 0]);
    }
  });

  test("validity only where it is asked for and some row is NULL", () => {
    expect(numbersOf("a,b\n1,\n").isValid).toBeNull();
    expect(numbersOf("a,b\n,\n").isValid).toEqual(Uint8Array.of(0));
    expect(numbersOf("a,b\n,\n", [{ name: "a", hasValidity: false }]).isValid).toBeNull();
  });

  test("a header alone as no rows", () => {
    for (const text of ["a,b\n", "a,b", "a,b\r\n", "\ufeffa"]) expect(numbersOf(text).values).toHaveLength(0);
  });

  test("no column at all, and one column twice", () => {
    expect(parse("a,b\n1,x\n2,y\n", [])).toEqual({ rowCount: 2, columns: [] });
    const twice = parse("a\n1\n", [
      { name: "a", hasValidity: true },
      { name: "a", hasValidity: false },
    ]);
    expect(twice).toMatchObject({
      columns: [{ values: Float64Array.of(1) }, { values: Float64Array.of(1) }],
    });
  });

  test("more rows than the first row's length led to expect", () => {
    const rows = Array.from({ length: 5000 }, (_, i) => `${i},`);
    const { values } = numbersOf(`a,b\n0.0000000000000,${"x".repeat(500)}\n${rows.join("\n")}\n`);
    expect(values).toEqual(Float64Array.of(0, ...rows.keys()));
  });

  test("bytes that lie in the midst of a larger buffer", () => {
    const larger = Buffer.from("9\na,b\n1,x\n7,y\n");
    expect([...numbersOf(new Uint8Array(larger.buffer, larger.byteOffset + 2, 8)).values]).toEqual([1]);
  });

  test("each number as the nearest double", () => {
    const texts = [
      ...["0", "-0", "-0.0", "00012", "5.", ".5", "-.5", "1e5", "1E+5", "1e-5", "1.e5", "0e99999", "-0e9"],
      ...[
        "9007199254740991",
        "9007199254740992",
        "9007199254740993",
        "9007199254740992.5",
        "9007199254740995",
      ],
      ...[
        "1e22",
        "1e23",
        "-1e23",
        "9007199254740991e22",
        "9007199254740991e23",
        "9007199254740991e-22",
        "1e-23",
      ],
      ...[
        "0.1",
        "123456.789012",
        "2.2250738585072014e-308",
        "4.9e-324",
        "2e-324",
        "5e-324",
        "1e400",
        "-1e400",
      ],
      ...["1.7976931348623157e308", "1.7976931348623159e308", "1e0000000000005", "1e99999999999999999999"],
      ...["1e-99999999999999999999", "9".repeat(400), `0.${"1".repeat(400)}`, `${"0".repeat(400)}7`],
    ];
    const { values } = numbersOf(`a\n${texts.join("\n")}\n`);
    expect(bitsOf(values)).toEqual(bitsOf(Float64Array.from(texts, Number)));
  });
});

describe("the plain CSV parser declines", () => {
  test.each([
    ["+5", "a number with a plus"],
    [" 5", "a leading space"],
    ["5 ", "a trailing space"],
    ...["inf", "-inf", "nan", "NULL", "NA", "true", "1_000", "0x1f", "1f", "1 000", "٣"].map((n) => [
      n,
      "no number",
    ]),
    ...["-", ".", "-.", "e5", "1e", "1e+", "1e5.5", "1.2.3", "--5", "5\u00a0"].map((n) => [
      n,
      "no whole number",
    ]),
  ])("%j: %s", (field) => {
    expect(parse(`a,b\n1,x\n${field},x\n`)).toEqual({
      declined: "line 3 has a field that is not a plain number",
    });
  });

  test.each<[string, string | Uint8Array, string]>([
    ["no bytes", "", "it is empty"],
    ["a quoted field", 'a,b\n1,"x"\n', "it has a quote"],
    ["a quoted header", '"a",b\n1,x\n', "it has a quote"],
    ["a quote within text", 'a,b\n1,x"y\n', "it has a quote"],
    ["a NUL byte", "a,b\n1,x\0\n", "it has a NUL byte"],
    ["latin-1", Buffer.from("a,b\n1,é\n", "latin1"), "it is not UTF-8 text"],
    ["UTF-16", Buffer.from("\ufeffa,b\n1,x\n", "utf16le"), "it is not UTF-8 text"],
    ["a surrogate", Buffer.of(0x61, 10, 0xed, 0xa0, 0x80, 10), "it is not UTF-8 text"],
    ["an empty first line", "\na,b\n1,x\n", "line 1 has a column without a name"],
    ["a column without a name", "a,\n1,x\n", "line 1 has a column without a name"],
    ["nothing behind a byte order mark", "\ufeff", "line 1 has a column without a name"],
    ["a name twice", "a,a\n1,x\n", "line 1 names a column twice"],
    ["a name twice but for its case", "a,A\n1,x\n", "line 1 names a column twice"],
    ["a bare CR in the header", "a,b\rc\n1,x\n", "line 1 has a carriage return that ends no line"],
    ["lines that end in CR", "a,b\r1,x\r", "line 1 has a carriage return that ends no line"],
    ["an empty line", "a,b\n1,x\n\n2,y\n", "line 3 is empty"],
    ["an empty line at the end", "a,b\n1,x\n\n", "line 3 is empty"],
    ["an empty line in a single column", "a\n1\n\n2\n", "line 3 is empty"],
    ["an empty CRLF line", "a,b\r\n1,x\r\n\r\n", "line 3 is empty"],
    ["too few fields", "a,b\n1\n", "line 2 has not as many fields as the header, 2"],
    ["too many fields", "a,b\n1,x,y\n", "line 2 has not as many fields as the header, 2"],
    ["a delimiter at the end", "a,b\n1,x,\n", "line 2 has not as many fields as the header, 2"],
    ["CRLF after LF", "a,b\n1,x\r\n", "line 2 does not end as the first line does"],
    ["LF after CRLF", "a,b\r\n1,x\n", "line 2 does not end as the first line does"],
    ["a bare CR at the end", "a,b\n1,x\r", "line 2 does not end as the first line does"],
    ["two CR at an end", "a,b\r\n1,x\r\r\n", "line 2 does not end as the first line does"],
    ["a line longer than DuckDB reads", `a,b\n1,${"x".repeat(2_000_000)}\n`, "line 2 is longer than 1 MB"],
  ])("%s", (_, text, declined) => {
    expect(parse(text)).toEqual({ declined });
  });

  test("a delimiter that could be part of a number or of a character, and an escape of its own", () => {
    for (const delimiter of [".", "-", "e", "5", " ", "||", "§", "", "\n"]) {
      expect(parse("a\n1\n", A, { ...DIALECT, delimiter })).toHaveProperty("declined");
    }
    const backslash = { ...DIALECT, escape: "\\" };
    expect(parse("a,b\n1,x\\y\n", A, backslash)).toEqual({ declined: "it has an escape" });
    expect(parse("a;b\n1;x,y\n", A, { ...DIALECT, delimiter: ";" })).toHaveProperty("rowCount", 1);
  });
});

describe("a column that the header lacks", () => {
  test("is missing, not declined, and case counts", () => {
    const columns = ["A", "b", "c"].map((name) => ({ name, hasValidity: false }));
    expect(parse("a,b\n1,x\n", columns)).toEqual({ missing: ["A", "c"], found: ["a", "b"] });
  });
});
