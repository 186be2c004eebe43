import { ManyfitError, suggestName } from "../errors.ts";
import { type ColumnValues, type Rows, sliceColumn, type Validity } from "./column.ts";
import type { Field } from "./field.ts";

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * All rows of one partition in canonical order, as a user's trainer sees them. Every array that it gives is new and
 * the trainer's own: writing into it changes nothing else.
 */
export class Table {
  readonly rowCount: number;
  /** Names and types of the columns, in the order in which the trainer asked for them. */
  readonly schema: readonly Field[];
  readonly #columns: readonly ColumnValues[];

  constructor(schema: readonly Field[], rows: Rows) {
    this.rowCount = rows.rowCount;
    this.schema = schema;
    this.#columns = rows.columns;
  }

  /**
   * A column of numbers, one per row, NULL as NaN: `double`, `boolean` as 0 and 1, `date` and `timestamp` as
   * milliseconds since 1970 (UTC).
   * @throws ManyfitError `unknown_column` for a column that the trainer did not ask for, `unsupported_type` for texts.
   */
  numbers(name: string): Float64Array {
    const column = this.#column(name);
    if (column.kind === "numbers") return column.values.slice();
    throw new ManyfitError(
      "unsupported_type",
      `column "${name}" holds texts, not numbers; texts() gives them`,
    );
  }

  /**
   * A column of texts, one per row, NULL as null.
   * @throws ManyfitError `unknown_column` for a column that the trainer did not ask for, `unsupported_type` for numbers.
   */
  texts(name: string): (string | null)[] {
    const column = this.#column(name);
    if (column.kind === "numbers")
      throw new ManyfitError(
        "unsupported_type",
        `column "${name}" holds numbers, not texts; numbers() gives them`,
      );
    const { bytes, ends, isValid } = column;
    let from = column.start;
    return Array.from(ends, (end, row) => {
      const text = isValid?.[row] === 0 ? null : UTF8.decode(bytes.subarray(from, end));
      from = end;
      return text;
    });
  }

  /**
   * One byte per row of a column, 1 = a value, 0 = NULL; null when none of its rows is NULL.
   * @throws ManyfitError `unknown_column` for a column that the trainer did not ask for.
   */
  validity(name: string): Validity {
    const { isValid } = this.#column(name);
    return isValid?.includes(0) ? isValid.slice() : null;
  }

  /** The rows `from .. to` (exclusive) as a table of their own. */
  slice(from: number, to: number): Table {
    const start = Math.max(0, Math.min(this.rowCount, from));
    const end = Math.max(start, Math.min(this.rowCount, to));
    const columns = this.#columns.map((column) => sliceColumn(column, start, end));
    return new Table(this.schema, { rowCount: end - start, columns });
  }

  #column(name: string): ColumnValues {
    const index = this.schema.findIndex((field) => field.name === name);
    if (index >= 0) return this.#columns[index]!;
    const names = this.schema.map((field) => field.name);
    throw new ManyfitError(
      "unknown_column",
      `column "${name}" is not among those that the trainer reads; ${suggestName(name, names)}`,
    );
  }
}
