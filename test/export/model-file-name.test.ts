import fc from "fast-check";
import { expect, test } from "vitest";
import { modelFileName } from "../../src/export/model-file-name.ts";

test("the name of a model's file shows its key, behind the number that makes it unique", () => {
  const name = (key: string) => modelFileName(7, { key, digits: 4, ending: "joblib" });
  expect(name("Rwanda")).toBe("0007-Rwanda.joblib");
  expect(name("Österreich")).toBe("0007-Österreich.joblib");
  expect(name("../../etc/passwd")).toBe("0007-etc_passwd.joblib");
  expect(name("a\nb\0c")).toBe("0007-a_b_c.joblib");
  expect(name("")).toBe("0007.joblib");
  expect(name("/".repeat(10_000))).toBe("0007.joblib");
  expect(name("x".repeat(10_000))).toBe(`0007-${"x".repeat(40)}.joblib`);
});

test("whatever a key is, the name is one that every file system takes", () => {
  const key = fc.string({ unit: "binary", maxLength: 100 });
  fc.assert(
    fc.property(key, fc.nat(1e6), (text, partition) => {
      const name = modelFileName(partition, { key: text, digits: 7, ending: "joblib" });
      expect(name).toMatch(/^\d{7}(-[\p{L}\p{M}\p{N}._=-][\p{L}\p{M}\p{N}._=-]*)?\.joblib$/u);
      expect(Buffer.byteLength(name)).toBeLessThan(255);
    }),
  );
});
