import { describe, expect, test } from "vitest";
import { type PlainColumn, parsePlainCsv } from "../../src/source/text/plain-csv.ts";
import type { NumberValues } from "../../src/table/column.ts";
import { Table } from "../../src/table/table.ts";
import { PLAIN_DIALECT } from "../plain-job.ts";
import { bitsOf } from "./duckdb-rows.ts";

const DIALECT = PLAIN_DIALECT;
const A: readonly PlainColumn[] = [{ name: "a", type: "double", hasValidity: true }];
const T: readonly PlainColumn[] = [{ name: "t", type: "text", hasValidity: true }];

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
    const columns = [{ name: "b", type: "double" as const, hasValidity: true }];
    for (const text of ["a,b\n1,2\n,\n3,", "a,b\r\n1,2\r\n,\r\n3,"]) {
      const { values, isValid } = numbersOf(text, columns);
      expect([...values]).toEqual([2, Number.NaN, Number.NaN]);
      expect([...isValid!]).toEqual([1, 0, 0]);
    }
  });

  test("validity only where it is asked for and some row is NULL", () => {
    expect(numbersOf("a,b\n1,\n").isValid).toBeNull();
    expect(numbersOf("a,b\n,\n").isValid).toEqual(Uint8Array.of(0));
    expect(numbersOf("a,b\n,\n", [{ name: "a", type: "double", hasValidity: false }]).isValid).toBeNull();
  });

  test("a header alone as no rows", () => {
    for (const text of ["a,b\n", "a,b", "a,b\r\n", "\ufeffa"]) expect(numbersOf(text).values).toHaveLength(0);
  });

  test("no column at all, and one column twice", () => {
    expect(parse("a,b\n1,x\n2,y\n", [])).toEqual({ rowCount: 2, columns: [] });
    const twice = parse("a\n1\n", [
      { name: "a", type: "double", hasValidity: true },
      { name: "a", type: "double", hasValidity: false },
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
    ...["+inf", "-nan", "iNf", "NULL", "NA", "true", "  ", "1_000", "0x1f", "1f", "1 000", "٣"].map((n) => [
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
    ["a quote within text", 'a,b\n1,x"y\n', "line 2 has a quote or a comment that is not plain"],
    ["text behind a quote", 'a,b\n1,"x"y\n', "line 2 has a quote or a comment that is not plain"],
    ["a space behind a quote", 'a,b\n1,"x" \n', "line 2 has a quote or a comment that is not plain"],
    ["a quote that is not closed", 'a,b\n1,x\n2,"y\n', "line 3 has a quote or a comment that is not plain"],
    ["a quoted number with a quote", 'a,b\n"1""2",x\n', "line 2 has a field that is not a plain number"],
    ["a quote within a name", 'a,b"c\n1,x\n', "its header has a quote or a comment within a name"],
    ["a name that is not closed", 'a,"b\n1,x\n', "its header has a quote that is not closed"],
    ["a name of two lines", 'a,"b\nc"\n1,x\n', "its header has a name of two lines"],
    ["a NUL byte", "a,b\n1,x\0\n", "it has a NUL byte"],
    ["latin-1", Buffer.from("a,b\n1,é\n", "latin1"), "it is not UTF-8 text"],
    ["UTF-16", Buffer.from("\ufeffa,b\n1,x\n", "utf16le"), "it is not UTF-8 text"],
    ["a surrogate", Buffer.of(0x61, 10, 0xed, 0xa0, 0x80, 10), "it is not UTF-8 text"],
    ["an empty first line", "\na,b\n1,x\n", "its header names no column"],
    ["a name that another gets from its place", "column1,\n1,x\n", "its header names a column twice"],
    ["a reserved name", "a,File_Index\n1,x\n", "its header has a reserved name"],
    ["nothing behind a byte order mark", "\ufeff", "its header names no column"],
    ["a name twice", "a,a\n1,x\n", "its header names a column twice"],
    ["a name twice but for its case", "a,A\n1,x\n", "its header names a column twice"],
    ["a bare CR in the header", "a,b\rc\n1,x\n", "a carriage return in its header ends no line"],
    ["lines that end in CR", "a,b\r1,x\r", "a carriage return in its header ends no line"],
    ["an empty LF line behind CRLF", "a,b\r\n1,x\r\n\n", "line 3 does not end as the first line does"],
    ["an empty line in a single column", "a\n1\n\n2\n", "line 3 is empty"],
    ["a line of spaces", "a,b\n1,x\n  \n2,y\n", "line 3 has a field that is not a plain number"],
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
    const columns = ["A", "b", "c"].map(
      (name): PlainColumn => ({ name, type: "double", hasValidity: false }),
    );
    expect(parse("a,b\n1,x\n", columns)).toEqual({ missing: ["A", "c"], found: ["a", "b"] });
  });
});

describe("the plain CSV parser knows a dialect's", () => {
  const textsOf = (text: string, dialect = DIALECT): (string | null)[] => {
    const parsed = parse(text, T, dialect);
    if (!("rowCount" in parsed)) throw new Error(JSON.stringify(parsed));
    return new Table([{ name: "t", type: "text" }], parsed).texts("t");
  };

  test("quotes around names, numbers, texts and nothing", () => {
    const text = '"","a","t"\n"1","2.5","x, ""y""\nz"\n2,"",""\n"3",-1,w\n';
    expect([...numbersOf(text).values]).toEqual([2.5, Number.NaN, -1]);
    expect(numbersOf(text).isValid).toEqual(Uint8Array.of(1, 0, 1));
    expect([...numbersOf(text, [{ name: "column0", type: "double", hasValidity: false }]).values]).toEqual([
      1, 2, 3,
    ]);
    expect(textsOf(text)).toEqual(['x, "y"\nz', null, "w"]);
    expect(
      textsOf("t;a\n'it''s';1\n\"b\";2\n", { ...DIALECT, delimiter: ";", quote: "'", escape: "'" }),
    ).toEqual(["it's", '"b"']);
  });

  test("delimiters, and quotes that hide them", () => {
    for (const delimiter of [",", ";", "\t", "|", ":", "^", "\x01"]) {
      const text = ["a,t", '1,"x,y"', "2,", ""].join("\n").replaceAll(",", delimiter);
      const dialect = { ...DIALECT, delimiter };
      expect(textsOf(text, dialect)).toEqual([`x${delimiter}y`, null]);
      expect(parse(text, A, dialect)).toMatchObject({ columns: [{ values: Float64Array.of(1, 2) }] });
    }
  });

  test("decimal comma, of any digits", () => {
    const dialect = { ...DIALECT, delimiter: ";", decimal: "," as const };
    const read = (field: string) => parse(`a;b\n${field};x\n`, A, dialect);
    for (const [field, value] of [
      ["1,5", 1.5],
      ["-,25", -0.25],
      ["7,", 7],
      ["1,5e-3", 0.0015],
      ['"0,1"', 0.1],
      ["0,1234567890123456", 0.1234567890123456],
      ["93013,8918250345523109", 93013.89182503455],
      ["0,9495836215512008515067239", 0.9495836215512008],
    ] as const) {
      expect(read(field)).toMatchObject({ columns: [{ values: Float64Array.of(value) }] });
    }
    for (const field of ["1.5", "1.234,5"]) {
      expect(read(field)).toHaveProperty("declined");
    }
    expect(parse("a,b\n1,2\n", A, { ...DIALECT, decimal: "," })).toEqual({
      declined: "its decimal separator is its delimiter",
    });
  });

  test("null texts as they are written, in numbers and in texts, quoted or not", () => {
    const dialect = { ...DIALECT, nullTexts: ["NA", "-999", " "] };
    const text = 'a,t\nNA,NA\n"NA","NA"\n-999,-999\n-999.0,na\n5, \n"","NA "\n';
    expect(textsOf(text, dialect)).toEqual([null, null, null, "na", null, "NA "]);
    expect(parse(text, A, dialect)).toMatchObject({
      columns: [
        {
          values: Float64Array.of(Number.NaN, Number.NaN, Number.NaN, -999, 5, Number.NaN),
          isValid: Uint8Array.of(0, 0, 0, 1, 1, 0),
        },
      ],
    });
    const odd = { ...DIALECT, nullTexts: ['"NA"'] };
    expect(parse("a\n1\n", A, odd)).toEqual({ declined: 'null text "\\"NA\\"" is not plain' });
  });

  test("comments, before the header and between rows, whatever is in them", () => {
    const dialect = { ...DIALECT, comment: "#" };
    const text = '# a,t\n#\na,t\n1,"#x"\n# a "quote\n#\n2,y\n#,,';
    expect(textsOf(text, dialect)).toEqual(["#x", "y"]);
    expect(textsOf(text.replaceAll("\n", "\r\n"), dialect)).toEqual(["#x", "y"]);
    for (const [odd, declined] of [
      ["a,t\n1,x # y\n", "line 2 has a quote or a comment that is not plain"],
      ["a,t\n1#,x\n", "line 2 has a quote or a comment that is not plain"],
      ["a,t # u\n1,x\n", "its header has a quote or a comment within a name"],
      ["a,t\n# 1,x\n2,y\n", "line 2 is a comment that looks like a row"],
      ["a,t\n# 1\r\n2,y\n", "line 2 does not end as the first line does"],
      ["# 1\r\na,t\n2,y\n", "its comments end in another way"],
      ["\ufeff# 1\na,t\n2,y\n", "it has a comment behind its byte order mark"],
      ["# only\n", "its header names no column"],
    ]) {
      expect(parse(odd!, A, dialect)).toEqual({ declined });
    }
    expect(parse("a\n1\n", A, { ...DIALECT, comment: "-" })).toEqual({
      declined: 'comment "-" is not plain',
    });
  });

  test("empty lines, which are no rows where there are several columns", () => {
    expect(textsOf("a,t\n\n1,x\n\n\n2,y\n\n")).toEqual(["x", "y"]);
    expect(textsOf("a,t\r\n\r\n1,x\r\n\r\n")).toEqual(["x"]);
  });

  test("names of what is not finite, and spaces around numbers", () => {
    const text = "a,b\nNaN,1\nnan,1\nInf,1\n-inf,1\n-Infinity,1\n  7 ,1\n,1\n";
    const { values, isValid } = numbersOf(text);
    expect([...values]).toEqual([...[Number.NaN, Number.NaN, Infinity, -Infinity, -Infinity, 7, Number.NaN]]);
    expect(isValid).toEqual(Uint8Array.of(1, 1, 1, 1, 1, 1, 0));
    expect(numbersOf("a,b\nNaN,1\n").isValid).toBeNull();
  });

  test("texts in UTF-8, of any length, without a change", () => {
    const long = "é".repeat(5000);
    expect(textsOf(`t,a\n\ufeffx,1\n ${long} ,2\n"👩‍👩‍👧",3\n"\u2028",4\n`)).toEqual([
      ...["\ufeffx", ` ${long} `, "👩‍👩‍👧", "\u2028"],
    ]);
  });

  test("quoted lines only in texts that DuckDB reads in one piece", () => {
    const filler = `"${"x".repeat(97)}",1\n`.repeat(40_000);
    expect(textsOf(`t,a\n${filler}"x",1\n`)).toHaveLength(40_001);
    expect(parse(`t,a\n${filler}"x\ny",1\n`, T)).toEqual({
      declined: "line 40002 has a quote or a comment that is not plain",
    });
  });
});
