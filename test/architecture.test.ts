import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { checkFileLengths, checkFunctions, checkNames } from "./architecture/budget-rules.ts";
import { checkDocComments, checkNamedExports } from "./architecture/export-rules.ts";
import { checkCycles, checkImportTable, checkReach } from "./architecture/import-rules.ts";
import { IMPORT_TABLE, REACH_RULES } from "./architecture/import-table.ts";
import { checkNoAny, checkSameBits, checkTestsRun } from "./architecture/language-rules.ts";
import { filesIn, readProject } from "./architecture/project.ts";

const project = readProject(fileURLToPath(new URL("..", import.meta.url)));

describe("the sources", () => {
  test("are all seen by the rules", () => {
    expect(filesIn(project, "src").map((file) => file.fileName)).toContain("src/errors.ts");
    expect(filesIn(project, "test").map((file) => file.fileName)).toContain("test/architecture.test.ts");
  });

  test("import only what the import table allows", () => {
    expect(checkImportTable(project, IMPORT_TABLE)).toEqual([]);
  });

  test("are named by the import table only as areas that have a row, or as files of one", () => {
    for (const { values = [], types = [], entries = [] } of Object.values(IMPORT_TABLE)) {
      for (const area of [...values, ...types]) expect(Object.keys(IMPORT_TABLE)).toContain(area);
      for (const entry of entries) {
        const isThere = project.files.has(`src/${entry}`) || [...project.aliases.values()].includes(entry);
        expect([entry, isThere]).toEqual([entry, true]);
      }
    }
  });

  test("come to nothing forbidden on the whole way of their imports", () => {
    expect(checkReach(project, IMPORT_TABLE, REACH_RULES)).toEqual([]);
  });

  test("have no import cycles", () => {
    expect(checkCycles(project)).toEqual([]);
  });

  test("have no files that are too long", () => {
    expect(checkFileLengths(project)).toEqual([]);
  });

  test("have no functions that are too long or take too many parameters", () => {
    expect(checkFunctions(project)).toEqual([]);
  });

  test("have names that say what is in them", () => {
    expect(checkNames(project)).toEqual([]);
  });

  test("have a doc comment on every export", () => {
    expect(checkDocComments(project)).toEqual([]);
  });

  test("export by name", () => {
    expect(checkNamedExports(project)).toEqual([]);
  });

  test("have no any", () => {
    expect(checkNoAny(project)).toEqual([]);
  });

  test("give the same bits for the same rows in every estimator", () => {
    expect(checkSameBits(project)).toEqual([]);
  });
});

test("every test runs", () => {
  expect(checkTestsRun(project)).toEqual([]);
});
