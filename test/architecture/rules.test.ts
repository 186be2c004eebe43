import { describe, expect, test } from "vitest";
import { checkFileLengths, checkFunctions, checkNames } from "./budget-rules.ts";
import { checkDocComments, checkNamedExports } from "./export-rules.ts";
import { checkNoAny, checkSameBits, checkTestsRun } from "./language-rules.ts";
import { projectFromTexts } from "./project.ts";

/** What a rule finds in one text, without the path. */
function findIn(
  check: (project: ReturnType<typeof projectFromTexts>) => string[],
  path: string,
  text: string,
) {
  return check(projectFromTexts({ [path]: text })).map((finding) => finding.replace(path, ""));
}

const lines = (count: number, line: string) => `${line}\n`.repeat(count);

describe("the rule of file lengths", () => {
  test("allows 400 lines and refuses 401, in sources and tests", () => {
    for (const path of ["src/a.ts", "test/a.test.ts"]) {
      expect(findIn(checkFileLengths, path, lines(400, "// x"))).toEqual([]);
      expect(findIn(checkFileLengths, path, lines(401, "// x"))).toEqual([": 401 lines, at most 400"]);
    }
  });

  test("counts a last line without an end", () => {
    expect(findIn(checkFileLengths, "src/a.ts", `${lines(400, "// x")}// x`)).toHaveLength(1);
  });
});

describe("the rule of functions", () => {
  const withBody = (head: string, count: number) => `${head} {\n${lines(count - 2, "x();")}}`;

  test.each([
    ["a declaration", "function long()", ":1: long"],
    ["an arrow function", "const long = () =>", ":1: long"],
    ["a property", "const o = { long: function () ", ":1: long"],
  ])("allows 60 lines and refuses 61 in %s", (_, head, place) => {
    expect(findIn(checkFunctions, "src/a.ts", withBody(head, 60))).toEqual([]);
    expect(findIn(checkFunctions, "src/a.ts", withBody(head, 61))).toEqual([
      `${place} has 61 lines, at most 60`,
    ]);
  });

  test("sees methods, constructors and accessors", () => {
    for (const [head, name] of [
      ["m()", "m"],
      ["constructor()", "constructor"],
      ["get g()", "g"],
    ]) {
      const found = findIn(checkFunctions, "src/a.ts", `class A {\n${withBody(head!, 61)}\n}`);
      expect(found).toEqual([`:2: ${name} has 61 lines, at most 60`]);
    }
  });

  test("does not count the doc comment", () => {
    const text = `/**\n${lines(30, " * word")} */\n${withBody("function f()", 60)}`;
    expect(findIn(checkFunctions, "src/a.ts", text)).toEqual([]);
  });

  test.each([
    "function f(a, b, c, d, e) {}",
    "const f = (a, b, c, d, e) => a;",
    "class A { f(a, b, c, d, e) {} }",
    "interface A { f(a, b, c, d, e): void }",
    "type f = (a, b, c, d, e) => void;",
  ])("refuses five parameters: %s", (text) => {
    const finding = ":1: f has 5 parameters, at most 4, then an options object";
    expect(findIn(checkFunctions, "src/a.ts", text)).toEqual([finding]);
    expect(findIn(checkFunctions, "src/a.ts", text.replace(", e", ""))).toEqual([]);
  });

  test("leaves tests alone", () => {
    expect(findIn(checkFunctions, "test/a.test.ts", withBody("function f(a, b, c, d, e)", 99))).toEqual([]);
  });
});

describe("the rule of names", () => {
  test.each([
    "src/utils.ts",
    "src/key/helpers/a.ts",
    "src/key/key-util.ts",
    "test/common/a.ts",
    "src/run-manager.ts",
  ])("refuses %s", (path) => expect(checkNames(projectFromTexts({ [path]: "" }))).toHaveLength(1));

  test("refuses sources that no rule reads", () => {
    expect(findIn(checkNames, "src/a.js", "")).toEqual([": only .ts files belong into src"]);
  });

  test("allows names that only contain such a word", () => {
    expect(
      checkNames(projectFromTexts({ "src/key/uncommon-key.ts": "", "src/utility-bill.ts": "" })),
    ).toEqual([]);
  });
});

describe("the rule of doc comments", () => {
  test.each([
    ["export function a() {}", "a"],
    ["export const a = 1;", "a"],
    ["export class a {}", "a"],
    ["export interface a {}", "a"],
    ["export type a = 1;", "a"],
    ["export abstract class a {}", "a"],
    ["function a() {}\nexport { a as b };", "b"],
    ["// not a doc comment\nexport const a = 1;", "a"],
    ["/** */\nexport const a = 1;", "a"],
    ["/** @internal */\nexport const a = 1;", "a"],
    ['export { a } from "./b.ts";', "a"],
    ['import { a } from "./b.ts";\nexport { a };', "a"],
  ])("refuses %j", (text, name) => {
    const [found, ...rest] = findIn(checkDocComments, "src/a.ts", text);
    expect(found).toMatch(new RegExp(`^:\\d+: export ${name} has no doc comment$`));
    expect(rest).toEqual([]);
  });

  test.each([
    "/** A word. */\nexport const a = 1;",
    "/** See {@link b}. */\nexport type a = 1;",
    "/** A word. */\nfunction a() {}\nexport { a };",
    "/** A word. */\nexport function a(x: 1): void;\nexport function a(x: 2): void;\nexport function a() {}",
    "const a = 1;",
  ])("allows %j", (text) => {
    expect(findIn(checkDocComments, "src/a.ts", text)).toEqual([]);
  });

  test("exempts re-exports in the public list, and nothing else there", () => {
    expect(findIn(checkDocComments, "src/index.ts", 'export { a } from "./b.ts";')).toEqual([]);
    expect(findIn(checkDocComments, "src/index.ts", "export const a = 1;")).toHaveLength(1);
  });
});

describe("the rule of named exports", () => {
  test.each([
    "export default 1;",
    "export default function a() {}",
    "export default class {}",
    "const a = 1; export { a as default };",
    'export { default } from "./b.ts";',
  ])("refuses the default export in %j", (text) => {
    expect(findIn(checkNamedExports, "src/a.ts", text)).toEqual([":1: default export, name it"]);
    expect(findIn(checkNamedExports, "test/a.ts", text)).toHaveLength(1);
  });

  test.each(['export * from "./b.ts";', 'export * as b from "./b.ts";'])("refuses %j", (text) => {
    expect(findIn(checkNamedExports, "src/index.ts", text)).toEqual([":1: export *, list the names"]);
  });

  test("allows the default export of a fixture that stands for a user's trainer", () => {
    expect(findIn(checkNamedExports, "test/trainer/fixtures/a.ts", "export default 1;")).toEqual([]);
  });

  test("allows names", () => {
    expect(findIn(checkNamedExports, "src/a.ts", 'export const a = 1; export { b } from "./b.ts";')).toEqual(
      [],
    );
  });
});

describe("the rule against any", () => {
  test.each([
    "let a: any;",
    "const a = b as any;",
    "type A = Record<string, any>;",
    "function f(...a: any[]) {}",
  ])("refuses %j", (text) =>
    expect(findIn(checkNoAny, "src/a.ts", text)).toEqual([":1: any, use unknown and narrow it"]),
  );

  test("allows the word elsewhere", () => {
    expect(findIn(checkNoAny, "src/a.ts", 'const any = "any"; // any')).toEqual([]);
  });
});

describe("the rule of same bits", () => {
  test.each([
    ["x ** 2", "**"],
    ["x **= 2", "**="],
    ["Math.pow(x, 2)", "Math.pow"],
    ["Math.random()", "Math.random"],
    ['Math["pow"](x, 2)', "Math other than as Math.name"],
    ["const { pow } = Math", "Math other than as Math.name"],
    ["Date.now()", "Date"],
    ["new Date()", "Date"],
    ["performance.now()", "performance"],
    ["process.hrtime()", "process"],
    ["crypto.getRandomValues(x)", "crypto"],
    ["globalThis.Math", "globalThis"],
  ])("refuses %s in an estimator", (text, name) => {
    const finding = `:1: ${name}; the same rows must give the same bits`;
    expect(findIn(checkSameBits, "src/estimator/a.ts", text)).toEqual([finding]);
    expect(findIn(checkSameBits, "src/worker/a.ts", text)).toEqual([]);
  });

  test("allows what is stable", () => {
    const text = "Math.sqrt(x * x) + o.pow + o.Date; interface O { process: 1 } // Math.pow(x, 2)";
    expect(findIn(checkSameBits, "src/estimator/a.ts", text)).toEqual([]);
  });
});

describe("the rule that tests run", () => {
  test.each([
    'test.skip("a", f)',
    'it.only("a", f)',
    'test.todo("a")',
    'describe.skip("a", f)',
    'describe.only.each([])("a", f)',
    'test.skipIf(x)("a", f)',
    'test.runIf(x)("a", f)',
    'test.fails("a", f)',
    'test("a", { skip: true }, f)',
    'test("a", ({ skip }) => skip())',
    'test("a", (context) => { context.skip(); })',
  ])("refuses %s", (text) => {
    expect(findIn(checkTestsRun, "test/a.test.ts", text)).toHaveLength(1);
  });

  test("allows tests that run, and the words elsewhere", () => {
    const text = 'test.each([1])("a", (x) => reader.skip(x)); describe("skip", () => {}); options.only = 1;';
    expect(findIn(checkTestsRun, "test/a.test.ts", text)).toEqual([]);
  });
});
