import fc from "fast-check";
import type { NdjsonColumn } from "../../src/source/text/plain-ndjson.ts";

/** Made NDJSON: its bytes, and the columns that are asked of it. */
export interface MadeNdjson {
  readonly bytes: Uint8Array;
  readonly columns: readonly NdjsonColumn[];
}

const exactIntegers = fc.maxSafeInteger().map(String);

const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });

/** A real number as programs print it: with a point or an exponent, so that nobody takes it for an integer. */
const reals = fc.oneof(
  doubles.filter((value) => value !== 0).map((value) => value.toExponential()),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((value) => value.toFixed(6)),
  doubles.filter((value) => !Number.isInteger(value)).map(String),
  fc.constantFrom("0.0", "-0.0", "0.000", "1e22", "1.5E+3", "1e-7", "0.1234567890123456789012345"),
);

const numbers = fc.oneof(exactIntegers, reals).map((text) => (text === "-0" ? "0" : text));

const texts = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom(
    "",
    "null",
    "NULL",
    "5",
    "true",
    "\u2028",
    "\ufeff",
    '"',
    "\\",
    "a\nb",
    "\t",
    "\u0001",
    "/",
    "{}",
  ),
);

/** A string of JSON as some programs write it, with all that is not ASCII as escapes, or as others do. */
const strings = fc.tuple(texts, fc.boolean()).map(([text, isAscii]) => {
  const json = JSON.stringify(text.replaceAll("\0", "_"));
  if (!isAscii) return json;
  return json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
});

const booleans = fc.constantFrom("true", "false");

/** Readers differ about characters that are written as two halves. */
const nested = fc
  .json({ maxDepth: 2, stringUnit: "grapheme-ascii" })
  .map((json) => (json.includes("\\") ? '[{"a":["b",{}]}]' : json));

/** Values of fields that nobody reads. */
const others = fc.oneof(
  { weight: 3, arbitrary: fc.oneof(numbers, strings, booleans) },
  { weight: 1, arbitrary: nested },
);

type Kind = NdjsonColumn["type"] | null;

const NAMES = ["x", "Größe", "y z", "t"];

const spaces = fc.constantFrom("", "", "", " ", "  ", "\t");

const shapes = fc.record({
  kinds: fc.array(fc.constantFrom<Kind>("double", "boolean", "text", null), { minLength: 1, maxLength: 4 }),
  hasValidity: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  newline: fc.constantFrom("\n", "\n", "\r\n"),
  isEnded: fc.boolean(),
  space: spaces,
});

type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

function valuesFor(kind: Kind): fc.Arbitrary<string> {
  if (kind === "double") return numbers;
  if (kind === "boolean") return booleans;
  return kind === "text" ? strings : others;
}

/** The members of a line: some may be absent or null, or stand elsewhere. */
function lineOf({ kinds, space }: Shape, value: (kind: Kind) => fc.Arbitrary<string>): fc.Arbitrary<string> {
  const members = kinds.map((kind, i) =>
    fc
      .oneof(
        { weight: 8, arbitrary: value(kind) },
        { weight: 1, arbitrary: fc.constant("null") },
        { weight: 1, arbitrary: fc.constant(null) },
      )
      .map((text) => (text === null ? [] : [`${JSON.stringify(NAMES[i])}${space}:${space}${text}`])),
  );
  return fc
    .tuple(fc.tuple(...members), fc.boolean())
    .map(([list, isTurned]) => (isTurned ? list.toReversed() : list).flat())
    .map((list) => `${space}{${space}${list.join(`${space},${space}`)}${space}}${space}`);
}

function made(shape: Shape, lines: readonly string[]): MadeNdjson {
  const text = lines.join(shape.newline) + (shape.isEnded ? shape.newline : "");
  const columns = shape.kinds.flatMap((type, i) =>
    type === null ? [] : [{ name: NAMES[i]!, type, hasValidity: shape.hasValidity[i]! }],
  );
  return { bytes: Buffer.from(text), columns };
}

/** Lines of flat objects, written as the reader must be able to read them. */
export const plainNdjson: fc.Arbitrary<MadeNdjson> = shapes.chain((shape) =>
  fc.array(lineOf(shape, valuesFor), { minLength: 1, maxLength: 6 }).map((lines) => made(shape, lines)),
);

/** Values that readers may take in different ways. */
const oddValues = fc.constantFrom(
  ...[
    '"5"',
    "007",
    "+5",
    ".5",
    "5.",
    "-",
    "1e",
    "1e400",
    "-1e400",
    "1e-400",
    "5e-324",
    "2.4703282292062327e-324",
  ],
  ...[
    "-0",
    "9007199254740993",
    "18446744073709551616",
    "1".repeat(40),
    "NaN",
    "nan",
    "Infinity",
    "-inf",
    "True",
  ],
  ...[
    "nul",
    "nullx",
    "{}",
    "[]",
    "[1]",
    '{"x":1}',
    '"\\ud83d"',
    '"\\u0000"',
    '"\\x"',
    '"\\ud83d\\ude00"',
    "0x1f",
  ],
  ...['"a', "'a'", "1 2", "1_000", "true", "1.5", '"t"', "-0.0e5", "0e5", "1E5", "0.0e0"],
);

const disturbances = fc.constantFrom(
  ...[
    '"',
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "\r",
    " ",
    "\0",
    "\ufeff",
    "e",
    ".",
    "-",
    "0",
    "n",
    "é",
    "\n\n",
  ],
  ...['"x":1,', '"X":2,', "//", "/**/", "null", "\u00a0", "\v"],
);

/** Lines with odd values, some of them with bytes put in or cut out anywhere. */
export const disturbedNdjson: fc.Arbitrary<MadeNdjson> = shapes
  .chain((shape) => {
    const value = (kind: Kind) =>
      fc.oneof(
        { weight: 10, arbitrary: valuesFor(kind) },
        { weight: 1, arbitrary: oddValues },
        { weight: 1, arbitrary: fc.oneof(numbers, strings, booleans) },
      );
    return fc.array(lineOf(shape, value), { minLength: 1, maxLength: 6 }).map((lines) => made(shape, lines));
  })
  .chain((ndjson) =>
    fc
      .array(fc.record({ at: fc.nat(), cut: fc.nat({ max: 2 }), put: fc.option(disturbances) }), {
        maxLength: 2,
      })
      .map((list) => ({
        ...ndjson,
        bytes: list.reduce<Uint8Array>((bytes, { at, cut, put }) => {
          const place = at % (bytes.length + 1);
          return Buffer.concat([
            bytes.subarray(0, place),
            Buffer.from(put ?? ""),
            bytes.subarray(place + cut),
          ]);
        }, ndjson.bytes),
      })),
  );
