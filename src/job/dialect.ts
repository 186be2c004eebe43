/** How the fields of a CSV are told apart. */
export interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
  /** Written before a quote inside a quoted field; the quote itself where quotes are doubled. */
  readonly escape: string;
}
