/** A place in a message that says which partition it was, and not why: what is replaced, by what. */
interface VaryingText {
  /** A regular expression that JavaScript and RE2 read alike: no look-around, no `\s`, no reference to a group. */
  readonly pattern: string;
  /** Without `$` and `\`, which mean something in a replacement. */
  readonly replacement: string;
}

/** Characters that no path has where it stands in a sentence without quotes. */
const PATH_CHARACTER = "[^ \\t\\r\\n\"'`()<>\\[\\]{},;/\\\\]";

/** A number as programs print it: signs, points and commas within, an exponent. */
const NUMBER = "[-+\u2212]?(?:[0-9]+(?:[.,_][0-9]+)*|[.][0-9]+)(?:[eE][-+]?[0-9]+)?";

/** Paths: in quotes with their spaces; absolute, relative with a slash, of Windows, URLs. All have a {@link SLASHES}. */
const PATHS: readonly VaryingText[] = [
  { pattern: '"[^"\\r\\n]*[/\\\\][^"\\r\\n]*"', replacement: "<path>" },
  { pattern: "(?:^|[ (=:])'[^'\\r\\n]*[/\\\\][^'\\r\\n]*'", replacement: " <path>" },
  { pattern: `${PATH_CHARACTER}*[/\\\\](?:${PATH_CHARACTER}|[/\\\\])*`, replacement: "<path>" },
];

/** What is looked for before a path is: to look for none takes longer than all else. */
const SLASHES = ["/", "\\"] as const;

/** UUIDs, times, hexadecimal and all other numbers. */
const NUMBERS: readonly VaryingText[] = [
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

const PAIRED = /[\ud800-\udbff]/;

/** Code points of a message that count: messages that begin alike for so long have one cause. */
const COMPARED_LENGTH = 500;

/**
 * A message without what differs from partition to partition: messages of one cause have the same. Paths are replaced
 * first, then numbers. Words in quotes stay: another column or another property is another cause.
 */
export function messagePattern(message: string): string {
  const head = headOf(message);
  const hasPaths = SLASHES.some((slash) => head.includes(slash));
  return replaced(hasPaths ? replaced(head, PATHS) : head, NUMBERS);
}

/** The first code points of a message: each is two units of its length where it is one of a pair, else one. */
function headOf(message: string): string {
  const head = message.slice(0, 2 * COMPARED_LENGTH);
  return PAIRED.test(head) ? [...head].slice(0, COMPARED_LENGTH).join("") : head.slice(0, COMPARED_LENGTH);
}

function replaced(text: string, varying: readonly VaryingText[]): string {
  return varying.reduce(
    (rest, { pattern, replacement }) => rest.replaceAll(expressionOf(pattern), replacement),
    text,
  );
}

/** SQL of DuckDB for the {@link messagePattern} of an expression that gives text. */
export function messagePatternSql(expression: string): string {
  const head = `left(${expression}, ${COMPARED_LENGTH})`;
  const hasPaths = SLASHES.map((slash) => `contains(${head}, '${slash}')`).join(" or ");
  return replacedSql(`case when ${hasPaths} then ${replacedSql(head, PATHS)} else ${head} end`, NUMBERS);
}

function replacedSql(expression: string, varying: readonly VaryingText[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  return varying.reduce(
    (sql, { pattern, replacement }) =>
      `regexp_replace(${sql}, ${quoted(pattern)}, ${quoted(replacement)}, 'g')`,
    expression,
  );
}

const expressions = new Map<string, RegExp>();

function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern) ?? new RegExp(pattern, "gu");
  expressions.set(pattern, known);
  return known;
}
