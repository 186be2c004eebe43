import { describe, expect, test } from "vitest";
import { documentLine } from "../../src/cli/document-model.ts";

const blob = { bytes: 2_400_000, sha256: "ab" };

describe("a model on one line", () => {
  test.each([
    [{ json: '{"slope":2}', blob: null }, '{"slope":2}'],
    [{ json: null, blob }, "(2.40 MB)"],
    [{ json: '{"class":"sklearn.ensemble.RandomForestRegressor"}', blob }, "RandomForestRegressor (2.40 MB)"],
    [{ json: '{"class":"dict"}', blob }, "dict (2.40 MB)"],
    [
      { json: '{"class":"sklearn.linear_model.Ridge","intercept":1,"coefficients":{"x":2.5}}', blob },
      'Ridge {"intercept":1,"coefficients":{"x":2.5}}',
    ],
    [{ json: '{"class":"a.B","intercept":0.5,"coeffi', blob }, 'B {"intercept":0.5,"coeffi'],
    [{ json: '{"class":"a.\\u001b"}', blob }, "\\u001b (2.40 MB)"],
    [{ json: '{"class":"a.averylongna', blob }, '{"class":"a.averylongna'],
  ])("%o is told as %s", (model, line) => {
    expect(documentLine(model)).toBe(line);
  });
});
