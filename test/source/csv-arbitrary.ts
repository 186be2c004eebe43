import fc from "fast-check";

/** A made CSV: its bytes, and the columns that are asked of it. */
export interface MadeCsv {
  readonly bytes: Uint8Array;
  readonly delimiter: string;
  readonly columns: readonly { readonly name: string; readonly hasValidity: boolean }[];
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

/** Text without a byte that ends a field or needs quotes; U+FEFF and line ends of Unicode are among it. */
const texts = fc
  .oneof(
    fc.string({ unit: "grapheme", maxLength: 8 }),
    fc.constantFrom("\ufeff", "\u2028", "\u0085", "#x", " ", "\\", "'"),
  )
  .map((text) => text.replace(/["\r\n\0,;|\t]/g, "_"));

interface Shape {
  readonly delimiter: string;
  readonly newline: string;
  /** A line that ends in another way than the rest. */
  readonly oddLine: { readonly line: number; readonly newline: string } | null;
  readonly mark: string;
  readonly isEnded: boolean;
  readonly isNumber: readonly boolean[];
  readonly hasValidity: readonly boolean[];
  readonly order: number;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  delimiter: fc.constantFrom(",", ";", "\t", "|"),
  newline: fc.constantFrom("\n", "\r\n"),
  oddLine: fc.constant(null),
  mark: fc.constantFrom("", "\ufeff"),
  isEnded: fc.boolean(),
  isNumber: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
  hasValidity: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  order: fc.nat(),
});

/** Rows of `width` fields. */
function rowsOf(field: (column: number) => fc.Arbitrary<string>, width: number): fc.Arbitrary<string[][]> {
  const row = fc.tuple(...Array.from({ length: width }, (_, column) => field(column)));
  return fc.array(row, { maxLength: 6 });
}

function madeCsv(shape: Shape, rows: readonly (readonly string[])[]): MadeCsv {
  const names = shape.isNumber.map((_, i) => ["x", "Größe", "y z", "#w"][i]!);
  const newlineAt = (line: number) => (shape.oddLine?.line === line ? shape.oddLine.newline : shape.newline);
  const lines = [names, ...rows].map((fields) => fields.join(shape.delimiter));
  const text = lines
    .map((line, i) => (i < rows.length || shape.isEnded ? line + newlineAt(i) : line))
    .join("");
  const wanted = names.filter((_, i) => shape.isNumber[i]);
  const turn = wanted.length === 0 ? 0 : shape.order % wanted.length;
  const columns = [...wanted.slice(turn), ...wanted.slice(0, turn)];
  return {
    bytes: Buffer.from(shape.mark + text),
    delimiter: shape.delimiter,
    columns: columns.map((name, i) => ({ name, hasValidity: shape.hasValidity[i]! })),
  };
}

/** Tables of numbers, empty fields and text, written as the parser must be able to read them. */
export const plainCsvs: fc.Arbitrary<MadeCsv> = shapes.chain((shape) => {
  const width = shape.isNumber.length;
  // In a single column an empty field would be an empty line.
  const cell = (text: fc.Arbitrary<string>) =>
    width === 1
      ? text.map((value) => value || "0")
      : fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: fc.constant("") });
  const field = (column: number) => cell(shape.isNumber[column] ? numbers : texts);
  return rowsOf(field, width).map((rows) => madeCsv(shape, rows));
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
    const oddNumber = fc.oneof(
      { weight: 12, arbitrary: numbers },
      { weight: 1, arbitrary: oddNumbers },
      { weight: 1, arbitrary: quoted },
    );
    const oddText = fc.oneof(
      { weight: 4, arbitrary: texts },
      { weight: 4, arbitrary: numbers },
      { weight: 1, arbitrary: quoted },
    );
    const field = (column: number) => (shape.isNumber[column] ? oddNumber : oddText);
    return rowsOf(field, shape.isNumber.length).map((rows) => madeCsv(shape, rows));
  })
  .chain((csv) => changes.map((list) => ({ ...csv, bytes: list.reduce(disturbed, csv.bytes) })));

function disturbed(
  bytes: Uint8Array,
  { at, cut, put }: { readonly at: number; readonly cut: number; readonly put: Uint8Array | null },
): Uint8Array {
  const place = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, place), put ?? new Uint8Array(0), bytes.subarray(place + cut)]);
}
