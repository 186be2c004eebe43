/** A place in a message that says which partition it was, and not why: what is replaced, by what. */
export interface VaryingText {
  /** A regular expression that JavaScript and RE2 read alike: no look-around, no `\s`, no reference to a group. */
  readonly pattern: string;
  /** Without `$` and `\`, which mean something in a replacement. */
  readonly replacement: string;
}

/** Characters that no path has where it stands in a sentence without quotes. */
const PATH_CHARACTER = "[^ \\t\\r\\n\"'`()<>\\[\\]{},;/\\\\]";

/** A number as programs print it: signs, points and commas within, an exponent. */
const NUMBER = "[-+\u2212]?(?:[0-9]+(?:[.,_][0-9]+)*|[.][0-9]+)(?:[eE][-+]?[0-9]+)?";

/**
 * What messages of one cause differ in, in the order in which it is replaced: paths (in quotes with their spaces;
 * absolute, relative with a slash, of Windows, URLs), UUIDs, times, hexadecimal and all other numbers. Words in
 * quotes stay: another column or another property is another cause.
 */
export const VARYING_TEXTS: readonly VaryingText[] = [
  { pattern: '"[^"\\r\\n]*[/\\\\][^"\\r\\n]*"', replacement: "<path>" },
  { pattern: "(?:^|[ (=:])'[^'\\r\\n]*[/\\\\][^'\\r\\n]*'", replacement: " <path>" },
  { pattern: `${PATH_CHARACTER}*[/\\\\](?:${PATH_CHARACTER}|[/\\\\])*`, replacement: "<path>" },
  {
    pattern: "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    replacement: "<uuid>",
  },
  {
    pattern:
      "[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[-+][0-9]{2}:?[0-9]{2})?)?",
    replacement: "<time>",
  },
  { pattern: "\\b0[xX][0-9a-fA-F]+\\b", replacement: "0" },
  { pattern: "\\b[0-9a-fA-F]{16,}\\b", replacement: "0" },
  { pattern: NUMBER, replacement: "0" },
];

/** Code points of a message that count: messages that begin alike for so long have one cause. */
const COMPARED_LENGTH = 500;

/**
 * A message without what differs from partition to partition: messages of one cause have the same. See
 * {@link VARYING_TEXTS}.
 */
export function messagePattern(message: string): string {
  const head = message.length <= COMPARED_LENGTH ? message : [...message].slice(0, COMPARED_LENGTH).join("");
  return VARYING_TEXTS.reduce(
    (text, { pattern, replacement }) => text.replaceAll(expressionOf(pattern), replacement),
    head,
  );
}

/** SQL of DuckDB for the {@link messagePattern} of an expression that gives text. */
export function messagePatternSql(expression: string): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  return VARYING_TEXTS.reduce(
    (sql, { pattern, replacement }) =>
      `regexp_replace(${sql}, ${quoted(pattern)}, ${quoted(replacement)}, 'g')`,
    `left(${expression}, ${COMPARED_LENGTH})`,
  );
}

const expressions = new Map<string, RegExp>();

function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern) ?? new RegExp(pattern, "gu");
  expressions.set(pattern, known);
  return known;
}
