import { describe, expect, test } from "vitest";
import { EXIT, reportError } from "../../src/cli/report-error.ts";
import { type ErrorCode, ManyfitError } from "../../src/errors.ts";

describe("the report of an error", () => {
  test.each<[ErrorCode, number]>([
    ["invalid_option", EXIT.usage],
    ["unknown_column", EXIT.usage],
    ["unknown_estimator", EXIT.usage],
    ["unsupported_type", EXIT.usage],
    ["trainer_invalid", EXIT.usage],
    ["interrupted", 130],
    ["failure_budget_spent", 3],
    ["source_not_found", EXIT.failed],
    ["run_not_committed", EXIT.failed],
    ["key_not_found", EXIT.failed],
    ["query_refused", EXIT.failed],
    ["worker_failed", EXIT.failed],
  ])("of code %s ends the process with %i", (code, exitCode) => {
    expect(reportError(new ManyfitError(code, "it is so"), false)).toEqual({
      text: "manyfit: it is so\n",
      exitCode,
    });
  });

  test("is one line, whatever names are in it", () => {
    const { text } = reportError(
      new ManyfitError("unknown_column", 'target "a\nb\u001b[31m" is not there'),
      false,
    );
    expect(text).toBe('manyfit: target "a b\\u001b[31m" is not there\n');
  });

  test("of a query has no mark below a place that is not there any more", () => {
    const message = "query failed: Parser Error: syntax error\n\nLINE 1: selec 1\n        ^";
    expect(reportError(new ManyfitError("query_refused", message), false).text).toBe(
      "manyfit: query failed: Parser Error: syntax error LINE 1: selec 1\n",
    );
  });

  test("of an error in manyfit has all stacks and asks to be sent", () => {
    const { text, exitCode } = reportError(new TypeError("x is not a function"), false);
    expect(exitCode).toBe(EXIT.failed);
    expect(text).toMatch(
      /^manyfit: x is not a function\n(.*\n)* *at .*\n(.*\n)*caused by TypeError: x is not a function\n/,
    );
    expect(text).toMatch(
      /\nmanyfit: this is an error in manyfit itself; please report it with the lines above\n$/,
    );
  });

  test("has the stack where it is asked for", () => {
    const { text } = reportError(new ManyfitError("source_empty", "a.csv: is empty"), true);
    expect(text).toMatch(/^manyfit: a\.csv: is empty\nManyfitError: a\.csv: is empty\n {4}at /);
  });
});
