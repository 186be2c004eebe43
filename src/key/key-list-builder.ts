import { ManyfitError } from "../errors.ts";
import type { KeyColumn } from "./key-column.ts";
import { keyColumnWriter } from "./key-column-writer.ts";
import type { KeyList } from "./key-list.ts";
import type { KeyType, KeyValue } from "./key-type.ts";
import { keyValueWriter } from "./key-value-writer.ts";
import { KeyWriter } from "./key-writer.ts";

const FIRST_OFFSETS = 64;

/** Collects canonical key bytes one after the other, without an object per key. A key that throws is not added. */
export interface KeyListBuilder {
  /**
   * Adds one key, its values in the order of the types.
   * @throws ManyfitError `invalid_option` for another number of values, `unsupported_type` for a value that is not
   * of its type or that has no canonical bytes (text with a lone surrogate).
   */
  append(values: readonly KeyValue[]): void;
  /**
   * Adds the keys in rows 0 to `rowCount` (exclusive) of the key columns, all of them or, when it throws, none.
   * @throws ManyfitError `invalid_option` when the columns do not have the builder's types or are shorter than
   * `rowCount`, `unsupported_type` as in {@link append}.
   */
  appendColumns(columns: readonly KeyColumn[], rowCount: number): void;
  /** The keys added so far, in that order, as a copy. */
  toKeyList(): KeyList;
}

/** A builder of keys of the given column types; no types for pooled runs, whose only key is empty. */
export function createKeyListBuilder(types: readonly KeyType[]): KeyListBuilder {
  const out = new KeyWriter();
  const writers = types.map(keyValueWriter);
  let offsets = new Float64Array(FIRST_OFFSETS);
  let count = 0;

  function reserveKeys(added: number): void {
    const needed = count + added + 1;
    if (needed <= offsets.length) return;
    const grown = new Float64Array(Math.max(needed, 2 * offsets.length));
    grown.set(offsets.subarray(0, count + 1));
    offsets = grown;
  }

  return {
    append(values) {
      checkCount(types, values.length, "values");
      reserveKeys(1);
      out.length = offsets[count]!;
      for (let i = 0; i < writers.length; i++) writers[i]!(out, values[i]!);
      offsets[++count] = out.length;
    },
    appendColumns(columns, rowCount) {
      checkColumns(types, columns, rowCount);
      reserveKeys(rowCount);
      out.length = offsets[count]!;
      const columnWriters = columns.map(keyColumnWriter);
      for (let row = 0; row < rowCount; row++) {
        for (const write of columnWriters) write(out, row);
        offsets[count + row + 1] = out.length;
      }
      count += rowCount;
    },
    toKeyList: () => ({ bytes: out.bytes.slice(0, offsets[count]), offsets: offsets.slice(0, count + 1) }),
  };
}

/** The keys in rows 0 to `rowCount` (exclusive) of key columns. @throws as {@link KeyListBuilder.appendColumns}. */
export function encodeKeyBatch(columns: readonly KeyColumn[], rowCount: number): KeyList {
  const builder = createKeyListBuilder(columns.map((column) => column.type));
  builder.appendColumns(columns, rowCount);
  return builder.toKeyList();
}

/** The canonical bytes of one key. @throws as {@link KeyListBuilder.append}. */
export function encodeKey(types: readonly KeyType[], values: readonly KeyValue[]): Uint8Array {
  checkCount(types, values.length, "values");
  const out = new KeyWriter();
  types.forEach((type, i) => {
    keyValueWriter(type)(out, values[i]!);
  });
  return out.bytes.slice(0, out.length);
}

function checkCount(types: readonly KeyType[], found: number, what: string): void {
  if (found === types.length) return;
  throw new ManyfitError(
    "invalid_option",
    `key has ${found} ${what}, must have ${types.length}, one per key column (${types.join(", ")})`,
  );
}

function checkColumns(types: readonly KeyType[], columns: readonly KeyColumn[], rowCount: number): void {
  checkCount(types, columns.length, "columns");
  for (const [i, column] of columns.entries()) {
    if (column.type !== types[i])
      throw new ManyfitError(
        "invalid_option",
        `key column ${i} has type ${column.type}, must be ${types[i]}`,
      );
    const length = Math.min(column.values.length, column.isValid?.length ?? rowCount);
    if (length < rowCount)
      throw new ManyfitError("invalid_option", `key column ${i} has ${length} rows, must have ${rowCount}`);
  }
}
