import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ManyfitError } from "../errors.ts";
import type { Dialect } from "../job/dialect.ts";
import type { CsvHeader } from "./read-header.ts";

/** The lines of a CSV file behind its header in which a comment character stands outside of quotes. */
export interface FoundComments {
  /** Whether there are lines that begin with it. */
  readonly hasComments: boolean;
  /** The first line that has it further on; null where there is none. */
  readonly lineWithin: number | null;
  /** The first line that begins with it and has as many fields as the header; null where there is none. */
  readonly rowLikeLine: number | null;
}

/**
 * Looks a CSV file through for the comment character of its dialect. To DuckDB a comment begins anywhere in a line, so
 * that it would read `C#` as `C`: it must be known before whether a file has such lines.
 * @throws ManyfitError `source_unreadable`
 */
export async function scanComments(
  path: string,
  dialect: Dialect,
  header: CsvHeader,
): Promise<FoundComments> {
  const scanner = new CommentScanner(dialect, header);
  const file = createReadStream(path, { highWaterMark: 2 ** 20 });
  const text: Readable = path.toLowerCase().endsWith(".gz") ? file.pipe(createGunzip()) : file;
  file.once("error", (error) => text.destroy(error));
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  try {
    for await (const chunk of text) scanner.scan(decoder.decode(chunk as Buffer, { stream: true }));
  } catch (cause) {
    throw new ManyfitError("source_unreadable", `${path}: ${(cause as Error).message}`, { cause });
  } finally {
    file.destroy();
    text.destroy();
  }
  scanner.scan("\n");
  const { hasComments, lineWithin, rowLikeLine } = scanner;
  return { hasComments, lineWithin, rowLikeLine };
}

/** What stands where a character is met. */
type Place = "line" | "field" | "within" | "quoted" | "comment";

/** Goes through the text of a file behind its header, character by character. */
class CommentScanner {
  hasComments = false;
  /** The first line with the character in its midst, outside of quotes. */
  lineWithin: number | null = null;
  /** The first comment that has as many fields as the header. */
  rowLikeLine: number | null = null;
  readonly #dialect: Dialect;
  readonly #fieldCount: number;
  /** Characters of the header that are still to come. */
  #toSkip: number;
  #line = 1;
  #place: Place = "line";
  #delimiters = 0;
  #isEscaped = false;
  #wasReturn = false;

  constructor(dialect: Dialect, header: CsvHeader) {
    this.#dialect = dialect;
    this.#fieldCount = header.fields.length;
    this.#toSkip = header.end;
  }

  scan(text: string): void {
    const from = Math.min(this.#toSkip, text.length);
    this.#toSkip -= from;
    for (let i = 0; i < text.length; i++) {
      const character = text[i]!;
      if (i >= from) this.#step(character);
      if (character === "\r" || (character === "\n" && !this.#wasReturn)) this.#line++;
      this.#wasReturn = character === "\r";
    }
  }

  #step(character: string): void {
    const { delimiter, quote, comment } = this.#dialect;
    if (this.#place === "quoted") {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (character === this.#dialect.escape && character !== quote) this.#isEscaped = true;
      // A doubled quote closes the field and opens it again.
      else if (character === quote) this.#place = "field";
      return;
    }
    if (character === "\n" || character === "\r") {
      if (this.#place === "comment" && this.#delimiters + 1 === this.#fieldCount)
        this.rowLikeLine ??= this.#line;
      this.#place = "line";
      this.#delimiters = 0;
    } else if (character === delimiter) {
      this.#delimiters++;
      if (this.#place !== "comment") this.#place = "field";
    } else if (this.#place === "comment") return;
    else if (character === comment) this.#meetComment();
    else this.#place = character === quote && this.#place !== "within" ? "quoted" : "within";
  }

  #meetComment(): void {
    if (this.#place === "line") {
      this.#place = "comment";
      this.hasComments = true;
    } else {
      this.#place = "within";
      this.lineWithin ??= this.#line;
    }
  }
}
