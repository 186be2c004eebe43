/** How the records of a CSV are told apart, and what their fields mean. */
export interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
  /** Written before a quote inside a quoted field; the quote itself where quotes are doubled. */
  readonly escape: string;
  /** Stands before the fraction of a number. */
  readonly decimal: "." | ",";
  /** A line that begins with it is passed over; null where there is no such line. */
  readonly comment: string | null;
  /** Fields that are NULL beside the empty one, such as `NA`, compared as they are written. */
  readonly nullTexts: readonly string[];
}

/** What a user says of the dialect of text files; what is null is found out. */
export interface ToldDialect {
  /** One character. */
  readonly delimiter: string | null;
  readonly decimal: "." | "," | null;
  /** One character. */
  readonly comment: string | null;
  /** See {@link Dialect.nullTexts}; nothing is found out. */
  readonly nullTexts: readonly string[];
}

/** Nothing is said of the dialect. */
export const UNTOLD_DIALECT: ToldDialect = { delimiter: null, decimal: null, comment: null, nullTexts: [] };
