import { ManyfitError } from "../index.ts";

/** A field of a CSV record, quoted or not, with what ends it. */
const FIELD = / *(?:"((?:[^"]|"")*)" *|([^",]*))(,|$)/y;

/**
 * The names in a list of columns, which is written as a CSV record so that any name can be: `a,b` are two names,
 * `"a,b"` is one, and within quotes `""` is a quote. Spaces around names without quotes do not count.
 * @throws ManyfitError `invalid_option` for a list that is no record or has an empty name.
 */
export function parseColumnList(flag: string, text: string): string[] {
  const names: string[] = [];
  FIELD.lastIndex = 0;
  for (;;) {
    const match = FIELD.exec(text);
    if (match === null) {
      throw new ManyfitError(
        "invalid_option",
        `${flag} is ${text}, whose quotes do not match; write a name with commas as "a,b" and a quote in it as ""`,
      );
    }
    const [, quoted, bare, end] = match;
    const name = quoted === undefined ? bare!.trim() : quoted.replaceAll('""', '"');
    if (name === "") {
      throw new ManyfitError(
        "invalid_option",
        `${flag} is ${JSON.stringify(text)}, in which a name is empty; write names with commas between, such as a,b`,
      );
    }
    names.push(name);
    if (end === "") return names;
  }
}
