import type { Connection } from "../duckdb/duckdb.ts";
import { quoteIdentifier } from "../duckdb/quote.ts";
import type { ManyfitError } from "../errors.ts";
import { commonNames, nativeCsvReader } from "./csv-reader.ts";
import { hasNoNumber, isCommaNumber } from "./decimal-comma.ts";
import { findBadText, notText } from "./find-bad-text.ts";
import { readErrorFrom } from "./read-error.ts";
import type { CsvSchema } from "./source-schema.ts";

/** What is said where DuckDB itself has failed. */
const FAILED = /^(INTERNAL|FATAL) Error/;

/** What was read when reading failed. */
interface CsvReading {
  readonly schema: CsvSchema;
  /** The DuckDB type of each column, as it was told `csvReader`. */
  readonly typeOf: (name: string) => string;
  readonly connection: Connection;
}

/**
 * Why CSV files could not be read, naming file, line and column where it can. Where that is not known – DuckDB itself has
 * failed, which it does over text that is not UTF-8, or a field under a decimal comma is no number – the files are read
 * once more to find it.
 */
export async function explainCsv(error: unknown, reading: CsvReading): Promise<ManyfitError> {
  const paths = reading.schema.files.map((file) => file.path);
  if (error instanceof Error && FAILED.test(error.message)) {
    for (const path of paths) {
      const line = await findBadText(path);
      if (line !== null) return notText(path, line);
    }
  }
  const cause = hasNoNumber(error) ? ((await findNoNumber(reading)) ?? error) : error;
  return readErrorFrom(cause, paths);
}

/** What DuckDB's own reader says of the first field that is no number under a decimal comma. */
async function findNoNumber({ schema, typeOf, connection }: CsvReading): Promise<unknown> {
  const numbers = commonNames(schema).filter((name) => isCommaNumber(schema.dialect, typeOf(name)));
  const counts = numbers.map((name) => `count(${quoteIdentifier(name)})`).join(", ");
  try {
    await connection.run(`select ${counts} from ${nativeCsvReader(schema, typeOf)}`);
    return null;
  } catch (error) {
    return error;
  }
}
