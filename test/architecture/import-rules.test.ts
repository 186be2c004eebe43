import { describe, expect, test } from "vitest";
import { checkCycles, checkImportTable, checkReach, type ImportTable } from "./import-rules.ts";
import type { ReachRule } from "./import-table.ts";
import { importsOf } from "./imports.ts";
import { projectFromTexts } from "./project.ts";

/** A small house: every kind of permission once. */
const TABLE: ImportTable = {
  "errors.ts": { packages: ["words"] },
  key: {},
  run: { values: ["key"], node: ["run/log.ts"] },
  job: { types: ["key"] },
  duckdb: { packages: ["@duckdb/node-api"], node: true },
  source: { values: ["key", "source/text"] },
  "source/text": {},
  worker: { values: ["key", "source/text"] },
  engine: { types: ["key"] },
  "engine/local": { values: ["engine"], types: ["worker"], entries: ["worker/thread.ts"] },
  "engine/spark": { values: ["engine"] },
};

/** One empty file for every row, so that only the imports under test are found. */
const EMPTY_HOUSE: Readonly<Record<string, string>> = {
  "src/errors.ts": "",
  "src/key/key.ts": "",
  "src/run/run.ts": "",
  "src/run/log.ts": "",
  "src/job/job.ts": "",
  "src/duckdb/duckdb.ts": "",
  "src/source/source.ts": "",
  "src/source/text/parse.ts": "",
  "src/worker/worker.ts": "",
  "src/worker/thread.ts": "",
  "src/engine/engine.ts": "",
  "src/engine/local/local.ts": "",
  "src/engine/spark/spark.ts": "",
};

function houseWith(texts: Readonly<Record<string, string>>) {
  return projectFromTexts({ ...EMPTY_HOUSE, ...texts }, { "#worker-thread": "src/worker/thread.ts" });
}

const findIn = (path: string, text: string) => checkImportTable(houseWith({ [path]: text }), TABLE);

describe("the import table", () => {
  test("finds nothing in an empty house", () => {
    expect(checkImportTable(houseWith({}), TABLE)).toEqual([]);
  });

  test("names file, import and what is allowed", () => {
    expect(findIn("src/run/run.ts", '\nimport { a } from "../job/job.ts";')).toEqual([
      "src/run/run.ts:2: may not import ../job/job.ts (job); run may import: errors.ts, key, run/log.ts (may import node:)",
    ]);
  });

  test.each([
    ['import "../duckdb/duckdb.ts";'],
    ['import { type a } from "../duckdb/duckdb.ts";'],
    ['import type { a } from "../duckdb/duckdb.ts";'],
    ['/** Word. */\nexport { a } from "../duckdb/duckdb.ts";'],
    ['type A = import("../duckdb/duckdb.ts").A;'],
    ['await import("../duckdb/duckdb.ts");'],
    ['createRequire(import.meta.url); require("../duckdb/duckdb.ts");'],
    ['new URL("../duckdb/duckdb.js", import.meta.url);'],
  ])("sees %s", (text) => {
    const found = findIn("src/worker/worker.ts", text);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(
      /may not (import|start) \.\.\/duckdb\/duckdb\.[jt]s \(duckdb\); worker may import: /,
    );
  });

  test("lets everything import errors.ts and its own files", () => {
    expect(findIn("src/key/key.ts", 'import "../errors.ts"; import "./other.ts";')).toEqual([
      "src/key/key.ts:1: imports ./other.ts, which is not there (imports end in .ts); key may import: errors.ts",
    ]);
    expect(findIn("src/worker/worker.ts", 'import "./thread.ts"; import "../errors.ts";')).toEqual([]);
  });

  test("tells types from values", () => {
    expect(findIn("src/job/job.ts", 'import type { A } from "../key/key.ts";')).toEqual([]);
    expect(findIn("src/job/job.ts", 'import { A } from "../key/key.ts";')).toEqual([
      "src/job/job.ts:1: may not import ../key/key.ts (key) other than with import type; job may import: errors.ts, key (types only)",
    ]);
  });

  test("lets an entry be started where the table says so, and not imported", () => {
    const start = 'new Worker(import.meta.resolve("#worker-thread"));';
    const byUrl = 'new Worker(new URL("../../worker/thread.js", import.meta.url));';
    for (const text of [start, byUrl]) expect(findIn("src/engine/local/local.ts", text)).toEqual([]);
    expect(findIn("src/engine/spark/spark.ts", start)).toHaveLength(1);
    expect(findIn("src/engine/local/local.ts", 'import "../../worker/thread.ts";')).toHaveLength(1);
    expect(findIn("src/engine/local/local.ts", 'import "#worker-thread";')).toHaveLength(1);
    expect(
      findIn("src/engine/local/local.ts", 'new URL("../../worker/worker.ts", import.meta.url);'),
    ).toHaveLength(1);
  });

  test("takes a subfolder with a row of its own for another area", () => {
    expect(findIn("src/source/source.ts", 'import "./text/parse.ts";')).toEqual([]);
    expect(findIn("src/source/text/parse.ts", 'import "../source.ts";')).toHaveLength(1);
    expect(findIn("src/source/deep/a.ts", 'import "../source.ts"; import "../../key/key.ts";')).toEqual([]);
  });

  test("keeps members of a family apart whatever the table says", () => {
    const table: ImportTable = { ...TABLE, "engine/spark": { values: ["engine", "engine/local"] } };
    const house = houseWith({ "src/engine/spark/spark.ts": 'import type { A } from "../local/local.ts";' });
    expect(checkImportTable(house, table)).toEqual([
      "src/engine/spark/spark.ts:1: imports ../local/local.ts: members of a family never import each other; " +
        "engine/spark may import: errors.ts, engine, engine/local",
    ]);
  });

  test("lets a member of a family import what is below it, where its row says so", () => {
    const text = 'import type { A } from "./connect/calls.ts";';
    const house = houseWith({
      "src/engine/spark/spark.ts": text,
      "src/engine/spark/connect/calls.ts": 'import type { B } from "../../local/local.ts";',
    });
    const rows = { "engine/spark": { values: ["engine/spark/connect"] }, "engine/spark/connect": {} };
    const findings = checkImportTable(house, { ...TABLE, ...rows });
    expect(findings).toEqual([
      expect.stringMatching(/^src\/engine\/spark\/connect\/calls\.ts:1: .* members of a family never import/),
    ]);
    const untold = checkImportTable(house, { ...TABLE, ...rows, "engine/spark": {} });
    expect(untold).toContainEqual(expect.stringMatching(/^src\/engine\/spark\/spark\.ts:1: may not import/));
  });

  test("keeps the contract of a family from importing its members", () => {
    expect(findIn("src/engine/engine.ts", 'import type { A } from "./local/local.ts";')).toHaveLength(1);
  });

  test("lets only the named area import a package", () => {
    const text = 'import type { A } from "@duckdb/node-api";';
    expect(findIn("src/duckdb/duckdb.ts", text)).toEqual([]);
    expect(findIn("src/source/source.ts", text)).toEqual([
      "src/source/source.ts:1: may not import @duckdb/node-api; source may import: errors.ts, key, source/text",
    ]);
    expect(findIn("src/errors.ts", 'import { a } from "words/deep.js";')).toEqual([]);
  });

  test("lets only the named areas and files import node:", () => {
    const text = 'import { readFile } from "node:fs/promises";';
    expect(findIn("src/duckdb/duckdb.ts", text)).toEqual([]);
    expect(findIn("src/run/log.ts", text)).toEqual([]);
    expect(findIn("src/run/run.ts", text)).toHaveLength(1);
    expect(findIn("src/key/key.ts", text)).toHaveLength(1);
  });

  test.each(["src/new/a.ts", "src/a.ts", "src/engine/cloud/a.ts"])("refuses %s, which has no row", (path) => {
    const found = findIn(path, "");
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(`${path}: has no row in the import table; there are: errors.ts, key, `);
  });

  test("refuses to import a file that has no row", () => {
    const house = houseWith({ "src/new.ts": "", "src/key/key.ts": 'import "../new.ts";' });
    expect(checkImportTable(house, TABLE)).toContain(
      "src/key/key.ts:1: imports ../new.ts, which has no row in the import table; key may import: errors.ts",
    );
  });

  test("refuses a row without files unless it is planned", () => {
    const table: ImportTable = { ...TABLE, gone: {}, later: { isPlanned: true } };
    expect(checkImportTable(houseWith({}), table)).toEqual(['import table: row "gone" has no files in src']);
  });

  test("refuses imports that lead out of src", () => {
    expect(findIn("src/key/key.ts", 'import "../../test/build-once.ts";')[0]).toMatch(
      "which is outside of src",
    );
  });
});

describe("the rule of reach", () => {
  const rules: ReachRule[] = [
    { from: ["worker"], except: [], never: ["duckdb", "@duckdb/node-api"], why: "no native module" },
    { from: ["run"], except: ["run/log.ts"], never: ["node:"], why: "browsers" },
  ];
  const reach = (texts: Readonly<Record<string, string>>) => checkReach(houseWith(texts), TABLE, rules);

  test("follows value imports from file to file and tells the way", () => {
    const texts = {
      "src/worker/worker.ts": 'import "../source/text/parse.ts";',
      "src/source/text/parse.ts": 'import "../source.ts";',
      "src/source/source.ts": 'await import("../duckdb/duckdb.ts");',
    };
    expect(reach(texts)).toEqual([
      "src/worker/worker.ts → src/source/text/parse.ts → src/source/source.ts → src/duckdb/duckdb.ts: no native module",
    ]);
  });

  test("stops at packages and at modules of Node", () => {
    expect(
      reach({
        "src/worker/worker.ts": 'import "../key/key.ts";',
        "src/key/key.ts": 'import "@duckdb/node-api";',
      }),
    ).toEqual(["src/worker/worker.ts → src/key/key.ts → @duckdb/node-api: no native module"]);
    expect(reach({ "src/run/run.ts": 'import "./log.ts";', "src/run/log.ts": 'import "node:fs";' })).toEqual([
      "src/run/run.ts → src/run/log.ts → node:fs: browsers",
    ]);
  });

  test("does not follow types and entries, which load nothing, and survives cycles", () => {
    const texts = {
      "src/worker/worker.ts": 'import type { A } from "../duckdb/duckdb.ts"; import "./thread.ts";',
      "src/worker/thread.ts": 'import "./worker.ts"; new URL("../duckdb/duckdb.ts", import.meta.url);',
    };
    expect(reach(texts)).toEqual([]);
  });
});

describe("the rule of cycles", () => {
  test("finds a cycle of three files once", () => {
    const texts = {
      "src/a.ts": 'import "./b.ts";',
      "src/b.ts": 'import "./c.ts";',
      "src/c.ts": 'import "./a.ts";',
    };
    expect(checkCycles(projectFromTexts(texts))).toEqual([
      "import cycle: src/a.ts → src/b.ts → src/c.ts → src/a.ts",
    ]);
  });

  test("counts type-only imports", () => {
    const texts = { "src/a.ts": 'import "./b.ts";', "src/b.ts": 'import type { A } from "./a.ts";' };
    expect(checkCycles(projectFromTexts(texts))).toEqual(["import cycle: src/a.ts → src/b.ts → src/a.ts"]);
  });

  test("finds a cycle behind a file that was seen before, and a file that imports itself", () => {
    const texts = {
      "src/a.ts": 'import "./b.ts"; import "./c.ts";',
      "src/b.ts": "",
      "src/c.ts": 'import "./b.ts"; import "./d.ts";',
      "src/d.ts": 'import "./c.ts"; import "./d.ts";',
    };
    expect(checkCycles(projectFromTexts(texts))).toEqual([
      "import cycle: src/c.ts → src/d.ts → src/c.ts",
      "import cycle: src/d.ts → src/d.ts",
    ]);
  });

  test("allows two ways to one file, and a cycle through an entry", () => {
    const texts = {
      "src/a.ts": 'import "./b.ts"; import "./c.ts";',
      "src/b.ts": 'import "./c.ts";',
      "src/c.ts": 'new URL("./a.ts", import.meta.url);',
    };
    expect(checkCycles(projectFromTexts(texts))).toEqual([]);
  });
});

test("imports are told with their line, kind and target", () => {
  const text =
    'import type { A } from "./b.ts";\nexport type { B } from "@scope/name/deep";\nimport("node:fs/promises");';
  expect(importsOf(projectFromTexts({ "src/a.ts": text }), "src/a.ts")).toEqual([
    { from: "src/a.ts", line: 1, specifier: "./b.ts", kind: "type", target: "src/b.ts", isPackage: false },
    {
      from: "src/a.ts",
      line: 2,
      specifier: "@scope/name/deep",
      kind: "type",
      target: "@scope/name",
      isPackage: true,
    },
    {
      from: "src/a.ts",
      line: 3,
      specifier: "node:fs/promises",
      kind: "value",
      target: "node:fs/promises",
      isPackage: true,
    },
  ]);
});
