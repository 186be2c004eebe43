import {
  BIGINT,
  BLOB,
  DATE,
  DOUBLE,
  DuckDBBlobValue,
  type DuckDBDataChunk,
  type DuckDBType,
  INTEGER,
  TIMESTAMP,
  TIMESTAMP_NS,
  TIMESTAMPTZ,
  UTINYINT,
  VARCHAR,
} from "@duckdb/node-api";

const DUCKDB_TYPES = {
  UTINYINT,
  INTEGER,
  BIGINT,
  DOUBLE,
  VARCHAR,
  BLOB,
  DATE,
  TIMESTAMP,
  TIMESTAMP_NS,
  TIMESTAMPTZ,
} as const;

/**
 * A column to write, in the form in which DuckDB stores it: numbers, dates (days) and timestamps (units of their
 * type) as one typed array, text and blobs as lists. `isValid`, where given, has a 0 for each NULL.
 */
export type AppendColumn =
  | { readonly type: "UTINYINT"; readonly values: Uint8Array; readonly isValid?: Uint8Array | null }
  | { readonly type: "INTEGER" | "DATE"; readonly values: Int32Array; readonly isValid?: Uint8Array | null }
  | {
      readonly type: "BIGINT" | "TIMESTAMP" | "TIMESTAMP_NS" | "TIMESTAMPTZ";
      readonly values: BigInt64Array;
      readonly isValid?: Uint8Array | null;
    }
  | { readonly type: "DOUBLE"; readonly values: Float64Array; readonly isValid?: Uint8Array | null }
  | {
      readonly type: "VARCHAR";
      readonly values: readonly (string | null)[];
      readonly isValid?: Uint8Array | null;
    }
  | {
      readonly type: "BLOB";
      readonly values: readonly (Uint8Array | null)[];
      readonly isValid?: Uint8Array | null;
    };

/** What we use of a vector that is written through one typed array. */
interface WritableVector {
  readonly items: { set(values: ArrayLike<number> | ArrayLike<bigint>): void };
  readonly validity: { setItemValid(index: number, isValid: boolean): void };
  flush(): void;
}

/** DuckDB's type object of a column. */
export function duckdbTypeOf(column: AppendColumn): DuckDBType {
  return DUCKDB_TYPES[column.type];
}

/** Copies rows `from` to `to` (exclusive) of a column into column `index` of a chunk of that many rows. */
export function writeColumn(
  chunk: DuckDBDataChunk,
  index: number,
  column: AppendColumn,
  range: { readonly from: number; readonly to: number },
): void {
  const { from, to } = range;
  if (column.type === "VARCHAR" || column.type === "BLOB") {
    const values = column.values.slice(from, to);
    const written = values.map((value, i) => {
      if (value === null || (column.isValid && !column.isValid[from + i])) return null;
      return typeof value === "string" ? value : new DuckDBBlobValue(value);
    });
    chunk.setColumnValues(index, written);
    return;
  }
  const vector = chunk.getColumnVector(index) as unknown as WritableVector;
  vector.items.set(column.values.subarray(from, to));
  if (column.isValid) {
    for (let i = from; i < to; i++) {
      if (column.isValid[i] === 0) vector.validity.setItemValid(i - from, false);
    }
  }
  vector.flush();
}
