import { appendFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { ManyfitError } from "../../src/errors.ts";
import type { SourceSpec } from "../../src/job/job.ts";
import type { ResolvedJob } from "../../src/job/resolved-job.ts";
import { createDictionary } from "../../src/source/dictionary.ts";
import { inspectSource } from "../../src/source/inspect-source.ts";
import { checkUnchanged, listFiles } from "../../src/source/list-files.ts";
import { createRelation } from "../../src/source/relation.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { resolveEstimatorJob } from "./resolve-estimator-job.ts";
import { openTestDuckdb } from "./write-source.ts";

let connection: Connection;
let folder: string;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
  folder = temporaryFolder();
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const spec = (...paths: string[]): SourceSpec => plainSource(paths);

/** Reads `y ~ x` by `key` as far as the first error, and gives its code and message. */
async function refusal(source: SourceSpec): Promise<string> {
  try {
    const schema = await inspectSource(source, connection);
    const job = {
      source,
      partitioning: { kind: "by", columns: ["key"] },
      trainer: linearRegression({ target: "y", features: ["x"] }),
      seed: 0,
      ...PLAIN_JOB,
    } as const;
    const resolved: ResolvedJob = resolveEstimatorJob(job, schema);
    const relation = await createRelation(resolved, schema, connection);
    await createDictionary(relation, resolved, connection);
  } catch (error) {
    const { code, message } = error as ManyfitError;
    return `${code}: ${message.replaceAll(`${folder}/`, "")}`;
  }
  return "nothing was refused";
}

describe("a source that cannot be read is refused, naming file, line and column", () => {
  test.each<[string, () => SourceSpec, RegExp]>([
    ["no such file", () => spec(join(folder, "none.csv")), /^source_not_found: none\.csv: does not exist/],
    [
      "lines that end in different ways",
      () => spec(file("ends.csv", "key,x,y\na,1,2\r\nb,2,3\nc,3,4\r\n")),
      /^source_unreadable: ends\.csv: how its lines are told apart .* some end in another way than others/,
    ],
    [
      "a glob without a match",
      () => spec(join(folder, "zz*.csv")),
      /^source_not_found: zz\*\.csv: matches no file of a known kind/,
    ],
    [
      "an unknown ending",
      () => spec(file("a.xlsx", "x")),
      /^source_unreadable: a\.xlsx: its ending is not one of \.csv/,
    ],
    [
      "two formats",
      () => spec(file("m1.csv", "key,x,y\na,1,2\n"), file("m2.parquet", "")),
      /^source_unreadable: m2\.parquet is parquet and m1\.csv is csv/,
    ],
    [
      "a header and no rows",
      () => spec(file("header.csv", "key,x,y\n")),
      /^source_empty: header\.csv: has a header and no rows/,
    ],
    [
      "a short row among the first",
      () => spec(file("short.csv", "key,x,y\na,1,2\nb,2\nc,3,4\n")),
      /^source_unreadable: short\.csv, line 3: the row has 2 fields, 3 are expected/,
    ],
    [
      "a long row among the first",
      () => spec(file("long.csv", `key,x,y\n${"a,1,2\n".repeat(20)}b,2,3,4\n`)),
      /^source_unreadable: long\.csv, line 22: the row has 4 fields, 3 are expected/,
    ],
    [
      "text that is not UTF-8",
      () => spec(file("latin1.csv", Buffer.from("key,x,y\nM\xe9xico,1,2\n", "latin1"))),
      /^source_unreadable: latin1\.csv.*: it is not UTF-8 text; convert it/,
    ],
    [
      "a folder without data",
      () => {
        file("plain/readme.txt", "nothing");
        return spec(join(folder, "plain"));
      },
      /^source_not_found: plain: is a folder without any file of a known kind/,
    ],
    ["an empty file", () => spec(file("empty.csv", "")), /^source_empty: empty\.csv: is empty/],
    [
      "text in a numeric column",
      () => spec(file("text.csv", `key,x,y\n${"a,1,2\n".repeat(30_000)}a,12 km,3\n`)),
      /^source_unreadable: text\.csv, line 30002: column "x" has "12 km", which is not a number/,
    ],
    [
      "a ragged row",
      () => spec(file("ragged.csv", `key,x,y\n${"a,1,2\n".repeat(30_000)}a,1\n`)),
      /^source_unreadable: ragged\.csv, line 30002: the row has 2 fields, 3 are expected/,
    ],
    [
      "a missing column in the second file",
      () => spec(file("c1.csv", "key,x,y\na,1,2\n"), file("c2.csv", "key,x,z\na,1,2\n")),
      /^source_unreadable: c2\.csv: it lacks column "y"; its columns are "key", "x", "z"; what keys, trainer/,
    ],
    [
      "columns that differ in case only",
      () => spec(file("case.csv", "key,x,X,y\na,1,2,3\n")),
      /^source_unreadable: case\.csv: columns "x" and "X" cannot be told apart/,
    ],
    [
      "what is no Parquet",
      () => spec(file("no.parquet", "nonsense, not parquet")),
      /^source_unreadable: no\.parquet: /,
    ],
    [
      "what is no gzip",
      () => spec(file("no.csv.gz", "key,x,y\na,1,2\n")),
      /^source_unreadable: no\.csv\.gz: /,
    ],
    [
      "a type told for no column",
      () => ({ ...spec(file("t.csv", "key,x,y\na,1,2\n")), types: { kye: "text" } }),
      /^unknown_column: --type names column "kye", .*did you mean key\?/,
    ],
  ])("%s", async (_, source, message) => {
    expect(await refusal(source())).toMatch(message);
  });

  test.each<[string, SourceSpec["types"], RegExp]>([
    ["1.5", { key: "integer" }, /column "key" has 1\.5, which is not of type integer/],
    ["12a", { key: "integer" }, /column "key" has 12a, which is not of type integer/],
    ["2.239", { key: "decimal(5,2)" }, /column "key" has 2\.239, which is not of type decimal\(5,2\)/],
    ["01/02/2020", { key: "date" }, /line 2: column "key" has "01\/02\/2020", which is not of type DATE/],
    ["7.500", { key: "decimal(5,2)" }, /nothing was refused/],
    [" 007", { key: "integer" }, /nothing was refused/],
  ])("key %s told to be %o", async (text, types, message) => {
    const path = file("told.csv", `key,x,y\n${text},1,2\n`);
    expect(await refusal({ ...spec(path), types })).toMatch(message);
  });

  test("a fraction that is told to be an integer, in Parquet", async () => {
    const path = join(folder, "fraction.parquet");
    await connection.run(`copy (select 1.5::double as key, 1 as x, 2.0::double as y) to '${path}'`);
    expect(await refusal({ ...spec(path), types: { key: "integer" } })).toMatch(
      /column "key" has 1\.5, which is not/,
    );
  });

  test.each(["csv", "parquet"])("a filter sees the types that were told (%s)", async (format) => {
    const path = join(folder, `where.${format}`);
    await connection.run(
      `copy (select unnest(['7', '12', '100']) as key, 1 as x, 2.0::double as y) to '${path}'`,
    );
    const source = { ...spec(path), types: { key: "integer" }, where: "key > 9" } as const;
    expect(await refusal(source)).toBe("nothing was refused");
    const rows = await connection.rows<{ k0: bigint }>("select k0 from dictionary order by k0");
    expect(rows.map((row) => row.k0)).toEqual([12n, 100n]);
  });

  test("a Parquet file with another type for a column", async () => {
    const [a, b] = [join(folder, "p1.parquet"), join(folder, "p2.parquet")];
    await connection.run(`copy (select 'a' as key, 1::bigint as x, 2.0::double as y) to '${a}'`);
    await connection.run(`copy (select 'a' as key, 1.5::double as x, 2.0::double as y) to '${b}'`);
    expect(await refusal(spec(a, b))).toMatch(/^source_unreadable: p2\.parquet: column "x" is DOUBLE/);
  });

  test("a Parquet file without a column", async () => {
    const [a, b] = [join(folder, "q1.parquet"), join(folder, "q2.parquet")];
    await connection.run(`copy (select 'a' as key, 1 as x, 2.0::double as y) to '${a}'`);
    await connection.run(`copy (select 'a' as key, 1 as x) to '${b}'`);
    expect(await refusal(spec(a, b))).toMatch(
      /^source_unreadable: q2\.parquet: it lacks column "y"; its columns are "key", "x"/,
    );
  });

  test("a Parquet file whose pages are damaged", async () => {
    const path = join(folder, "damaged.parquet");
    await connection.run(
      `copy (select 'key ' || i as key, hash(i) % 1000 as x, random() as y from range(20000) t(i)) to '${path}'`,
    );
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xa5, 100, bytes.length >> 1));
    expect(await refusal(spec(path))).toMatch(/^source_unreadable: damaged\.parquet: /);
  });

  test("a list as a key", async () => {
    const path = join(folder, "list.parquet");
    await connection.run(`copy (select [1, 2] as key, 1 as x, 2.0::double as y) to '${path}'`);
    expect(await refusal(spec(path))).toMatch(/^unsupported_type: --by column "key" is INTEGER\[\]/);
  });
});

describe("listFiles", () => {
  test("orders by the bytes of the path, whatever way files were named, each once", async () => {
    const root = join(folder, "tree");
    mkdirSync(join(root, "b"), { recursive: true });
    for (const name of ["Z.csv", "a.csv", "ä.csv", "b/c.csv", ".hidden.csv", "_SUCCESS.csv", "note.txt"]) {
      writeFileSync(join(root, name), "x\n1\n");
    }
    const names = (files: readonly { path: string }[]): string[] =>
      files.map(({ path }) => path.slice(root.length + 1));
    const expected = ["Z.csv", "a.csv", "b/c.csv", "ä.csv"];
    expect(names(await listFiles([root], connection))).toEqual(expected);
    expect(names(await listFiles([join(root, "**/*.csv")], connection))).toEqual(
      expect.arrayContaining(expected),
    );
    const oneByOne = ["ä.csv", "a.csv", "b/c.csv", "Z.csv", "a.csv"].map((name) => join(root, name));
    expect(names(await listFiles(oneByOne, connection))).toEqual(expected);
  });

  test("passes over the tables of runs, unless they are named", async () => {
    const root = join(folder, "with-runs");
    mkdirSync(join(root, "runs/r1/parts"), { recursive: true });
    for (const name of [
      "a.parquet",
      "runs/r1/ledger.parquet",
      "runs/r1/parts/p.parquet",
      "runs/r1/events.ndjson",
      "runs/r1/job.json",
    ]) {
      writeFileSync(join(root, name), "");
    }
    const expected = [join(root, "a.parquet")];
    expect((await listFiles([root], connection)).map(({ path }) => path)).toEqual(expected);
    expect((await listFiles([`${root}/**/*.parquet`], connection)).map(({ path }) => path)).toEqual(expected);
    const ledger = join(root, "runs/r1/ledger.parquet");
    expect((await listFiles([ledger], connection)).map(({ path }) => path)).toEqual([ledger]);
  });

  test("takes a file by its name even when the name looks like a glob", async () => {
    const path = file("week[1]*.csv", "x\n1\n");
    expect((await listFiles([path], connection)).map((found) => found.path)).toEqual([path]);
  });

  test("a file that changes afterwards is found out", async () => {
    const path = file("changing.csv", "x\n1\n");
    const files = await listFiles([path], connection);
    checkUnchanged(files);
    appendFileSync(path, "2\n");
    expect(() => checkUnchanged(files)).toThrow(
      /changing\.csv: changed while it was read \(4 bytes before, 6 now\)/,
    );
    writeFileSync(path, "x\n3\n");
    utimesSync(path, new Date(0), new Date(0));
    expect(() => checkUnchanged(files)).toThrow(/changed while it was read/);
  });
});
