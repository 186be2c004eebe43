import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import type { ManyfitError } from "../../src/errors.ts";
import { train } from "../../src/train.ts";
import type { TrainOptions } from "../../src/train-options.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const GOOD = "key,x,y\na,1,2\na,2,4\na,3,6\nb,1,1\nb,2,3\nb,3,5\n";

let connection: Connection;
let folder: string;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
});

beforeEach(() => {
  folder = temporaryFolder();
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

type Options = Partial<Omit<TrainOptions, "by" | "perFile" | "pooled" | "source">> & {
  readonly by?: string | readonly string[];
};

/** Trains `y ~ x` by `key`, and gives code and message of the error that ends it. */
async function refusal(source: string | readonly string[], options: Options = {}): Promise<string> {
  try {
    const run = await trained(source, options);
    await run.close();
  } catch (error) {
    const { code, message } = error as ManyfitError;
    return `${code}: ${message.replaceAll(`${folder}/`, "")}`;
  }
  return "nothing was refused";
}

function trained(source: string | readonly string[], options: Options = {}): ReturnType<typeof train> {
  const trainer = linearRegression({ target: "y", features: ["x"] });
  return train({ source, by: "key", trainer, runs: temporaryFolder(), workers: 0, ...options });
}

async function ledger(source: string | readonly string[], options: Options = {}): Promise<unknown[]> {
  const digests: string[] = [];
  let rows: unknown[] = [];
  for (const workers of [0, 2]) {
    const run = await trained(source, { ...options, workers });
    digests.push(run.manifest!.digest);
    const columns = [
      ...run.manifest!.keys.map((key) => `"${key.column.replaceAll('"', '""')}"::text`),
      "state",
      "rows_read",
      "rows_dropped",
    ];
    rows = [...(await run.query(`select ${columns.join(", ")} from ledger order by partition`)).rows];
    await run.close();
  }
  expect(digests[0]).toBe(digests[1]);
  return rows;
}

describe("a file that is not what it should be ends the run with its name and what to do", () => {
  const gzip = gzipSync(GOOD.repeat(1));
  const cases: [string, () => string, string][] = [
    [
      "an empty file",
      () => file("a.csv", ""),
      "source_empty: a.csv: is empty; a CSV needs a line of column names",
    ],
    [
      "an empty gzip file",
      () => file("a.csv.gz", ""),
      "source_empty: a.csv.gz: is empty; a CSV needs a line of column names",
    ],
    [
      "a packed nothing",
      () => file("a.csv.gz", gzipSync("")),
      "source_empty: a.csv.gz: is empty; a CSV needs a line of column names",
    ],
    [
      "an empty NDJSON file",
      () => file("a.ndjson", ""),
      "source_empty: a.ndjson: is empty; NDJSON has one JSON object a line, there is nothing to train on",
    ],
    [
      "an empty Parquet file",
      () => file("a.parquet", ""),
      "source_unreadable: a.parquet: File 'a.parquet' too small to be a Parquet file",
    ],
    [
      "a header and no rows",
      () => file("a.csv", "key,x,y\n"),
      "source_empty: a.csv: has a header and no rows; there is nothing to train on",
    ],
    [
      "gzip that was cut in its midst",
      () => file("a.csv.gz", gzip.subarray(0, gzip.length - 20)),
      "source_unreadable: a.csv.gz: unexpected end of file; the file is damaged or was cut short",
    ],
    [
      "gzip named .csv",
      () => file("a.csv", gzip),
      "source_unreadable: a.csv: is gzip, its ending is .csv; rename it to a.csv.gz",
    ],
    [
      "text named .csv.gz",
      () => file("a.csv.gz", GOOD),
      "source_unreadable: a.csv.gz: is not gzip, its ending is .csv.gz; if it is plain text, rename it to a.csv",
    ],
    [
      "text named .parquet",
      () => file("a.parquet", GOOD),
      "source_unreadable: a.parquet: is not Parquet, its ending is .parquet; it is damaged, or of another kind: rename it or convert it",
    ],
    [
      "a zip archive named .csv",
      () => file("a.csv", "PK\u0003\u0004zip"),
      "source_unreadable: a.csv: is a zip archive, its ending is .csv; unpack it",
    ],
    [
      "UTF-16",
      () => file("a.csv", Buffer.from(`\ufeff${GOOD}`, "utf16le")),
      "source_unreadable: a.csv: is UTF-16 text, its ending is .csv; convert it, for instance with iconv -f utf-16 -t utf-8",
    ],
    [
      "a row with too few fields",
      () => file("a.csv", GOOD.replace("a,3,6", "a,3")),
      "source_unreadable: a.csv, line 4: the row has 2 fields, 3 are expected; mend the row",
    ],
    [
      "a row with too many",
      () => file("a.csv", GOOD.replace("a,3,6", "a,3,6,7")),
      "source_unreadable: a.csv, line 4: the row has 4 fields, 3 are expected; mend the row",
    ],
    [
      "text among numbers",
      () => file("a.csv", `${GOOD.repeat(1)}${"a,1,1\n".repeat(30_000)}b,12 km,3\n`),
      'source_unreadable: a.csv, line 30008: column "x" has "12 km", which is not a number; mend the row, or leave the column out',
    ],
    [
      "two columns of one name",
      () => file("a.csv", "key,x,x,y\na,1,2,3\n"),
      'source_unreadable: a.csv: columns "x" and "x" cannot be told apart (case does not count); rename one',
    ],
    [
      "names that differ in case only",
      () => file("a.csv", "key,x,X,y\na,1,2,3\n"),
      'source_unreadable: a.csv: columns "x" and "X" cannot be told apart (case does not count); rename one',
    ],
    [
      "text that is not UTF-8",
      () => file("a.csv", Buffer.from(`${GOOD}${"c,1,1\n".repeat(30_000)}M\xe9xico,1,2\n`, "latin1")),
      "source_unreadable: a.csv, line 30008: it is not UTF-8 text; convert it, for instance with iconv -f latin1 -t utf-8",
    ],
    [
      "text that is not UTF-8, behind a column that nobody reads",
      () =>
        file("a.csv", Buffer.from(`note,x,y,key\n${"-,1,1,c\n".repeat(30_000)}-,1,2,M\xe9xico\n`, "latin1")),
      "source_unreadable: a.csv, line 30002: it is not UTF-8 text; convert it, for instance with iconv -f latin1 -t utf-8",
    ],
  ];
  test.each(cases)("%s", async (_, source, message) => {
    expect(await refusal(source())).toBe(message);
  });

  test("Parquet named .csv", async () => {
    const path = file("a.csv", "");
    await connection.run(`copy (select 'a' as key, 1 as x, 2 as y) to '${path}' (format parquet)`);
    expect(await refusal(path)).toBe(
      "source_unreadable: a.csv: is Parquet, its ending is .csv; rename it to a.parquet",
    );
  });

  test("gzip that was cut between two rows, or lacks a member's end", async () => {
    const members = Buffer.concat([gzipSync(GOOD), gzipSync("b,4,7\n".repeat(1000))]);
    const message =
      "source_unreadable: a.csv.gz: unexpected end of file; the file is damaged or was cut short";
    expect(await refusal(file("a.csv.gz", members.subarray(0, members.length - 8)))).toBe(message);
    expect(await refusal(file("a.csv.gz", members.subarray(0, members.length - 4)))).toBe(message);
    expect(await refusal(file("a.csv.gz", members))).toBe("nothing was refused");
  });

  test("text in the last of a million rows is found before anything is fitted", async () => {
    const path = file("a.csv", `key,x,y\n${"a,1,2\nb,2,3\n".repeat(500_000)}c,1,x1\n`);
    const events: string[] = [];
    const said = await refusal(path, {
      workers: 2,
      onEvent: (event) => events.push("phase" in event ? event.phase : event.type),
    });
    expect(said).toBe(
      'source_unreadable: a.csv, line 1000002: column "y" has "x1", which is not a number; mend the row, or leave the column out',
    );
    expect(events).not.toContain("exchanging");
    expect(events).not.toContain("fitting");
  });
});

describe("what stands in a column of numbers", () => {
  test("and is no finite number is counted as dropped", async () => {
    const odd = ["NaN", "nan", "Infinity", "inf", "-inf", "-Infinity", "", '""', "1e999"];
    const path = file("odd.csv", `${GOOD}${odd.map((field) => `b,${field},1\n`).join("")}`);
    expect(await ledger(path)).toEqual([
      ["a", "fitted", 3, 0],
      ["b", "fitted", 3 + odd.length, odd.length],
    ]);
  });
});

describe("names of columns that mean something elsewhere", () => {
  const names = [
    "__proto__",
    "constructor",
    "select",
    "state",
    "partition",
    "it's; DROP TABLE x",
    "rowid",
    "k0",
    "ключ",
    "\u202eltr",
    "😀",
    "a\nb",
    'q"',
  ];
  test.each(names)("%j works as key, feature and target", async (name) => {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const rows = "a,1,2\na,2,4\na,3,7\n";
    const line = linearRegression({ target: "y", features: ["x"] });
    const first = file("key.csv", `${quoted},x,y\n${rows}`);
    expect(await ledger(first, { by: name, trainer: line })).toEqual([["a", "fitted", 3, 0]]);
    const second = file("feature.csv", `key,${quoted},y\n${rows}`);
    expect(
      await ledger(second, { trainer: linearRegression({ target: "y", features: [name] }) }),
    ).toHaveLength(1);
    const third = file("target.csv", `key,x,${quoted}\n${rows}`);
    expect(
      await ledger(third, { trainer: linearRegression({ target: name, features: ["x"] }) }),
    ).toHaveLength(1);
  });
});

describe("keys of every kind", () => {
  test("of text are what they are, byte by byte", async () => {
    const keys = [
      "001",
      "1",
      "it's",
      'say "hi"',
      "a/b",
      "a\nb",
      "a\r\nb",
      "😀",
      "שלום\u202e",
      "x".repeat(10_000),
      " ",
      "NULL",
    ];
    const rows = keys.flatMap((key) =>
      [1, 2, 3].map((x) => `"${key.replaceAll('"', '""')}",${x},${x * x}\n`),
    );
    const found = await ledger(file("keys.csv", `key,x,y\n${rows.join("")},1,1\n`));
    const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(found.map((row) => (row as unknown[])[0])).toEqual([null, ...sorted]);
    expect(found.map((row) => (row as unknown[])[1])).toEqual(["skipped", ...keys.map(() => "fitted")]);
  });

  test.each<[string, string, (string | null)[]]>([
    ["dates", "unnest([date '2024-02-13', null, date '1969-12-31'])", [null, "1969-12-31", "2024-02-13"]],
    ["decimals", "unnest([1.50::decimal(9,2), -0.01, null])", [null, "-0.01", "1.50"]],
    [
      "bigints",
      "unnest([9007199254740993, -9223372036854775808, 9223372036854775807])",
      ["-9223372036854775808", "9007199254740993", "9223372036854775807"],
    ],
    ["doubles", "unnest(['nan'::double, '-inf', null, 1.5])", [null, "-inf", "1.5", "nan"]],
    [
      "timestamps",
      "unnest([timestamp '2024-01-01 00:00:00.000001', null])",
      [null, "2024-01-01 00:00:00.000001"],
    ],
    ["truth values", "unnest([true, false, null])", [null, "false", "true"]],
  ])("of %s in Parquet", async (_, keys, expected) => {
    const path = file("keys.parquet", "");
    await connection.run(
      `copy (select key, x, x * x as y from (select ${keys} as key), range(3) t(x)) to '${path}' (format parquet)`,
    );
    const found = await ledger(path);
    expect(found.map((row) => (row as unknown[])[0])).toEqual(expected);
    expect(found.every((row) => (row as unknown[])[1] === "fitted")).toBe(true);
  });
});

describe("a limit and an order through a whole run", () => {
  test("keep the ledger exact", async () => {
    const path = file("limit.csv", `${GOOD}c,1,1\nc,2,2\nc,3,9\n`);
    expect(await ledger(path, { limit: 2, orderBy: "x" })).toEqual([
      ["a", "fitted", 3, 0],
      ["b", "fitted", 3, 0],
    ]);
    const run = await train({
      source: [path, file("z.csv", GOOD)],
      perFile: true,
      limit: 1,
      trainer: linearRegression({ target: "y", features: ["x"] }),
      runs: temporaryFolder(),
    });
    expect((await run.query("select file, state from ledger")).rows).toEqual([["limit.csv", "fitted"]]);
    await run.close();
  });

  test("order the rows of files by what the last of them holds", async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `${(i * 7) % 30},${i},${i < 15 ? i : 40 - i}\n`).join(
      "",
    );
    const source = [file("a.csv", `t,x,y\n${rows}`), file("b.csv", `x,t,y\n1,2,3\n2,1,4\n3,3,1\n4,0,0\n`)];
    const digests = new Map<string, Set<string>>();
    for (const orderBy of [[], ["t"], ["x"]]) {
      const found = new Set<string>();
      for (const workers of [0, 2]) {
        const trainer = linearRegression({ target: "y", features: ["x"] });
        const options = { source, perFile: true, orderBy, holdout: 0.2, trainer, workers } as const;
        const run = await train({ ...options, runs: temporaryFolder() });
        expect(run.manifest!.counts).toMatchObject({ states: { fitted: 2 } });
        found.add(run.manifest!.digest);
        await run.close();
      }
      digests.set(orderBy.join(), found);
    }
    expect([...digests.values()].map((found) => found.size)).toEqual([1, 1, 1]);
    expect(new Set([...digests.values()].flatMap((found) => [...found])).size).toBe(3);
  });
});
