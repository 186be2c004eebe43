import { describe, expect, test } from "vitest";
import { decimalShape } from "../../src/key/decimal-shape.ts";
import { parseKeyType } from "../../src/key/parse-key-type.ts";
import { KEY_TYPES } from "./key-arbitrary.ts";

describe("parse key type", () => {
  test.each(KEY_TYPES)("reads %s as itself", (type) => {
    expect(parseKeyType(type)).toBe(type);
    expect(parseKeyType(type.toUpperCase())).toBe(type);
  });

  test("writes a decimal in its one form", () => {
    expect(parseKeyType("DECIMAL(18, 3)")).toBe("decimal(18,3)");
    expect(parseKeyType("decimal(04,02)")).toBe("decimal(4,2)");
    expect(decimalShape("decimal(18,3)")).toEqual({ width: 18, scale: 3 });
  });

  test.each([
    "",
    "varchar",
    "integer ",
    "decimal",
    "decimal(0,0)",
    "decimal(39,0)",
    "decimal(3,4)",
    "decimal(3)",
    "toString",
  ])("names no type for %j", (text) => {
    expect(parseKeyType(text)).toBeNull();
  });
});
