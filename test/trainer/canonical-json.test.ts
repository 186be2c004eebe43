import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/trainer/canonical-json.ts";

function jsonOf(value: unknown): string {
  const result = canonicalJson(value);
  if ("problem" in result) throw new Error(result.problem);
  return result.json;
}

function problemOf(value: unknown): string {
  const result = canonicalJson(value);
  return "problem" in result ? result.problem : `no problem: ${result.json}`;
}

/** The value with the members of every object in the order from last to first. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => [name, reversed(member)] as const);
  return Object.fromEntries(entries.reverse());
}

/** A value in lists of lists, `depth` of them. */
function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

describe("canonical JSON", () => {
  test("reads back as the value, and again gives the same text", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const json = jsonOf(value);
        const back: unknown = JSON.parse(json);
        // JSON itself has no -0: the text that JSON.stringify gives is the measure.
        expect(back).toEqual(JSON.parse(JSON.stringify(value)));
        expect(jsonOf(back)).toBe(json);
      }),
    );
  });

  test("does not depend on the order in which members were written", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(jsonOf(reversed(value))).toBe(jsonOf(value));
      }),
    );
  });

  test("has every double back, bit by bit but for the sign of zero", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Object.is(JSON.parse(jsonOf(value)), value + 0)).toBe(true);
      }),
    );
  });

  test("sorts members by UTF-16 code units, with no space anywhere", () => {
    expect(
      jsonOf({ b: 1, a: [1.5, 2], "10": null, "9": true, B: { z: "x", y: {} }, "\u{1F600}": 0, "\uFFFD": 0 }),
    ).toBe('{"10":null,"9":true,"B":{"y":{},"z":"x"},"a":[1.5,2],"b":1,"\u{1F600}":0,"\uFFFD":0}');
  });

  test.each<[unknown, string]>([
    [-0, "0"],
    [[-0, 0], "[0,0]"],
    [1e21, "1e+21"],
    [5e-324, "5e-324"],
    [0.1 + 0.2, "0.30000000000000004"],
    [null, "null"],
    ["\u0000\n\u2028é", '"\\u0000\\n\u2028é"'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    [{ toJSON: 3 }, '{"toJSON":3}'],
  ])("writes %j as %s", (value, json) => {
    expect(jsonOf(value)).toBe(json);
  });

  test("keeps a member called __proto__", () => {
    const value: unknown = JSON.parse('{"__proto__":{"a":1},"b":2}');
    expect(jsonOf(value)).toBe('{"__proto__":{"a":1},"b":2}');
    expect(Object.keys(JSON.parse(jsonOf(value)) as object)).toEqual(["__proto__", "b"]);
  });

  test("allows an object in two places, which is no cycle", () => {
    const shared = { a: 1 };
    expect(jsonOf([shared, { shared }])).toBe('[{"a":1},{"shared":{"a":1}}]');
  });

  test("allows 200 levels and refuses 201", () => {
    expect(jsonOf(nested(200))).toHaveLength(401);
    expect(problemOf(nested(201))).toMatch(
      /^model\[0\]\[0\].*… is nested more than 200 levels deep; return a flatter/,
    );
    expect(problemOf(nested(100_000))).toMatch(/more than 200 levels/);
  });
});

class Line {
  slope = 1;
}

describe("canonical JSON refuses", () => {
  const cycle: { inner: { up?: unknown } } = { inner: {} };
  cycle.inner.up = cycle;

  test.each<[string, unknown, string]>([
    [
      "NaN",
      { coefficients: [1, 2, Number.NaN] },
      "model.coefficients[2] is NaN, which JSON cannot carry; use null",
    ],
    [
      "infinities",
      { a: Number.NEGATIVE_INFINITY },
      "model.a is -Infinity, which JSON cannot carry; use null",
    ],
    ["bigints", [1n], "model[0] is a bigint, which JSON cannot carry; use Number(value) or String(value)"],
    ["undefined", undefined, "model is undefined, which JSON cannot carry; use null, or leave it out"],
    ["members that are undefined", { a: undefined }, "model.a is undefined, which"],
    ["holes in lists", new Array(1), "model[0] is undefined, which"],
    ["functions", { "my fit": () => 1 }, 'model["my fit"] is a function, which'],
    ["toJSON", { at: { toJSON: () => 1 } }, "model.at.toJSON is a function; toJSON is not called"],
    ["symbols", Symbol("a"), "model is a symbol"],
    ["members named by symbols", { a: { [Symbol("b")]: 1 } }, "model.a has a member named by a symbol"],
    [
      "typed arrays",
      { w: new Float64Array(1) },
      "model.w is a Float64Array, which JSON cannot carry; use Array.from, or return a Uint8Array as the whole model",
    ],
    ["bytes inside", { w: new Uint8Array(1) }, "model.w is a Uint8Array"],
    ["buffers", [new ArrayBuffer(1)], "model[0] is an ArrayBuffer"],
    ["dates", { at: new Date(0) }, "model.at is a Date, which JSON cannot carry; use toISOString()"],
    ["maps", new Map(), "model is a Map"],
    ["sets", { s: new Set() }, "model.s is a Set"],
    ["promises", { p: Promise.resolve(1) }, "model.p is a Promise; await it"],
    [
      "instances of classes",
      { line: new Line() },
      "model.line is an instance of Line, which JSON cannot carry",
    ],
    ["lists of a class of their own", new (class List extends Array {})(), "model is an instance of List"],
    ["boxed numbers", [Object(1)], "model[0] is an instance of Number"],
    ["cycles", cycle, "model.inner.up is an object that contains itself"],
    ["lone surrogates", { a: ["x\ud800"] }, "model.a[0] has a lone surrogate"],
    ["lone surrogates in names", { "\udc00": 1 }, 'model["\\udc00"] has a lone surrogate'],
  ])("%s, and says where", (_, value, problem) => {
    expect(problemOf(value).startsWith(problem), problemOf(value)).toBe(true);
  });

  test("what an object hides from JSON.stringify, whatever stands around it", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom(Number.NaN, 1n, undefined, () => 1, new Date(0)),
        (value, bad) => {
          expect(canonicalJson([value, { a: value, b: [bad] }])).toHaveProperty("problem");
          expect(problemOf([value, { a: value, b: [bad] }])).toMatch(/^model\[1\]\.b\[0\] is /);
        },
      ),
    );
  });
});
