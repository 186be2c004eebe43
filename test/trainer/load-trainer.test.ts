import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Params } from "../../src/job/job.ts";
import type { Field } from "../../src/table/field.ts";
import { describeTrainer, loadTrainer } from "../../src/trainer/load-trainer.ts";
import {
  bundledFile,
  fixture,
  loadedFile,
  loadedMembers,
  loadedText,
  writtenFolder,
} from "./written-trainer.ts";

const SCHEMA: readonly Field[] = [
  { name: "x", type: "double" },
  { name: "y", type: "double" },
  { name: "name", type: "text" },
];

const DEFINE = 'import { defineTrainer } from "manyfit";\n';
const ZOD = `import { z } from ${JSON.stringify(createRequire(import.meta.url).resolve("zod"))};\n`;

describe("a trainer that is loaded", () => {
  test("has the params that its schema made of those that were given", async () => {
    const { params } = await loadedFile(fixture("line-trainer.ts"), { x: "a", y: "b" });
    expect(params).toEqual({ x: "a", y: "b", alpha: 0 });
  });

  test.each([
    ["z.object({ degree: z.number().default(1), name: z.string().optional() })", /did you mean degree\?/],
    [
      "z.object({ degree: z.number().default(1) }).transform(({ degree }) => ({ degree }))",
      /did you mean degree\?/,
    ],
    ["z.object({}).transform(() => 7)", /does not look at it$/],
  ])("refuses params that the schema %s takes no notice of", async (schema, text) => {
    const code = `${ZOD}${DEFINE}export default defineTrainer({ params: ${schema}, fit: () => ({ model: 1 }) });`;
    await expect(loadedText(code, { degre: 3 })).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringMatching(/^trainer .*: param degre changes nothing/),
    });
    await expect(loadedText(code, { degre: 3 })).rejects.toThrow(text);
  });

  test.each([
    ["z.object({ degree: z.number().default(1) })", { degree: 1 }],
    ["z.object({ degree: z.any() })", { degree: 1 }],
    ["z.record(z.string(), z.any())", { anything: [1, { b: 2 }] }],
    ["z.object({ degree: z.number() }).transform(({ degree }) => ({ power: degree }))", { degree: 1 }],
    ["z.looseObject({})", { degree: null }],
  ])("takes params that the schema %s looks at", async (schema, params) => {
    const code = `${ZOD}${DEFINE}export default defineTrainer({ params: ${schema}, fit: () => ({ model: 1 }) });`;
    await expect(loadedText(code, params)).resolves.toBeDefined();
  });

  test("has params that no fit can change", async () => {
    const schema =
      "{ '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value: Object.freeze(value) }) } }";
    const given = { grid: [{ a: 1 }] };
    const loaded = await loadedMembers(`params: ${schema}, fit: () => ({ model: 1 })`, given);
    const params = loaded.params as { grid: { a: number }[] };
    expect(() => params.grid.push({ a: 2 })).toThrow(TypeError);
    expect(() => {
      params.grid[0]!.a = 2;
    }).toThrow(TypeError);
    given.grid[0]!.a = 3;
    expect(params).toEqual({ grid: [{ a: 1 }] });
  });

  test("awaits a schema that is async", async () => {
    const schema =
      "{ '~standard': { version: 1, vendor: 'own', validate: async (value) => ({ value: { ...value, b: 2 } }) } }";
    const { params } = await loadedMembers(`params: ${schema}, fit: () => ({ model: 1 })`, { a: 1 });
    expect(params).toEqual({ a: 1, b: 2 });
  });

  test("is another one when it was bundled again to another path", async () => {
    const folder = writtenFolder({
      "trainer.ts": `${DEFINE}export default defineTrainer({ minRows: 2, fit: () => ({ model: 1 }) });`,
    });
    const first = await loadedFile(join(folder, "trainer.ts"));
    const second = await loadedMembers("minRows: 3, fit: () => ({ model: 1 })");
    expect([first.definition.minRows, second.definition.minRows]).toEqual([2, 3]);
  });
});

describe("params are refused", () => {
  test.each(["undefined", "null", "{}", "{ issues: 'odd' }", "Promise.resolve()"])(
    "by a trainer whose schema gives %s, which is no result",
    async (result) => {
      const schema = `{ '~standard': { version: 1, vendor: 'own', validate: () => (${result}) } }`;
      await expect(loadedMembers(`params: ${schema}, fit: () => ({ model: 1 })`)).rejects.toMatchObject({
        code: "trainer_invalid",
        message:
          "trainer trainer.ts: its schema of params gave no result: validate must return { value } or { issues }",
      });
    },
  );

  const load = (params: Params) => loadedFile(fixture("line-trainer.ts"), params);

  test("with every issue of the schema and its place", async () => {
    await expect(load({ x: "a", alpha: -1 })).rejects.toMatchObject({
      code: "invalid_option",
      message:
        "trainer line-trainer.ts: param y: Invalid input: expected string, received undefined; " +
        "param alpha: Too small: expected number to be >=0",
    });
  });

  test("with the path of what lies inside of one", async () => {
    const text = `import { z } from "zod";\n${DEFINE}export default defineTrainer({ params: z.strictObject({ grid: z.array(z.object({ a: z.number() })) }), fit: () => ({ model: 1 }) });`;
    const folder = writtenFolder({
      "trainer.ts": text.replace(
        '"zod"',
        JSON.stringify(join(import.meta.dirname, "../../node_modules/zod/index.js")),
      ),
    });
    await expect(
      loadedFile(join(folder, "trainer.ts"), { grid: [{ a: 1 }, { a: "b" }], other: 1 }),
    ).rejects.toThrow(
      /: param grid\[1\]\.a: Invalid input: expected number, received string; params: Unrecognized key: "other"$/,
    );
  });

  test("where the trainer has no schema", async () => {
    await expect(loadedMembers("fit: () => ({ model: 1 })", { alpha: 1, beta: 2 })).rejects.toMatchObject({
      code: "invalid_option",
      message:
        "trainer trainer.ts takes no params, found params alpha, beta; leave them out, or give defineTrainer a schema as its params",
    });
  });

  test("where the schema itself throws", async () => {
    const schema =
      "{ '~standard': { version: 1, vendor: 'own', validate() { throw new Error('no rules') } } }";
    await expect(loadedMembers(`params: ${schema}, fit: () => ({ model: 1 })`)).rejects.toMatchObject({
      code: "trainer_invalid",
      message: expect.stringMatching(
        /: its schema of params threw: no rules \(at .*validate \(trainer\.ts:2:\d+\)\)$/,
      ),
    });
  });
});

describe("a bundle is refused", () => {
  test.each<[string, string, RegExp]>([
    [
      "without a default export",
      "export const fit = 1, trainer = 2;",
      /: has no default export \(it exports fit, trainer\); write export default defineTrainer\(/,
    ],
    ["without any export", "export {};", /: has no default export \(it exports nothing\); write/],
    [
      "whose default export is a plain object",
      "export default { fit() {} };",
      /: has an object as its default export, not what defineTrainer gives; write/,
    ],
    [
      "whose default export is a function",
      "export default () => 1;",
      /: has a function as its default export/,
    ],
    ["whose default export is null", "export default null;", /: has a null as its default export/],
    [
      "of another version",
      "export default { [Symbol.for('manyfit.trainer')]: 7 };",
      /: was bundled with another version of manyfit \(7, this is 1\); bundle it again$/,
    ],
    [
      "that throws while it is imported",
      "\nfunction read() { throw new RangeError('no file') }\nread();\nexport {};",
      /: threw while it was imported: no file \(at read \(trainer\.ts:2:25\)\)$/,
    ],
    [
      "that throws what is no error",
      "throw undefined;",
      /: threw while it was imported: threw undefined, which is no Error$/,
    ],
    [
      "that defines its trainer wrong",
      `${DEFINE}export default defineTrainer({ fits: 1 } as never);`,
      /: defineTrainer has no member "fits"; did you mean fit\?/,
    ],
  ])("%s", async (_, text, message) => {
    await expect(loadedText(text)).rejects.toMatchObject({
      code: "trainer_invalid",
      message: expect.stringMatching(message),
    });
  });

  test("that is not there", async () => {
    await expect(loadTrainer("/nowhere/bundle.mjs", {})).rejects.toMatchObject({
      code: "trainer_invalid",
      message: expect.stringMatching(/^trainer bundle\.mjs: ENOENT/),
    });
  });

  test("only when it is asked for: a bundle that is right loads twice", async () => {
    const path = await bundledFile(fixture("bytes-trainer.ts"));
    const [first, second] = [await loadTrainer(path, {}), await loadTrainer(path, {})];
    expect(first.definition).toBe(second.definition);
  });
});

describe("a trainer's description", () => {
  test("has the columns that its function picks with params and schema", async () => {
    const loaded = await loadedFile(fixture("line-trainer.ts"), { x: "y", y: "x" });
    expect(describeTrainer(loaded, SCHEMA)).toEqual({
      columns: ["y", "x"],
      hasPredict: true,
      hasScore: false,
      minRows: 2,
    });
    const doubles = await loadedMembers(
      "columns: ({ schema }) => schema.filter((f) => f.type === 'double').map((f) => f.name), fit: () => ({ model: 1 })",
    );
    expect(describeTrainer(doubles, SCHEMA)).toEqual({
      columns: ["x", "y"],
      hasPredict: false,
      hasScore: false,
      minRows: 1,
    });
  });

  test("has all columns where it says nothing", async () => {
    const loaded = await loadedMembers("fit: () => ({ model: 1 })");
    expect(describeTrainer(loaded, SCHEMA).columns).toEqual(["x", "y", "name"]);
  });

  test.each<[string, string, string, RegExp]>([
    [
      "a column that is not there",
      "['x', 'nam']",
      "unknown_column",
      /^trainer reads column "nam", which is not .*; did you mean name\?/,
    ],
    ["a column twice", "['x', 'x']", "trainer_invalid", /^trainer reads column "x" twice$/],
    ["no column", "[]", "trainer_invalid", /^trainer reads no column; name at least one in columns$/],
    [
      "a promise",
      "async () => ['x']",
      "trainer_invalid",
      /columns must return a list of names \(and not a promise of one\)$/,
    ],
    [
      "an error",
      "() => { throw new TypeError('which?') }",
      "trainer_invalid",
      /^trainer: columns threw: which\? \(at .*columns \(trainer\.ts:2:\d+\)\)$/,
    ],
  ])("refuses %s", async (_, columns, code, message) => {
    const loaded = await loadedMembers(`columns: ${columns}, fit: () => ({ model: 1 })`);
    expect(() => describeTrainer(loaded, SCHEMA)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test("refuses a source that has no column beside its keys", async () => {
    const loaded = await loadedMembers("fit: () => ({ model: 1 })");
    expect(() => describeTrainer(loaded, [])).toThrow(
      "trainer reads no column; the source has none beside its keys",
    );
  });
});
