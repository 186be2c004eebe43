import { describe, expect, test } from "vitest";
import { KEPT_OUTPUT, OutputLimit, type Printed } from "../../src/worker/output-limit.ts";

function limited(): { readonly output: OutputLimit; readonly told: Printed[] } {
  const told: Printed[] = [];
  return { output: new OutputLimit((printed) => told.push(printed)), told };
}

function lengthOf(told: readonly Printed[], stream: Printed["stream"]): number {
  return told.filter((printed) => printed.stream === stream).reduce((sum, { text }) => sum + text.length, 0);
}

describe("what a trainer prints", () => {
  test("is told as it is up to the limit, and one character more, however it is cut", () => {
    for (const piece of [1, 7, 5000, 100_000]) {
      const { output, told } = limited();
      for (let printed = 0; printed < 100_000; printed += piece)
        output.print({ stream: "stdout", text: "x".repeat(piece) });
      expect(lengthOf(told, "stdout")).toBe(KEPT_OUTPUT + 1);
    }
  });

  test("has a limit of its own for each partition, and for what is of none", () => {
    const { output, told } = limited();
    const text = "y".repeat(KEPT_OUTPUT);
    output.print({ stream: "stdout", text });
    output.print({ stream: "stderr", text, isOutside: true });
    output.beginPartition();
    output.print({ stream: "stdout", text });
    expect(told.map((printed) => printed.text.length)).toEqual([KEPT_OUTPUT, KEPT_OUTPUT, KEPT_OUTPUT]);
  });

  test("ends with the newest of standard error, in a few messages only", () => {
    const { output, told } = limited();
    for (let line = 0; line < 100_000; line++) output.print({ stream: "stderr", text: `line ${line}\n` });
    output.tellTail();
    expect(told.length).toBeLessThan(20_000);
    const texts = told.map(({ text }) => text).join("");
    expect(texts).toMatch(/line 99998\nline 99999\n$/);
    const before = told.length;
    output.tellTail();
    expect(told.length).toBe(before);
  });

  test("is told before the next partition begins, as what it belongs to", () => {
    const { output, told } = limited();
    output.print({ stream: "stderr", text: "a".repeat(KEPT_OUTPUT + 100) });
    output.print({ stream: "stderr", text: "last words" });
    output.beginPartition();
    const tail = told.map(({ text }) => text).join("");
    expect(tail.endsWith("last words")).toBe(true);
    const before = told.length;
    output.beginPartition();
    expect(told.length).toBe(before);
  });
});
