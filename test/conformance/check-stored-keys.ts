import { expect, test } from "vitest";
import { keyCount } from "../../src/key/key-list.ts";
import type { KeyField, KeyValue } from "../../src/key/key-type.ts";
import { expectedDigest } from "../store/digest-oracle.ts";
import { keysOf, plainRun } from "../store/made-run.ts";
import { rowsOf, type StoreMember, stored } from "./store-member.ts";

/** What becomes of key values and names of key columns in a store. */
export function checkStoredKeys(member: () => StoreMember): void {
  test("keeps keys of every kind of text, and NULL", async () => {
    const texts = [
      null,
      "",
      "'",
      '"; drop table ledger; --',
      "line\nbreak\r\n\ttab",
      "🦆 emoji",
      "<script>alert(1)</script>",
      "x".repeat(10_000),
      "nul \0 inside",
      "NULL",
      "a\u0301",
      "á",
      "../../etc",
    ];
    const keyFields: KeyField[] = [
      { name: "text", type: "text" },
      { name: "n", type: "integer" },
    ];
    const keys = keysOf(
      keyFields,
      texts.flatMap((text): KeyValue[][] => [
        [text, 1],
        [text, null],
      ]),
    );
    const run = { ...plainRun(keyCount(keys)), keyFields, keys };
    const opened = await stored(member(), run);
    expect(opened.manifest.digest).toBe(expectedDigest(run));
    const rows = await rowsOf(opened, "select text, count(*), count(n) from ledger group by text");
    expect(new Map(rows.map(([text, ...counts]) => [text, counts]))).toEqual(
      new Map(texts.map((text) => [text, [2, 1]])),
    );
    await opened.close();
  });

  test("renames key columns that are called as its own columns, and no others", async () => {
    const names = [
      "partition",
      "State",
      "select",
      "metrics",
      "key_state",
      "it's; DROP TABLE x",
      "intercept",
      "p_value",
      "model_intercept",
      "term_estimate",
      "filename",
      "file_row_number",
      'a "quoted" name',
      "Store",
      "store",
      "",
    ];
    const keyFields = names.map((field): KeyField => ({ name: field, type: "text" }));
    const keys = keysOf(keyFields, [names.map((field) => `value of ${field}`), names.map(() => null)]);
    const run = { ...plainRun(2), keyFields, keys };
    const opened = await stored(member(), run);
    const renamed = Object.fromEntries(opened.manifest.keys.map((key) => [key.name, key.column]));
    expect(renamed).toEqual({
      ...Object.fromEntries(names.map((field) => [field, field])),
      partition: "key_partition",
      State: "key_State_2",
      metrics: "key_metrics",
      intercept: "key_intercept",
      p_value: "key_p_value",
      store: "key_store",
      "": "key_",
    });
    for (const table of ["ledger", "models", "terms"]) {
      const { columns } = await opened.query(`select * from ${table}`);
      expect(columns.slice(0, 1 + names.length).map((column) => column.name)).toEqual([
        "partition",
        ...opened.manifest.keys.map((key) => key.column),
      ]);
      const columnsOfKeys = opened.manifest.keys
        .map((key) => `"${key.column.replaceAll('"', '""')}"`)
        .join(", ");
      expect(
        await rowsOf(opened, `select distinct ${columnsOfKeys} from ${table} where partition = 1`),
      ).toEqual([names.map((field) => `value of ${field}`)]);
    }
    expect(await opened.verify()).toEqual([]);
    await opened.close();
  });

  test("has one partition and no key column when a run is pooled", async () => {
    const run = { ...plainRun(1), keyFields: [], keys: keysOf([], [[]]) };
    const opened = await stored(member(), run);
    expect(opened.manifest.digest).toBe(expectedDigest(run));
    expect(await rowsOf(opened, "select partition, coefficients from models")).toEqual([
      [0, [1 / 7, 2 / 7, 3 / 7]],
    ]);
    await opened.close();
  });
}
