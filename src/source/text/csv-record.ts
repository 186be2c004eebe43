import type { Dialect } from "../../job/dialect.ts";

/** How records are told apart. */
type RecordDialect = Pick<Dialect, "delimiter" | "quote" | "escape" | "comment">;

/** The first record of a text and where it is. */
export interface FirstRecord {
  readonly fields: readonly string[];
  /** Lines before it: comments, and lines without a character. */
  readonly linesBefore: number;
  /** Of these, how many are without a character. */
  readonly emptyLines: number;
  /** Where it begins in the text. */
  readonly start: number;
  /** Where the text behind its line's end begins. */
  readonly end: number;
  /** What ends its line. */
  readonly lineEnd: string;
}

/**
 * The fields of the first record of a text, quotes resolved; null if the text ends before the record does. A byte
 * order mark, comments and empty lines are passed over.
 */
export function firstRecord(text: string, dialect: RecordDialect): string[] | null {
  const record = findFirstRecord(text, dialect);
  return record === null ? null : [...record.fields];
}

/** The first record of a text with its place; null if the text ends before the record does. See {@link firstRecord}. */
export function findFirstRecord(text: string, dialect: RecordDialect): FirstRecord | null {
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let [linesBefore, emptyLines] = [0, 0];
  for (;;) {
    const isEmpty = text[start] === "\n" || text[start] === "\r";
    const isComment = dialect.comment !== null && text.startsWith(dialect.comment, start);
    if (!isEmpty && !isComment) break;
    const next = lineAfter(text, start);
    if (next === null) return null;
    start = next;
    linesBefore++;
    if (isEmpty) emptyLines++;
  }
  const record = recordAt(text, start, dialect);
  return record === null ? null : { ...record, linesBefore, emptyLines, start };
}

/** Where the next line begins; null where the text ends before. */
function lineAfter(text: string, from: number): number | null {
  for (let i = from; i < text.length; i++) {
    if (text[i] === "\n") return i + 1;
    if (text[i] !== "\r") continue;
    // Whether a line feed follows is not known yet.
    if (i + 1 === text.length) return null;
    return text[i + 1] === "\n" ? i + 2 : i + 1;
  }
  return null;
}

function recordAt(
  text: string,
  start: number,
  dialect: RecordDialect,
): Pick<FirstRecord, "fields" | "end" | "lineEnd"> | null {
  const fields: string[] = [];
  let field = "";
  let isQuoted = false;
  for (let i = start; i < text.length; i++) {
    const character = text[i]!;
    if (isQuoted) {
      if (character === dialect.escape && text[i + 1] === dialect.quote) {
        field += dialect.quote;
        i++;
      } else if (character === dialect.quote) isQuoted = false;
      else field += character;
    } else if (character === dialect.quote && field === "") isQuoted = true;
    else if (character === dialect.delimiter) {
      fields.push(field);
      field = "";
    } else if (character === "\n" || character === "\r") {
      const end = lineAfter(text, i) ?? i + 1;
      return { fields: [...fields, field], end, lineEnd: text.slice(i, end) };
    } else field += character;
  }
  return null;
}
