import { createHash } from "node:crypto";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bundleTrainer } from "../../src/bundle/bundle-trainer.ts";
import { fixture, loadedFile, writtenFolder } from "../trainer/written-trainer.ts";

const PACKAGES = join(import.meta.dirname, "../../node_modules");

const DEFINE = 'import { defineTrainer } from "manyfit";\n';

/** Everything whose paths could show: a neighbour, a folder's index, a CommonJS package, manyfit's own code. */
const FILES: Readonly<Record<string, string>> = {
  "trainer.ts": `${DEFINE}import Shared from "./shared/index.ts";
import { distance } from "fastest-levenshtein";
import { one } from "./one.js";
export default defineTrainer({ fit: () => ({ model: distance("a", "b") + one + new Shared().two }) });
`,
  "shared/index.ts": "export default class { readonly two: number = 2 }\n",
  "one.js": "export const one = 1; // a comment\n",
};

/** A folder at `path` of a new one, with the files in it and the package in `node_modules` at `packages`. */
function trainerIn(path: string, packages: string): string {
  const root = writtenFolder(
    Object.fromEntries(Object.entries(FILES).map(([name, text]) => [join(path, name), text])),
  );
  const place = join(root, packages, "node_modules");
  mkdirSync(place, { recursive: true });
  cpSync(join(PACKAGES, "fastest-levenshtein"), join(place, "fastest-levenshtein"), { recursive: true });
  return join(root, path, "trainer.ts");
}

function sourceMapOf(code: string): { sources: string[]; sourcesContent: (string | null)[] } {
  const base64 = /\/\/# sourceMappingURL=data:application\/json;base64,(.*)\n$/.exec(code)![1]!;
  return JSON.parse(Buffer.from(base64, "base64").toString());
}

describe("a bundle", () => {
  test("has the name of its file and the hash of its code without the source map", async () => {
    const { name, sha256, code } = await bundleTrainer(fixture("line-trainer.ts"));
    expect(name).toBe("line-trainer.ts");
    const [program] = code.split("//# sourceMappingURL=");
    expect(createHash("sha256").update(program!).digest("hex")).toBe(sha256);
  });

  test("has the same hash in any folder, with packages anywhere above it, from any working directory", async () => {
    const cwd = process.cwd();
    const hashes: string[] = [];
    for (const [path, packages] of [
      ["a", "a"],
      ["b/longer name/é", "b"],
      ["c/d", "."],
    ] as const) {
      const file = trainerIn(path, packages);
      hashes.push((await bundleTrainer(file)).sha256);
      process.chdir(join(file, ".."));
      hashes.push((await bundleTrainer("./trainer.ts")).sha256);
      process.chdir(cwd);
    }
    expect(new Set(hashes).size).toBe(1);
    expect(hashes).toHaveLength(6);
  });

  test("has another hash when what an import does is another, and the same when a comment is", async () => {
    const file = trainerIn("a", "a");
    const { sha256 } = await bundleTrainer(file);
    writeFileSync(join(file, "../one.js"), "/* other words */ export const one = 1;\n");
    expect((await bundleTrainer(file)).sha256).toBe(sha256);
    writeFileSync(join(file, "../one.js"), "export const one = 1.5;\n");
    expect((await bundleTrainer(file)).sha256).not.toBe(sha256);
  });

  test("has no path of this machine in it, and the text of the user's own files only", async () => {
    const { code } = await bundleTrainer(trainerIn("a", "."));
    const { sources, sourcesContent } = sourceMapOf(code);
    expect(code).not.toContain(import.meta.dirname.slice(0, 10));
    expect(sources.filter((source) => source.startsWith("/"))).toEqual([]);
    const texts = Object.fromEntries(sources.map((source, i) => [source, sourcesContent[i]]));
    expect(texts["trainer.ts"]).toBe(FILES["trainer.ts"]);
    expect(texts["shared/index.ts"]).toBe(FILES["shared/index.ts"]);
    expect(texts["../node_modules/fastest-levenshtein/mod.js"]).toBeNull();
    expect(texts["manyfit:trainer/define-trainer.ts"]).toBeNull();
  });

  test("carries no part of manyfit but what trainers import", async () => {
    const { code } = await bundleTrainer(fixture("distance-trainer.js"));
    const own = sourceMapOf(code).sources.filter((source) => source.startsWith("manyfit:"));
    expect(own).toContain("manyfit:trainer/define-trainer.ts");
    expect(
      own.filter((source) => !/^manyfit:(errors|table\/.*|trainer\/define-trainer)\.ts$/.test(source)),
    ).toEqual([]);
    expect(code).not.toMatch(/duckdb/i);
  });

  test("runs CommonJS that requires Node's modules and asks for its own place", async () => {
    const folder = writtenFolder({
      "trainer.mjs": `${DEFINE}import old from "old";\nexport default defineTrainer({ minRows: old(), fit: () => ({ model: 1 }) });`,
      "node_modules/old/package.json": '{ "name": "old", "version": "1.0.0", "main": "main.js" }',
      "node_modules/old/main.js":
        'const { basename } = require("path");\nmodule.exports = () => [__dirname, basename(__filename)].join("/").length > 3 ? 7 : 1;',
    });
    const { definition } = await loadedFile(join(folder, "trainer.mjs"));
    expect(definition.minRows).toBe(7);
  });

  test("keeps the names of functions and classes", async () => {
    const folder = writtenFolder({
      "trainer.ts": `${DEFINE}class NotConverged extends Error {}\nfunction firstGuess() {}\n
export default defineTrainer({ columns: [NotConverged.name, firstGuess.name], fit: () => ({ model: 1 }) });`,
    });
    const { definition } = await loadedFile(join(folder, "trainer.ts"));
    expect(definition.columns).toEqual(["NotConverged", "firstGuess"]);
  });
});

describe("a bundle is refused", () => {
  const folder = writtenFolder({
    "syntax.ts": `${DEFINE}const a = 1;\nconst b = a x;\n`,
    "neighbour.ts": 'import { a } from "./deep/broken.ts";\nexport default a;\n',
    "deep/broken.ts": "export const a = {;\n",
    "file.ts": 'import { a } from "./nowhere.ts";\nexport default a;\n',
    "package.ts": 'import { a } from "@nobody/nothing";\nimport "also-nothing";\nexport default a;\n',
    "addon.ts": 'import a from "./build/fast.node";\nexport default a;\n',
    "build/fast.node": "\u007fELF",
    "train.ts": 'import { train } from "manyfit";\nexport default train;\n',
    "trainer.cts": "",
    "trainer.cjs": "",
    "trainer.py": "",
    trainer: "",
    "folder.ts/a.ts": "",
  });

  test.each<[string, string, RegExp]>([
    ["a file that is not there", "nothing.ts", /nothing\.ts: is not there; looked for \/.*\/nothing\.ts$/],
    ["a file below a file", "syntax.ts/a.ts", /a\.ts: is not there; looked for/],
    ["a folder", "folder.ts", /folder\.ts: is a folder; name the file whose default export is defineTrainer/],
    [
      "CommonJS",
      "trainer.cjs",
      /ends in "\.cjs", must end in \.ts, \.mts, \.js, \.mjs; it must be an ES module: use export default and name it trainer\.mjs$/,
    ],
    [
      "CommonJS in TypeScript",
      "trainer.cts",
      /; it must be an ES module: use export default and name it trainer\.mts$/,
    ],
    ["another language", "trainer.py", /ends in "\.py", must end in \.ts, \.mts, \.js, \.mjs$/],
    ["no ending", "trainer", /ends in "", must end in/],
    [
      "a syntax error",
      "syntax.ts",
      /syntax\.ts:3:13: Expected ";" but found "x"; the line is: const b = a x;$/,
    ],
    [
      "a syntax error in a neighbour",
      "neighbour.ts",
      /deep\/broken\.ts:1:19: .*; the line is: export const a = \{;$/,
    ],
    [
      "a file that is not there to import",
      "file.ts",
      /file\.ts:1:19: imports "\.\/nowhere\.ts", which cannot be found; mend the path, with its ending; the line is: import/,
    ],
    [
      "a package that is not installed",
      "package.ts",
      /package\.ts:1:19: imports "@nobody\/nothing", which cannot be found; install the package where the trainer is, or mend its name; the line is: .* \(and 1 more error\)$/,
    ],
    [
      "a native addon",
      "addon.ts",
      /addon\.ts:1:15: uses the native addon build\/fast\.node, which cannot be bundled; use a package of plain JavaScript/,
    ],
    [
      "a part of manyfit that trainers cannot use",
      "train.ts",
      /train\.ts:1:10: imports "train" from manyfit, which gives trainers defineTrainer, ManyfitError and Table only; the line is/,
    ],
  ])("for %s", async (_, name, message) => {
    await expect(bundleTrainer(join(folder, name))).rejects.toMatchObject({
      name: "ManyfitError",
      code: "trainer_invalid",
      message: expect.stringMatching(message),
    });
  });
});
