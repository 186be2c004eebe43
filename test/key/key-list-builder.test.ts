import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeKeyColumns } from "../../src/key/decode-key-columns.ts";
import type { KeyColumn } from "../../src/key/key-column.ts";
import { keyAt, keyCount } from "../../src/key/key-list.ts";
import { createKeyListBuilder, encodeKey, encodeKeyBatch } from "../../src/key/key-list-builder.ts";
import type { KeyType } from "../../src/key/key-type.ts";
import { keysArbitrary } from "./key-arbitrary.ts";
import { keyColumnOf } from "./key-column-of.ts";

const oneText: readonly KeyType[] = ["text"];

function textColumn(values: readonly string[]): KeyColumn {
  return { type: "text", values, isValid: null };
}

describe("key list builder", () => {
  test("holds each key's own bytes, in the order in which they came", () => {
    fc.assert(
      fc.property(keysArbitrary, ({ types, rows }) => {
        const builder = createKeyListBuilder(types);
        for (const row of rows) builder.append(row);
        const keys = builder.toKeyList();
        expect(keyCount(keys)).toBe(rows.length);
        expect(rows.map((_, i) => [...keyAt(keys, i)])).toEqual(
          rows.map((row) => [...encodeKey(types, row)]),
        );
        expect(keys.bytes.length).toBe(keys.offsets[rows.length]);
      }),
    );
  });

  test("takes columns as it takes rows, also one after the other", () => {
    fc.assert(
      fc.property(keysArbitrary, ({ types, rows }) => {
        const columns = types.map((type, i) =>
          keyColumnOf(
            type,
            rows.map((row) => row[i]!),
          ),
        );
        const byRow = createKeyListBuilder(types);
        for (const row of [...rows, ...rows, ...rows]) byRow.append(row);
        const byColumn = createKeyListBuilder(types);
        byColumn.appendColumns(columns, rows.length);
        for (const row of rows) byColumn.append(row);
        byColumn.appendColumns(columns, rows.length);
        expect(byColumn.toKeyList()).toEqual(byRow.toKeyList());
      }),
    );
  });

  test("gives back the columns it was given", () => {
    fc.assert(
      fc.property(keysArbitrary, ({ types, rows }) => {
        const columns = types.map((type, i) =>
          keyColumnOf(
            type,
            rows.map((row) => row[i]!),
          ),
        );
        const keys = encodeKeyBatch(columns, rows.length);
        const decoded = decodeKeyColumns(types, keys, 0, rows.length);
        expect(decoded).toEqual(columns.map(withoutNegativeZero));
      }),
    );
  });

  test("reads a part of a list and columns that begin within a buffer", () => {
    const values = BigInt64Array.of(0n, 300n, -5n, 7n).subarray(1);
    const keys = encodeKeyBatch([{ type: "integer", values, isValid: Uint8Array.of(1, 0, 1) }], 3);
    expect(decodeKeyColumns(["integer"], keys, 0, 1)).toEqual([
      { type: "integer", values: BigInt64Array.of(300n), isValid: null },
    ]);
    expect(decodeKeyColumns(["integer"], keys, 1, 3)).toEqual([
      { type: "integer", values: BigInt64Array.of(0n, 7n), isValid: Uint8Array.of(0, 1) },
    ]);
  });

  test("encodes only the rows it is told to", () => {
    expect(keyCount(encodeKeyBatch([textColumn(["a", "b", "c"])], 2))).toBe(2);
  });

  test("makes one empty key for a pooled run", () => {
    const keys = encodeKeyBatch([], 1);
    expect(keys).toEqual({ bytes: new Uint8Array(0), offsets: Float64Array.of(0, 0) });
    expect(decodeKeyColumns([], keys, 0, 1)).toEqual([]);
  });

  test("gives a list that does not change when more keys are added", () => {
    const builder = createKeyListBuilder(oneText);
    builder.append(["a"]);
    const before = builder.toKeyList();
    builder.append(["b"]);
    expect(before).toEqual(encodeKeyBatch([textColumn(["a"])], 1));
    expect(keyCount(builder.toKeyList())).toBe(2);
  });

  test("grows to many keys and to long ones", () => {
    const texts = Array.from({ length: 3000 }, (_, i) => `${i}€`.repeat(i % 7));
    texts.push("€".repeat(5000), "last");
    const builder = createKeyListBuilder(oneText);
    for (const text of texts) builder.append([text]);
    const keys = builder.toKeyList();
    expect(encodeKeyBatch([textColumn(texts)], texts.length)).toEqual(keys);
    expect(decodeKeyColumns(oneText, keys, 0, texts.length)).toEqual([textColumn(texts)]);
    expect(encodeKey(oneText, ["€".repeat(5000)])).toEqual(keyAt(keys, 3000));
  });

  test("gives a list whose buffers hold nothing else, so that they can be transferred", () => {
    const builder = createKeyListBuilder(oneText);
    builder.append(["a"]);
    const { bytes, offsets } = builder.toKeyList();
    expect([bytes.buffer.byteLength, offsets.buffer.byteLength]).toEqual([bytes.length, 8 * offsets.length]);
  });

  test("leaves out a key or a batch that throws, and goes on", () => {
    const builder = createKeyListBuilder(["text", "text"]);
    builder.append(["a", "b"]);
    expect(() => builder.append(["long enough to be seen", "\ud800"])).toThrow("lone surrogate");
    expect(() => builder.appendColumns([textColumn(["c", "d"]), textColumn(["e", "\udfff"])], 2)).toThrow(
      "lone surrogate",
    );
    builder.append(["f", "g"]);
    expect(builder.toKeyList()).toEqual(encodeKeyBatch([textColumn(["a", "f"]), textColumn(["b", "g"])], 2));
  });

  test("refuses columns of other types, too few columns and too few rows", () => {
    const builder = createKeyListBuilder(oneText);
    expect(() => builder.appendColumns([], 0)).toThrow(
      "key has 0 columns, must have 1, one per key column (text)",
    );
    expect(() =>
      builder.appendColumns([{ type: "date", values: Int32Array.of(1), isValid: null }], 1),
    ).toThrow("key column 0 has type date, must be text");
    expect(() => builder.appendColumns([textColumn(["a"])], 2)).toThrow(
      "key column 0 has 1 rows, must have 2",
    );
    expect(() =>
      builder.appendColumns([{ type: "text", values: ["a", "b"], isValid: Uint8Array.of(1) }], 2),
    ).toThrow("key column 0 has 1 rows, must have 2");
  });

  test("refuses values in columns that no key of the type has", () => {
    const minimum = BigInt64Array.of(-(2n ** 63n));
    for (const type of ["timestamp", "timestamptz", "timestamp_ns"] as const)
      expect(() => encodeKeyBatch([{ type, values: minimum, isValid: null }], 1)).toThrow("timestamp");
    expect(() => encodeKeyBatch([{ type: "hugeint", values: [2n ** 128n], isValid: null }], 1)).toThrow(
      "hugeint",
    );
    expect(() => encodeKeyBatch([{ type: "decimal(2,1)", values: [100n], isValid: null }], 1)).toThrow(
      "decimal(2,1)",
    );
  });

  test("gives bytes of its own for blobs", () => {
    const keys = encodeKeyBatch([{ type: "blob", values: [Uint8Array.of(1, 2)], isValid: null }], 1);
    const decoded = decodeKeyColumns(["blob"], keys, 0, 1);
    keys.bytes.fill(9);
    expect(decoded).toEqual([{ type: "blob", values: [Uint8Array.of(1, 2)], isValid: null }]);
  });

  test("reads no key beyond its end into the next", () => {
    const keys = encodeKeyBatch([{ type: "double", values: Float64Array.of(1, 2), isValid: null }], 2);
    const shifted = { bytes: keys.bytes, offsets: Float64Array.of(0, 8, 18) };
    expect(() => decodeKeyColumns(["double"], shifted, 0, 1)).toThrow("end before the value does");
  });

  test("refuses to decode keys of other columns", () => {
    const keys = encodeKeyBatch([textColumn(["a"]), textColumn(["b"])], 1);
    expect(() => decodeKeyColumns(oneText, keys, 0, 1)).toThrow("go on for 4 bytes after the last value");
    expect(() => decodeKeyColumns(["text", "text", "text"], keys, 0, 1)).toThrow("end before the value does");
    expect(() => decodeKeyColumns(["text", "integer"], keys, 0, 1)).toThrow(
      "have tag 06 where 03 was expected",
    );
  });
});

function withoutNegativeZero(column: KeyColumn): KeyColumn {
  return column.type === "double" ? { ...column, values: column.values.map((value) => value + 0) } : column;
}
