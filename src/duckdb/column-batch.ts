import type { DuckDBDataChunk, DuckDBVector } from "@duckdb/node-api";

/** What we use of a DuckDB vector whose values lie in one typed array. */
interface TypedVector<T> {
  readonly items: T;
}

/** The words of a validity mask; null when no value is NULL. */
interface ValidityMask {
  readonly validity: { readonly data: BigUint64Array | null };
}

/**
 * Some rows of a streamed result, as columns over DuckDB's own memory: arrays are valid until the next batch is
 * asked for, and must be copied to be kept. A value that is NULL has arbitrary content in its array.
 */
export class ColumnBatch {
  readonly rowCount: number;
  readonly #chunk: DuckDBDataChunk;

  constructor(chunk: DuckDBDataChunk) {
    this.rowCount = chunk.rowCount;
    this.#chunk = chunk;
  }

  /** A DOUBLE column. */
  doubles(column: number): Float64Array {
    return this.#items<Float64Array>(column);
  }

  /** An INTEGER or DATE (days since 1970) column. */
  int32s(column: number): Int32Array {
    return this.#items<Int32Array>(column);
  }

  /** A BIGINT or timestamp (units of its type since 1970) column. */
  int64s(column: number): BigInt64Array {
    return this.#items<BigInt64Array>(column);
  }

  /** A UTINYINT column. */
  uint8s(column: number): Uint8Array {
    return this.#items<Uint8Array>(column);
  }

  /** A VARCHAR column, NULL as null. */
  texts(column: number): (string | null)[] {
    return this.#chunk.getColumnValues(column) as (string | null)[];
  }

  /** A BLOB column, NULL as null. */
  blobs(column: number): (Uint8Array | null)[] {
    const values = this.#chunk.getColumnValues(column) as ({ readonly bytes: Uint8Array } | null)[];
    return values.map((value) => value?.bytes ?? null);
  }

  /** One value of a BLOB column, NULL as null: a batch of large values need not be in memory twice. */
  blob(column: number, row: number): Uint8Array | null {
    const value = this.#chunk.getColumnVector(column).getItem(row) as { readonly bytes: Uint8Array } | null;
    return value?.bytes ?? null;
  }

  /** One byte per row, 0 = NULL; null when the column has no NULL in this batch. */
  isValid(column: number): Uint8Array | null {
    const { data } = (this.#chunk.getColumnVector(column) as unknown as ValidityMask).validity;
    if (data === null) return null;
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length * 2);
    const valid = new Uint8Array(this.rowCount);
    for (let i = 0; i < this.rowCount; i++) valid[i] = (words[i >>> 5]! >>> (i & 31)) & 1;
    return valid;
  }

  #items<T>(column: number): T {
    const vector: DuckDBVector = this.#chunk.getColumnVector(column);
    return (vector as unknown as TypedVector<T>).items;
  }
}
