import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { shellQuote } from "../../src/cli/shell-quote.ts";

test.each([
  ["country=Rwanda", "country=Rwanda"],
  ["runs/2026", "runs/2026"],
  ['country="French Guiana"', `'country="French Guiana"'`],
  ["select * from t where a = 'x'", `"select * from t where a = 'x'"`],
  ["it's $5", "'it'\\''s $5'"],
  ["", '""'],
  ["a\nb", "$'a\\x0ab'"],
])("%j is written %s", (text, quoted) => {
  expect(shellQuote(text)).toBe(quoted);
});

test("bash reads back what was quoted", () => {
  const text = fc.string({
    unit: fc.constantFrom(
      "a",
      "7",
      " ",
      '"',
      "'",
      "\\",
      "$",
      "`",
      "!",
      "*",
      "~",
      "#",
      "\n",
      "\u001b",
      "é",
      "語",
      "\u202e",
      "😀",
    ),
  });
  const texts = fc.sample(text, { numRuns: 300, seed: 1 });
  const script = `printf '%s\\0' ${texts.map(shellQuote).join(" ")}`;
  const { stdout } = spawnSync("bash", ["-c", script], { encoding: "utf8", env: { LC_ALL: "C.UTF-8" } });
  expect(stdout.split("\0").slice(0, -1)).toEqual(texts);
});
