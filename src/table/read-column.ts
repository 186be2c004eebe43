import type { Field } from "./field.ts";

/** A column that a trainer reads, in the order in which every engine hands it over. */
export interface ReadColumn extends Field {
  /** Whether NULL is told apart from NaN; else a NULL of a column of numbers is NaN and nothing more is known. */
  readonly hasValidity: boolean;
  /** Whether it holds integers that must stay exact: one of 2^53 or more, which a double may have rounded, is refused. */
  readonly isInteger: boolean;
}
