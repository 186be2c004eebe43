import type { Connection } from "../duckdb/duckdb.ts";
import { type CsvSniffing, sniffCsv } from "../duckdb/read-files.ts";
import { ManyfitError } from "../errors.ts";
import type { Dialect, ToldDialect } from "../job/dialect.ts";
import { readErrorFrom } from "./read-error.ts";
import { readTextStart } from "./read-header.ts";
import { findFirstRecord } from "./text/csv-record.ts";

/** What begins comments where nobody says it. */
const USUAL_COMMENT = "#";

/** A dialect with the types of the columns of the file that it was found in, by place. */
export interface FoundDialect {
  readonly dialect: Dialect;
  readonly types: readonly string[];
  /** Whether its first rows have bytes that are not UTF-8. */
  readonly isAnyText: boolean;
}

interface SniffedCsv {
  readonly [column: string]: string | readonly { readonly name: string; readonly type: string }[];
  readonly Delimiter: string;
  readonly Quote: string;
  readonly Escape: string;
  readonly Columns: readonly { readonly name: string; readonly type: string }[];
}

/** A begin of a file that has comments, or none. */
interface Start {
  readonly comment: string | null;
  /** How DuckDB is told to pass over what stands before the header. */
  readonly sniffing: Pick<CsvSniffing, "comment" | "skip">;
}

/**
 * Delimiter, quotes, comments and column types of a CSV file, as they were told, else by its first 20,480 rows. `#`
 * begins comments where the first line begins with it and is no header: where more such lines follow, or it has not
 * as many fields as the rows. What stands before fractions is a point here unless it was told.
 * @throws ManyfitError `source_empty`, `source_unreadable`
 */
export async function findDialect(
  path: string,
  told: ToldDialect,
  connection: Connection,
): Promise<FoundDialect> {
  const text = await readTextStart(path);
  if (text === "")
    throw new ManyfitError("source_empty", `${path}: is empty; a CSV needs a line of column names`);
  const { comment, sniffing } = await findStart({ path, text }, told, connection);
  const { sniffed, isAnyText } = await sniff(path, { ...sniffing, ...sniffingOf(told) }, connection);
  // A sample without quotes does not mean that no row has them.
  const quote = sniffed.Quote.length === 1 ? sniffed.Quote : '"';
  const dialect: Dialect = {
    delimiter: told.delimiter ?? sniffed.Delimiter,
    quote,
    // The sniffer also takes the other quote for one, and would lose it in every text.
    escape: sniffed.Escape === "\\" ? "\\" : quote,
    decimal: told.decimal ?? ".",
    comment,
    nullTexts: told.nullTexts,
  };
  return { dialect, types: sniffed.Columns.map((column) => column.type), isAnyText };
}

function sniffingOf({
  delimiter,
  decimal,
  nullTexts,
}: ToldDialect): Pick<CsvSniffing, "delimiter" | "decimal" | "nullTexts"> {
  return { delimiter, decimal: decimal ?? ".", nullTexts };
}

async function findStart(
  { path, text }: { readonly path: string; readonly text: string },
  told: ToldDialect,
  connection: Connection,
): Promise<Start> {
  const isLikely = text.startsWith(USUAL_COMMENT);
  const comment = told.comment ?? (isLikely ? USUAL_COMMENT : null);
  const anyDialect = { delimiter: ",", quote: '"', escape: '"', comment };
  const { linesBefore = 0, emptyLines = 0 } = findFirstRecord(`${text}\n`, anyDialect) ?? {};
  if (comment === null) return { comment, sniffing: { skip: linesBefore } };
  if (told.comment === null && linesBefore === 1) {
    const names = await sniff(path, { ...sniffingOf(told) }, connection).then(
      ({ sniffed }) => sniffed.Columns.map((column) => column.name),
      () => [],
    );
    if (names.length > 1 && names[0]!.startsWith(USUAL_COMMENT)) return { comment: null, sniffing: {} };
  }
  // Together the two make DuckDB lose rows.
  return { comment, sniffing: emptyLines === 0 ? { comment } : { skip: linesBefore } };
}

async function sniff(
  path: string,
  sniffing: Omit<CsvSniffing, "isAnyText">,
  connection: Connection,
): Promise<{ readonly sniffed: SniffedCsv; readonly isAnyText: boolean }> {
  const ask = async (isAnyText: boolean): ReturnType<typeof sniff> => {
    const sql = `select Delimiter, Quote, Escape, Columns from ${sniffCsv(path, { ...sniffing, isAnyText })}`;
    const [row] = await connection.rows<SniffedCsv>(sql);
    return { sniffed: row!, isAnyText };
  };
  try {
    // Bytes that are not UTF-8 matter where a column is read that has them, which is seen then.
    return await ask(false).catch((error: unknown) =>
      /unicode|utf-?8/i.test(String(error)) ? ask(true) : Promise.reject(error),
    );
  } catch (error) {
    throw readErrorFrom(error, [path]);
  }
}
