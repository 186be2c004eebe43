import { Buffer } from "node:buffer";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import { UNTOLD_DIALECT } from "../../src/job/dialect.ts";
import type { SourceSpec } from "../../src/job/job.ts";
import { createFileRelation } from "../../src/source/file-relation.ts";
import { streamSortedRows } from "../../src/source/stream-rows.ts";
import { plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { bitsOf } from "./duckdb-rows.ts";
import { writtenNumbers } from "./number-arbitrary.ts";
import { readSource, refusalOf } from "./read-source.ts";
import { openTestDuckdb } from "./write-source.ts";

let connection: Connection;
let folder: string;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
  folder = temporaryFolder();
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

type Told = Pick<Partial<SourceSpec>, "types" | "where"> & { readonly nullTexts?: readonly string[] };

function specOf(
  paths: readonly string[],
  decimal: "." | ",",
  { types = {}, where = null, nullTexts = [] }: Told = {},
): SourceSpec {
  const dialect = { ...UNTOLD_DIALECT, delimiter: ";", decimal, nullTexts };
  return plainSource(paths, { dialect, types, where });
}

/** The column `x` as rows of one key, and as a file that is a partition. */
async function bothWays(source: SourceSpec): Promise<{ by: string[]; perFile: string[] }> {
  const { job, rows } = await readSource(connection, source);
  const path = source.paths[0]!;
  const { size: bytes, mtimeMs: modifiedAtMs } = statSync(path);
  const ofFile = { ...job, partitioning: { kind: "file" as const }, keyFields: [] };
  const relation = await createFileRelation(ofFile, [{ path, bytes, modifiedAtMs }], connection);
  const perFile: string[] = [];
  const place = job.readColumns.findIndex(({ name }) => name === "x");
  for await (const { columns, rowCount } of streamSortedRows(relation, connection)) {
    const column = columns[place]!;
    if (column.kind === "numbers") perFile.push(...bitsOf(column.values.slice(0, rowCount)));
  }
  return { by: bitsOf(Float64Array.from(rows, (row) => Number(row[1]))), perFile };
}

const refusal = (source: SourceSpec): Promise<string> => refusalOf(readSource(connection, source), folder);

describe.each([".", ","] as const)("a number with a decimal %s", (decimal) => {
  const written = (text: string): string => text.replace(".", decimal);

  test.each<[string, SourceSpec["types"], fc.Arbitrary<string>]>([
    ["found", {}, writtenNumbers.map(asProgramsWrite)],
    ["told to be a double", { x: "double" }, writtenNumbers],
  ])("is the double nearest to all of its digits, in a column that is %s", async (_, types, number) => {
    await fc.assert(
      fc.asyncProperty(fc.array(number, { minLength: 150, maxLength: 150 }), async (numbers) => {
        const path = file("numbers.csv", `key;x;y\n${numbers.map((x) => `a;${written(x)};1\n`).join("")}`);
        const expected = bitsOf(Float64Array.from(numbers, Number));
        const { by, perFile } = await bothWays(specOf([path], decimal, { types }));
        expect(by).toEqual(expected);
        expect(perFile).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });

  test("is that as a key, too", async () => {
    const numbers = [...new Set(fc.sample(writtenNumbers, { numRuns: 500, seed: 1 }))];
    const path = file("keys.csv", `key;x;y\n${numbers.map((x) => `${written(x)};1;1\n`).join("")}`);
    const { rows } = await readSource(connection, specOf([path], decimal, { types: { key: "double" } }));
    const distinct = (values: Iterable<number>) => [...new Set(values)].sort((a, b) => a - b);
    expect(distinct(rows.map(([key]) => Number(key)))).toEqual(distinct(numbers.map((x) => Number(x) + 0)));
  });

  test("is a decimal with all of its digits where it is told to be one", async () => {
    const [long, short] = ["123456789012345.678", "-0.5"].map(written);
    const path = file("decimals.csv", `key;x;y\n${long};1;1\n${long}000000000000;1;1\n ${short};1;1\n`);
    const types = { key: "decimal(18,3)" as const };
    const { rows } = await readSource(connection, specOf([path], decimal, { types }));
    expect(rows.map(([key]) => String(key))).toEqual(["-500", "123456789012345678", "123456789012345678"]);
  });
});

/** Columns in which some number begins with a plus or with zeros are found to be text. */
function asProgramsWrite(number: string): string {
  return number.replace(/^[+]/, "").replace(/^(-?)0+(?=[0-9])/, "$1");
}

/** Fields of all kinds, most of them no numbers. */
const fields = fc.oneof(
  fc.constantFrom(
    ...[
      "1.234,5",
      "1,234.5",
      "1.5",
      ".5",
      "5.",
      "1,5,5",
      "1?5",
      "1,",
      ",5",
      ",",
      "-",
      "+-1,5",
      "--1",
      "1 ,5",
    ],
    ...[
      "1e5",
      "1,5e3",
      "1e",
      "1e5,5",
      "1_000,5",
      "1_",
      "nan",
      "-inf",
      "Infinity",
      "nan(1,5)",
      "nan(a)",
      "nan(1.5)",
    ],
    ...["", " ", "\t1,5 ", "\u{a0}1", "１", "0x10", "true", "NA", "- 1", "1,5\u{b}", "1e400", "-0,0"],
  ),
  fc.string({ unit: fc.constantFrom(..."019,.-+eE_ nai?()"), maxLength: 8 }),
);

describe("fields under a decimal comma", () => {
  test("are numbers where DuckDB says so, and else refused with file, line, column and value", async () => {
    let [accepted, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fields, async (field) => {
        const path = file("any.csv", `key;x;y\na;1,5;1\na;"${field}";1\n`);
        const types = { x: "double" as const };
        const options = `auto_detect = false, header = true, delim = ';', quote = '"', escape = '"', decimal_separator = ',', nullstr = ['', 'NA']`;
        const columns = "columns = {'key': 'VARCHAR', 'x': 'DOUBLE', 'y': 'VARCHAR'}";
        const native = await connection
          .rows<{ x: number | null }>(`select x from read_csv('${path}', ${options}, ${columns})`)
          .catch(() => null);
        const source = specOf([path], ",", { types, nullTexts: ["NA"] });
        if (native === null) {
          refused++;
          expect(await refusal(source)).toContain(
            `source_unreadable: any.csv, line 3: column "x" has ${JSON.stringify(field)}, which is not a number`,
          );
          return;
        }
        accepted++;
        const expected = bitsOf(Float64Array.from(native, ({ x }) => x ?? Number.NaN));
        expect((await bothWays(source)).by).toEqual(expected);
      }),
      { numRuns: 200 },
    );
    expect(accepted).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(20);
  });

  test("are refused in whichever file and line they stand, with advice", async () => {
    const good = file("first.csv", `key;x;y\n${"a;1,5;1\n".repeat(5000)}`);
    const bad = file(
      "second.csv",
      `y;key;x\n${"1;a;1,5\n".repeat(4000)}1;a;1.234,5\n${"1;a;1,5\n".repeat(9)}`,
    );
    expect(await refusal(specOf([good, bad], ","))).toBe(
      'source_unreadable: second.csv, line 4002: column "x" has "1.234,5", which is not a number; mend the row, or leave the column out',
    );
  });

  test("are not looked at in rows that a filter leaves out", async () => {
    const path = file("where.csv", "key;x;y\na;1,5;1\nb;none;1\n");
    const told = { types: { x: "double" }, where: "key = 'a'" } as const;
    const { rows } = await readSource(connection, specOf([path], ",", told));
    expect(rows).toEqual([["a", 1.5, 1]]);
  });

  test("are numbers to a filter", async () => {
    const path = file("filter.csv", "key;x;y\na;0,9495836215512008515067239;1\na;1,5;1\n");
    const { rows } = await readSource(connection, specOf([path], ",", { where: "x between 0.94 and 0.95" }));
    expect(rows).toEqual([["a", 0.9495836215512008, 1]]);
  });

  test("are refused where they are not UTF-8", async () => {
    const lines = "a;1,5;1\n".repeat(30_000);
    const path = file("latin.csv", Buffer.from(`key;x;y\n${lines}a;1,5\xa0;1\n`, "latin1"));
    expect(await refusal(specOf([path], ","))).toMatch(
      /^source_unreadable: latin\.csv, line 30002: .*is not UTF-8 text; convert it/,
    );
  });

  test("are no decimals where they have a point", async () => {
    const path = file("points.csv", "key;x;y\n1,234;1;1\n1.234;1;1\n");
    expect(await refusal(specOf([path], ",", { types: { key: "decimal(18,3)" } }))).toContain(
      'column "key" has 1.234, which is not of type decimal(18,3)',
    );
    const fine = file("fine.csv", "key;x;y\n1,234;1;1\n1,2345;1;1\n");
    expect(await refusal(specOf([fine], ",", { types: { key: "decimal(18,3)" } }))).toContain(
      'column "key" has 1,2345, which is not of type decimal(18,3)',
    );
  });
});
