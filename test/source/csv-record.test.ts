import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { firstRecord } from "../../src/source/text/csv-record.ts";
import { PLAIN_DIALECT } from "../plain-job.ts";

const DIALECT = PLAIN_DIALECT;

function written(fields: readonly string[]): string {
  return fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(",");
}

describe("firstRecord", () => {
  test("reads back any fields that were quoted", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (fields) => {
        expect(firstRecord(`${written(fields)}\r\nnext,record\n`, DIALECT)).toEqual(fields);
      }),
    );
  });

  test("reads plain fields up to the end of the line, of either kind", () => {
    expect(firstRecord("a,b,\n1,2,3\n", DIALECT)).toEqual(["a", "b", ""]);
    expect(firstRecord("a,b\r\n1,2\r\n", DIALECT)).toEqual(["a", "b"]);
  });

  test("passes over a byte order mark", () => {
    expect(firstRecord("\ufeffa,b\n", DIALECT)).toEqual(["a", "b"]);
  });

  test("is null while the record has not ended", () => {
    expect(firstRecord("a,b", DIALECT)).toBeNull();
    expect(firstRecord('a,"b\n', DIALECT)).toBeNull();
  });

  test("knows other delimiters and backslash escapes", () => {
    const dialect = { ...PLAIN_DIALECT, delimiter: ";", quote: "'", escape: "\\" };
    expect(firstRecord("a;'it\\'s; b';c\n", dialect)).toEqual(["a", "it's; b", "c"]);
  });
});
