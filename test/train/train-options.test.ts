import { describe, expect, test } from "vitest";
import { UNTOLD_DIALECT } from "../../src/job/dialect.ts";
import { files } from "../../src/job/files.ts";
import { requestFrom, type TrainOptions } from "../../src/train-options.ts";
import { BUILT_IN_ESTIMATORS } from "../../src/trainer/built-in-estimators.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";

const trainer = linearRegression({ target: "y" });

/** Options that the compiler would refuse, as JavaScript may pass them. */
function request(options: object): ReturnType<typeof requestFrom> {
  return requestFrom({ source: "a.csv", trainer, ...options } as TrainOptions);
}

describe("what makes a partition", () => {
  test.each([
    [{ by: "k" }, { kind: "by", columns: ["k"] }],
    [{ by: ["k", "l"] }, { kind: "by", columns: ["k", "l"] }],
    [{ perFile: true }, { kind: "file" }],
    [{ pooled: true }, { kind: "pooled" }],
    [
      { by: "k", perFile: false, pooled: undefined },
      { kind: "by", columns: ["k"] },
    ],
  ])("is settled from %o", (options, partitioning) => {
    expect(request(options).job.partitioning).toEqual(partitioning);
  });

  test.each([
    [
      {},
      "nothing says what makes a partition: give one of by (one model per key), perFile (one model per file), pooled (one model of all rows)",
    ],
    [{ by: "k", pooled: true }, "by and pooled are both given: one model per key, or one model of all rows?"],
    [
      { perFile: true, pooled: true },
      "perFile and pooled are both given: one model per file, or one model of all rows?",
    ],
    [{ by: "k", perFile: true, pooled: true }, /^by and perFile and pooled are all given: /],
    [{ by: [] }, "by names no column; at least one is needed"],
  ])("is refused from %o", (options, message) => {
    expect(() => request(options)).toThrow(message);
    expect(() => request(options)).toThrow(expect.objectContaining({ code: "invalid_option" }));
  });
});

describe("the source", () => {
  test("is the same whether told by paths and options or by files()", () => {
    const told = { types: { k: "integer" }, where: "y > 0" } as const;
    const plain = request({ by: "k", source: ["a.csv", "b.csv"], ...told });
    const made = request({ by: "k", source: files(["a.csv", "b.csv"], told) });
    expect(made).toEqual(plain);
    expect(made.job.source).toEqual({
      paths: ["a.csv", "b.csv"],
      dialect: UNTOLD_DIALECT,
      ...told,
    });
    expect(request({ by: "k", source: files("a.csv") })).toEqual(request({ by: "k" }));
  });

  test("is a copy of what was given", () => {
    const paths = ["a.csv"];
    const source = files(paths, { types: { k: "text" } });
    const { job } = request({ by: "k", source });
    paths.push("b.csv");
    expect(source.paths).toEqual(["a.csv"]);
    expect(job.source).toEqual(source);
    expect(job.source).not.toBe(source);
  });

  test.each([
    [{ source: files("a.csv"), where: "y > 0" }, "where is given beside a source that files() made"],
    [{ source: files("a.csv"), types: {} }, "types is given beside a source that files() made"],
    [{ source: files([]) }, "source has no path"],
    [{ source: [] }, "source has no path"],
    [{ source: files("") }, "source has an empty path"],
    [
      { source: files("a.csv", { types: { k: "blob" as "text" } }) },
      'type of column "k" is blob, allowed are text',
    ],
  ])("is refused: %o", (options, message) => {
    expect(() => request({ by: "k", ...options })).toThrow(message);
  });
});

describe("the trainer", () => {
  test("may be a module with params, or without", () => {
    const module = "./trainer.ts";
    expect(request({ by: "k", trainer: { module, params: { a: 1 } } }).job.trainer).toEqual({
      module,
      params: { a: 1 },
    });
    expect(request({ by: "k", trainer: { module } }).job.trainer).toEqual({ module, params: {} });
  });

  test("has a copy of its params, in their order, as JSON has them", () => {
    const params = { b: [1, -0], a: { c: null } };
    const trainer = request({ by: "k", trainer: { module: "./trainer.ts", params } }).job.trainer;
    params.b.push(2);
    expect(JSON.stringify(trainer.params)).toBe('{"b":[1,0],"a":{"c":null}}');
    expect(Object.is((trainer.params["b"] as number[])[1], 0)).toBe(true);
  });

  test.each([
    [{ alpha: Number.NaN }, "params.alpha is NaN, which JSON cannot carry"],
    [{ at: new Date(0) }, "params.at is a Date, which JSON cannot carry"],
    [{ alpha: undefined }, "params.alpha is undefined, which JSON cannot carry"],
    [{ grid: [1n] }, "params.grid[0] is a bigint, which JSON cannot carry"],
    [[1], "params is a list; params of a trainer are JSON values by name"],
    ["a=1", "params is a string; params of a trainer are JSON values by name"],
  ])("has no params that JSON would change: %o", (params, message) => {
    const refused = (): unknown => request({ by: "k", trainer: { module: "./trainer.ts", params } });
    expect(refused).toThrow(message);
    expect(refused).toThrow(expect.objectContaining({ code: "invalid_option" }));
  });

  test("may be every estimator that there is", () => {
    for (const { name } of BUILT_IN_ESTIMATORS) {
      expect(request({ by: "k", trainer: { estimator: name, params: {} } }).job.trainer).toEqual({
        estimator: name,
        params: {},
      });
    }
  });

  test.each([
    [{ module: "", params: {} }, "invalid_option", "the path of the trainer is empty"],
    [undefined, "invalid_option", "trainer is none: give linearRegression"],
    [null, "invalid_option", "trainer is none"],
    [{ params: {} }, "invalid_option", "trainer is none"],
    [
      { estimator: "linear-regresion", params: {} },
      "unknown_estimator",
      'estimator "linear-regresion" is not known; did you mean linear-regression?',
    ],
  ])("is refused before anything is read: %o", (spec, code, message) => {
    const refused = (): unknown => request({ by: "k", trainer: spec });
    expect(refused).toThrow(message);
    expect(refused).toThrow(expect.objectContaining({ code }));
  });
});
