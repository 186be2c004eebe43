import { beforeAll, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import { sampleFields } from "../../src/source/sample-fields.ts";
import { openTestDuckdb } from "./write-source.ts";

let connection: Connection;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
});

test("fields are counted by what they look like, column by column", async () => {
  const rows = ["('1', '1,5', 'NA')", "('2.5', '1,234', '+7')", "(null, '3', 'red')", "('nan', null, ' 8 ')"];
  const counts = await sampleFields(`(values ${rows.join(", ")}) t(c0, c1, c2)`, [0, 2, 1], connection);
  expect(counts.get(0)).toMatchObject({
    numbers: 3,
    points: 1,
    integers: 1,
    commas: 0,
    number: "1",
    others: 0,
  });
  expect(counts.get(1)).toMatchObject({ numbers: 1, commas: 2, fractions: 1, comma: "1,234", absence: null });
  expect(counts.get(2)).toMatchObject({ numbers: 2, integers: 2, absence: "NA", number: " 8 ", others: 1 });
  expect(counts.size).toBe(3);
});

/** DuckDB takes memory and time by the square of the aggregates that stand side by side in a query. */
test("aggregates are as many for 300 columns as for 3", async () => {
  const aggregatesFor = async (columns: number): Promise<number> => {
    const asked: string[] = [];
    const listening: Pick<Connection, "rows"> = {
      rows: (sql) => {
        asked.push(sql);
        return connection.rows(sql);
      },
    };
    const places = Array.from({ length: columns }, (_, i) => i);
    const reader = `(select ${places.map((i) => `'${i}' as c${i}`).join(", ")})`;
    const counts = await sampleFields(reader, places, listening as Connection);
    expect(counts.get(columns - 1)?.integers).toBe(1);
    return asked.join().match(/count\(|min\(/g)!.length;
  };
  expect(await aggregatesFor(300)).toBe(await aggregatesFor(3));
});
