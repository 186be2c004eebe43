import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect } from "vitest";
import { pythonWith } from "../python/environment.ts";
import { testsWith } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import {
  checkPythonBudgets,
  checkPythonCycles,
  checkPythonDocs,
  checkPythonNames,
  readPython,
} from "./python-rules.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HOST = join(ROOT, "python/manyfit_host");

const test = testsWith(await pythonWith("lint"));

/** The outline of files with these texts. */
function outlineOf(python: string, texts: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return readPython(python, folder);
}

const lines = (count: number, line: string) => `${line}\n`.repeat(count);

describe("the Python part", () => {
  test("keeps the budgets, has doc strings and names that say something, and no cycles", ({ python }) => {
    const files = readPython(python, HOST);
    expect(files.map(({ path }) => path)).toContain("serve.py");
    expect(checkPythonBudgets(files)).toEqual([]);
    expect(checkPythonDocs(files)).toEqual([]);
    expect(checkPythonNames(files)).toEqual([]);
    expect(checkPythonCycles(files, "manyfit_host")).toEqual([]);
  });

  test.for([["check"], ["format", "--check"]])("passes ruff %s", (args, { python }) => {
    const { stdout, stderr, status } = spawnSync(
      python,
      ["-m", "ruff", ...args, "--no-cache", "python", "test/architecture"],
      { cwd: ROOT, encoding: "utf8" },
    );
    expect([status, status === 0 ? "" : stdout + stderr]).toEqual([0, ""]);
  });
});

describe("the rules for Python", () => {
  test("allow 400 lines of a file and 60 of a function, and no more", ({ python }) => {
    const text = (count: number) => `def f():\n${lines(count - 1, "    x()")}`;
    const [just] = outlineOf(python, { "a.py": text(60) + lines(340, "x = 1") });
    expect(checkPythonBudgets([just!])).toEqual([]);
    const [over] = outlineOf(python, { "a.py": text(61) + lines(340, "x = 1") });
    expect(checkPythonBudgets([over!])).toEqual([
      "a.py: 401 lines, at most 400",
      "a.py:1: f has 61 lines, at most 60",
    ]);
  });

  test("allow four parameters beside self, of whatever kind", ({ python }) => {
    const source = `class A:
    def four(self, a, b, c, d): pass
    def five(self, a, /, b, *c, d, **e): pass
    @staticmethod
    def plain(a, b, c, d, e): pass
def outer():
    def inner(a, b, c, d, e): pass
`;
    const found = checkPythonBudgets(outlineOf(python, { "a.py": source }));
    const named = found.map((finding) => finding.replace(" parameters, at most 4", ""));
    expect(named).toEqual(["a.py:3: A.five has 5", "a.py:5: A.plain has 5", "a.py:7: outer.inner has 5"]);
  });

  test("want a doc string of modules and of what others may use", ({ python }) => {
    const source =
      "class A:\n    def f(self): pass\n    def _g(self): pass\nclass _B:\n    def f(self): pass\nasync def h(): pass\n";
    expect(checkPythonDocs(outlineOf(python, { "a.py": source }))).toEqual([
      "a.py: has no doc string",
      "a.py:1: A has no doc string",
      "a.py:2: A.f has no doc string",
      "a.py:6: h has no doc string",
    ]);
  });

  test("refuse names that say nothing", ({ python }) => {
    const files = outlineOf(python, { "utils.py": "", "text_helpers.py": "", "uncommon.py": "" });
    expect(checkPythonNames(files)).toHaveLength(2);
  });

  test("see cycles of imports, within functions too, but not those of types", ({ python }) => {
    const cyclic = {
      "a.py": "from p.b import x",
      "b.py": "def f():\n    import p.c",
      "c.py": "from p.a import y",
    };
    expect(checkPythonCycles(outlineOf(python, cyclic), "p")).toEqual(["p.a → p.b → p.c → p.a"]);
    const typed = { ...cyclic, "c.py": "if TYPE_CHECKING:\n    from p.a import y" };
    expect(checkPythonCycles(outlineOf(python, typed), "p")).toEqual([]);
  });
});
