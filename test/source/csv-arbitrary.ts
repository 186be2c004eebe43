import fc from "fast-check";
import type { Dialect } from "../../src/job/dialect.ts";
import type { PlainCsvRequest } from "../../src/source/text/plain-csv.ts";
import { PLAIN_DIALECT } from "../plain-job.ts";

/** A made CSV: its bytes, how they are written, and the columns that are asked of it. */
export interface MadeCsv extends PlainCsvRequest {
  readonly bytes: Uint8Array;
}

const digits = (maxLength: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength }).map((list) => list.join(""));

const finiteDoubles = fc.double({ noNaN: true, noDefaultInfinity: true });

/** Doubles of any size as programs print them. */
const printedDoubles = fc.oneof(
  finiteDoubles.map(String),
  finiteDoubles.map((value) => value.toExponential()),
  finiteDoubles.map((value) => value.toPrecision(17)),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((value) => value.toFixed(6)),
  fc.integer().map(String),
);

/** Decimals that lie on the middle of two doubles, or one digit beside it: the exact expansion of a double plus half a step. */
const halfways = fc
  .tuple(
    fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n - 1n }),
    fc.integer({ min: 1, max: 60 }),
    fc.nat({ max: 2 }),
  )
  .map(([mantissa, shift, tail]) => {
    const middle = (mantissa * 2n + 1n) << BigInt(shift);
    return `${middle}${["", ".0000000000000000000000001", ".00000000"][tail]}`;
  });

/** Decimals put together from their parts. */
const builtNumbers = fc
  .record({
    sign: fc.constantFrom("", "-"),
    whole: fc.oneof(digits(6), digits(22), digits(400), fc.constantFrom("0", "000", "")),
    point: fc.boolean(),
    fraction: fc.oneof(digits(6), digits(22), fc.constantFrom("", "0", "000000000000000000000000000001")),
    exponent: fc.oneof(
      fc.constant(""),
      fc.integer({ min: -400, max: 400 }).map((n) => `e${n}`),
      digits(24).map((n) => `E+${n}`),
    ),
  })
  .map(({ sign, whole, point, fraction, exponent }) => {
    const mantissa = `${whole}${point ? `.${fraction}` : ""}`;
    return `${sign}${/\d/.test(mantissa) ? mantissa : `0${mantissa}`}${exponent}`;
  });

/** Digits and powers of ten on both sides of what is exact. */
const nearExact = fc
  .tuple(fc.bigInt({ min: 1n, max: 2n ** 54n }), fc.integer({ min: -26, max: 26 }))
  .map(([mantissa, power]) => `${mantissa}e${power}`);

const numbers = fc.oneof(printedDoubles, builtNumbers, halfways, nearExact);

/** What looks like a number, or is one to some readers. */
const oddNumbers = fc.constantFrom(
  ...[
    "+5",
    " 5",
    "5 ",
    "inf",
    "-inf",
    "nan",
    "NaN",
    "Infinity",
    "1_000",
    "1_0.5",
    "0x1f",
    "1e",
    "1e+",
    "e5",
    ".",
    "-",
  ],
  ...[
    "--5",
    "1.2.3",
    "5f",
    "1d",
    "true",
    "NULL",
    "null",
    "NA",
    "1 000",
    "٣",
    "1e5.5",
    "\u00a05",
    "5\v",
    "",
    "-.",
    "1,5",
  ],
);

/** Fields with quotes, which hide what is in them or do not. */
const quoted = fc.constantFrom(
  '"5"',
  '"a,b"',
  '"1;2"',
  '"1\n2"',
  '"1\r\n2"',
  '""',
  'a"b',
  '"',
  '"a""b"',
  '5"',
  '"\t"',
);

/** Text of any kind but for NUL; line ends of Unicode and all marks of dialects are among it. */
const texts = fc
  .oneof(
    fc.string({ unit: "grapheme", maxLength: 8 }),
    fc.constantFrom(
      "\ufeff",
      "\u2028",
      "\u0085",
      "#x",
      " ",
      "  x ",
      "\\",
      "'",
      "null",
      "007",
      "1.5",
      "-",
      "NA",
    ),
    fc.string({ unit: fc.constantFrom('"', ",", ";", "\n", "\r", "\r\n", "#", " ", "a"), maxLength: 6 }),
  )
  .map((text) => text.replaceAll("\0", "_"));

/** What becomes of a column. */
type ColumnKind = "double" | "text" | null;

interface Shape {
  readonly dialect: Dialect;
  readonly newline: string;
  /** A line that ends in another way than the rest. */
  readonly oddLine: { readonly line: number; readonly newline: string } | null;
  readonly mark: string;
  readonly isEnded: boolean;
  /** Whether names are quoted, as R writes them. */
  readonly isHeaderQuoted: boolean;
  /** Whether the first column has no name, as row names of R and pandas have none. */
  readonly isFirstUnnamed: boolean;
  /** Lines that are no rows, by the line before which they stand, if the dialect allows them. */
  readonly asides: readonly { readonly line: number; readonly text: string | null }[];
  readonly kinds: readonly ColumnKind[];
  readonly hasValidity: readonly boolean[];
  readonly order: number;
}

const dialects: fc.Arbitrary<Dialect> = fc
  .record({
    delimiter: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(",", ";", "\t", "|") },
      { weight: 1, arbitrary: fc.constantFrom(...":^~!@$%&*/=?\x01\x1f") },
    ),
    quote: fc.oneof({ weight: 5, arbitrary: fc.constant('"') }, { weight: 1, arbitrary: fc.constant("'") }),
    decimal: fc.oneof(
      { weight: 3, arbitrary: fc.constant("." as const) },
      { weight: 1, arbitrary: fc.constant("," as const) },
    ),
    comment: fc.oneof(
      { weight: 2, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.constantFrom("#", "%", ";", "!", "*") },
    ),
    nullTexts: fc.oneof(
      { weight: 2, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.subarray(["NA", "NaN", "-", "-999", "null", " ", "n/a", ".", "1e5", "é"]) },
    ),
  })
  .map(({ delimiter, quote, decimal, comment, nullTexts }) => ({
    ...PLAIN_DIALECT,
    ...{ delimiter, quote, escape: quote },
    decimal: delimiter === "," ? "." : decimal,
    comment: comment === delimiter ? null : comment,
    nullTexts: nullTexts.filter((text) => !text.includes(delimiter)),
  }));

const shapes: fc.Arbitrary<Shape> = fc
  .record({
    dialect: dialects,
    newline: fc.constantFrom("\n", "\r\n"),
    oddLine: fc.constant(null),
    mark: fc.constantFrom("", "\ufeff"),
    isEnded: fc.boolean(),
    isHeaderQuoted: fc.boolean(),
    isFirstUnnamed: fc.boolean(),
    asides: fc.array(
      fc.record({
        line: fc.nat({ max: 6 }),
        text: fc.option(texts.map((text) => text.replace(/[\r\n]/g, "_"))),
      }),
      { maxLength: 3 },
    ),
    kinds: fc.array(fc.constantFrom<ColumnKind>("double", "text", null), { minLength: 1, maxLength: 4 }),
    hasValidity: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    order: fc.nat(),
  })
  .map((shape) => ({ ...shape, asides: allowedAsides(shape) }));

/** DuckDB takes an empty line for the header, or for a row of one column; a comment with as many fields may be a row. */
function allowedAsides({ asides, dialect, kinds, mark }: Shape): Shape["asides"] {
  return asides.filter(({ line, text }) => {
    const isRowLike = text?.split(dialect.delimiter).length === kinds.length;
    if (text !== null) return dialect.comment !== null && (line > 0 ? !isRowLike : mark === "");
    return line > 0 && kinds.length > 1;
  });
}

/** Names of columns; those that stand in no quotes have nothing in them that needs some. */
function namesOf({ kinds, isHeaderQuoted, isFirstUnnamed }: Shape): string[] {
  const all = isHeaderQuoted ? ["x", "Größe", 'y" "z', "w,;|\t#v"] : ["x", "Größe", "y z", "w"];
  const names = all.slice(0, kinds.length);
  return isFirstUnnamed && kinds.length > 1 ? ["", ...names.slice(1)] : names;
}

/** A field between quotes. */
function quotedField(text: string, { quote }: Dialect): string {
  return quote + text.replaceAll(quote, quote + quote) + quote;
}

/** Text without anything that would need quotes. */
function bareField(text: string, { delimiter, quote, comment }: Dialect): string {
  const marks = [delimiter, quote, comment ?? "", "\r", "\n"].filter((mark) => mark !== "");
  return marks.reduce((bare, mark) => bare.replaceAll(mark, "_"), text);
}

/** Rows of `width` fields. */
function rowsOf(field: (column: number) => fc.Arbitrary<string>, width: number): fc.Arbitrary<string[][]> {
  const row = fc.tuple(...Array.from({ length: width }, (_, column) => field(column)));
  return fc.array(row, { maxLength: 6 });
}

function madeCsv(shape: Shape, rows: readonly (readonly string[])[]): MadeCsv {
  const { dialect, kinds, isHeaderQuoted, newline, mark } = shape;
  // Only behind a header that is alone, and does not end, comments could end in another way than it would.
  const isEnded = shape.isEnded || rows.length === 0;
  const names = namesOf(shape);
  const header = isHeaderQuoted ? names.map((name) => quotedField(name, dialect)) : names;
  const newlineAt = (line: number) => (shape.oddLine?.line === line ? shape.oddLine.newline : newline);
  const lines = [header, ...rows].map((fields) => fields.join(dialect.delimiter));
  const before = (line: number) =>
    shape.asides.filter((aside) => aside.line === line).map(({ text }) => asideLine(text, dialect) + newline);
  const text = lines
    .map((line, i) => before(i).join("") + (i < rows.length || isEnded ? line + newlineAt(i) : line))
    .join("");
  const wanted = names.flatMap((name, i) => {
    const type = kinds[i];
    return type === null || type === undefined ? [] : [{ name: name || `column${i}`, type }];
  });
  const turn = wanted.length === 0 ? 0 : shape.order % wanted.length;
  const columns = [...wanted.slice(turn), ...wanted.slice(0, turn)];
  return {
    bytes: Buffer.from(mark + text),
    dialect,
    columns: columns.map((column, i) => ({ ...column, hasValidity: shape.hasValidity[i]! })),
  };
}

/** A comment, or an empty line. */
function asideLine(text: string | null, { comment }: Dialect): string {
  return text === null ? "" : `${comment}${text}`;
}

/** A number as a field. */
function numberFields(arbitrary: fc.Arbitrary<string>, dialect: Dialect): fc.Arbitrary<string> {
  const { decimal, nullTexts } = dialect;
  const written = arbitrary.map((text) => (decimal === "." ? text : text.replace(".", ",")));
  const padded = written.map((text) => ` ${text}  `);
  const words = fc.constantFrom("NaN", "nan", "Inf", "-inf", "Infinity", "-Infinity");
  const nulls = fc.constantFrom("", ...nullTexts);
  const bare = fc.oneof(
    { weight: 20, arbitrary: written },
    { weight: 1, arbitrary: padded },
    { weight: 1, arbitrary: words },
    { weight: 4, arbitrary: nulls },
  );
  return fc.oneof(
    { weight: 4, arbitrary: bare },
    { weight: 1, arbitrary: bare.map((text) => quotedField(text, dialect)) },
  );
}

/** A text as a field. */
function textFields(dialect: Dialect): fc.Arbitrary<string> {
  const nulls = fc.constantFrom("", ...dialect.nullTexts);
  const text = fc.oneof({ weight: 5, arbitrary: texts }, { weight: 1, arbitrary: nulls });
  return fc.oneof(
    text.map((value) => bareField(value, dialect)),
    text.map((value) => quotedField(value, dialect)),
  );
}

/** Tables of numbers, empty fields and text, written as the parser must be able to read them. */
export const plainCsvs: fc.Arbitrary<MadeCsv> = shapes.chain((shape) => {
  const { kinds, dialect } = shape;
  const field = (column: number) => {
    const all = kinds[column] === "double" ? numberFields(numbers, dialect) : textFields(dialect);
    // In a single column an empty field would be an empty line.
    return kinds.length === 1 ? all.map((text) => text || "0") : all;
  };
  return rowsOf(field, kinds.length).map((rows) => madeCsv(shape, rows));
});

/** Bytes that may change what a CSV says, wherever they are put in. */
const disturbances = fc.constantFrom(
  ...[
    '"',
    "\r",
    "\n",
    "\r\n",
    "\n\n",
    "\0",
    "\ufeff",
    " ",
    ",",
    ";",
    "\t",
    "é",
    "_",
    "+",
    "-",
    "e",
    ".",
    "x",
    "#",
    "\\",
    "'",
  ].map((text) => Buffer.from(text)),
  Buffer.of(0xff),
  Buffer.of(0xc3),
  Buffer.of(0x80),
);

const oddShapes: fc.Arbitrary<Shape> = fc
  .tuple(
    shapes,
    fc.option(fc.record({ line: fc.nat({ max: 4 }), newline: fc.constantFrom("\n", "\r\n", "\r", "\n\n") })),
  )
  .map(([shape, oddLine]) => ({ ...shape, oddLine }));

const changes = fc.array(fc.record({ at: fc.nat(), cut: fc.nat({ max: 2 }), put: fc.option(disturbances) }), {
  maxLength: 2,
});

/** Tables with odd numbers, quotes and line ends, some of them with bytes put in or cut out anywhere. */
export const disturbedCsvs: fc.Arbitrary<MadeCsv> = oddShapes
  .chain((shape) => {
    const { kinds, dialect } = shape;
    const oddNumber = fc.oneof(
      { weight: 12, arbitrary: numberFields(numbers, dialect) },
      { weight: 1, arbitrary: oddNumbers },
      { weight: 1, arbitrary: quoted },
    );
    const oddText = fc.oneof(
      { weight: 4, arbitrary: textFields(dialect) },
      { weight: 4, arbitrary: numbers },
      { weight: 1, arbitrary: quoted },
    );
    const field = (column: number) => (kinds[column] === "double" ? oddNumber : oddText);
    return rowsOf(field, kinds.length).map((rows) => madeCsv(shape, rows));
  })
  .chain((csv) => changes.map((list) => ({ ...csv, bytes: list.reduce(disturbed, csv.bytes) })));

function disturbed(
  bytes: Uint8Array,
  { at, cut, put }: { readonly at: number; readonly cut: number; readonly put: Uint8Array | null },
): Uint8Array {
  const place = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, place), put ?? new Uint8Array(0), bytes.subarray(place + cut)]);
}
