import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { linearRegression, type OpenedRun, train } from "../../src/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** y = 2 x + 1, exactly. */
function line(rows: number, { order = ["x", "y"], newline = "\n" } = {}): string {
  const lines = Array.from({ length: rows }, (_, x) =>
    order.map((name) => (name === "x" ? x : name === "y" ? 2 * x + 1 : "other")).join(","),
  );
  return [order.join(","), ...lines, ""].join(newline);
}

const CUT = gzipSync(line(5000)).subarray(0, -2000);

/** Between two rows, where DuckDB takes what is left for the whole. */
function cutBetweenRows(): Uint8Array {
  const two = [gzipSync(line(10)), gzipSync("10,21\n11,23\n")];
  return Buffer.concat([two[0]!, two[1]!.subarray(0, 12)]);
}

/** Files of one folder with what must become of each: state, reason or error code, rows read. */
const FILES: readonly [name: string, content: string | Uint8Array, state: string, why: string | null][] = [
  ["01-plain.csv", line(30), "fitted", null],
  ["02-gzip.csv.gz", gzipSync(line(20)), "fitted", null],
  ["03-two-members.csv.gz", Buffer.concat([gzipSync(line(9)), gzipSync("9,19\n10,21\n")]), "fitted", null],
  ["04-other-order.csv", line(12, { order: ["z", "y", "x"] }), "fitted", null],
  ["05-crlf.csv", line(15, { newline: "\r\n" }), "fitted", null],
  ["06-quoted.csv", 'x,y\n"1","3"\n2,5\n"3",7\n', "fitted", null],
  ["07-mark.csv", `\ufeff${line(8)}`, "fitted", null],
  ["08-nulls.csv", "x,y\n1,3\n,\n2,5\n3,\n4,9\n", "fitted", null],
  ["09-cut.csv.gz", CUT, "failed", "source_unreadable"],
  ["10-cut-between-rows.csv.gz", cutBetweenRows(), "failed", "source_unreadable"],
  ["11-no-gzip.csv.gz", line(5), "failed", "source_unreadable"],
  ["12-lacks-x.csv", "y,z\n1,2\n3,4\n5,6\n", "failed", "unknown_column"],
  ["13-text.csv", "x,y\n1,2\n2,abc\n3,4\n", "failed", "source_unreadable"],
  ["14-ragged.csv", "x,y\n1,2\n2,3,4\n3,4\n", "failed", "source_unreadable"],
  ["15-empty.csv", "", "failed", "source_empty"],
  ["16-header-only.csv", "x,y\n", "skipped", "no_rows"],
  ["17-one-row.csv", "x,y\n1,3\n", "skipped", "too_few_rows"],
  // Nobody reads the column that is no text.
  ["18-not-utf8-in-n.csv", Buffer.from("x,y,n\n1,3,a\n2,5,\xe9\n3,7,c\n", "latin1"), "fitted", null],
  ["19-not-utf8-in-x.csv", Buffer.from("x,y\n1,3\n\xe9,5\n3,7\n", "latin1"), "failed", "source_unreadable"],
];

function writeFiles(): string {
  const folder = join(temporaryFolder(), "files");
  mkdirSync(folder);
  for (const [name, content] of FILES) writeFileSync(join(folder, name), content);
  return folder;
}

async function trainOn(source: string, workers: number): Promise<OpenedRun> {
  return train({
    source,
    perFile: true,
    trainer: linearRegression({ target: "y", features: ["x"] }),
    workers,
    runs: temporaryFolder(),
  });
}

async function statesOf(run: OpenedRun): Promise<unknown[][]> {
  const { rows } = await run.query("select file, state, coalesce(reason, error_code) from ledger");
  return rows.map((row) => [...row]);
}

describe("one model per file", () => {
  test("each file has the answer that it deserves, whoever reads it, and none changes another's", async () => {
    const folder = writeFiles();
    const runs = await Promise.all([2, 0].map((workers) => trainOn(folder, workers)));
    for (const run of runs) {
      const states = await statesOf(run);
      for (const [i, [name, , state, why]] of FILES.entries()) {
        expect([name, ...states[i]!.slice(1)]).toEqual([name, state, why]);
      }
      const { rows } = await run.query(
        "select max(abs(coefficients[1] - 2)), max(abs(intercept - 1)) from models",
      );
      expect(Math.max(...rows[0]!.map(Number))).toBeLessThan(1e-12);
    }
    const [onTwo, here] = runs;
    expect(onTwo!.manifest!.digest).toBe(here!.manifest!.digest);
    expect(onTwo!.manifest!.sources).toEqual(here!.manifest!.sources);
    for (const run of runs) await run.close();
  });

  test("says of a failed file what is wrong with it, and does not know its rows", async () => {
    const run = await trainOn(writeFiles(), 2);
    const { rows } = await run.query(
      "select file, error_message, rows_read from ledger where state = 'failed' order by file",
    );
    const messages = Object.fromEntries(rows.map(([file, message]) => [file, message]));
    expect(messages["09-cut.csv.gz"]).toMatch(/damaged or was cut short/);
    expect(messages["12-lacks-x.csv"]).toBe('it lacks column "x"; its columns are "y", "z"');
    expect(messages["13-text.csv"]).toMatch(/line 3: column "y" has "abc", which is not a number/);
    expect(messages["14-ragged.csv"]).toMatch(/line 3: the row has 3 fields, 2 are expected/);
    expect(messages["15-empty.csv"]).toMatch(/is empty; a CSV needs a line of column names/);
    expect(rows.every(([, , rowsRead]) => rowsRead === null)).toBe(true);
    await run.close();
  });

  test("keeps size and hash of what was read, and the rows of each file", async () => {
    const folder = writeFiles();
    const run = await trainOn(folder, 2);
    const { sources, counts } = run.manifest!;
    expect(sources.map((file) => file.path)).toEqual(FILES.map(([name]) => join(folder, name)));
    const byName = new Map(sources.map((file) => [file.path.slice(folder.length + 1), file]));
    expect(byName.get("01-plain.csv")).toMatchObject({ rows: 30, bytes: FILES[0]![1].length });
    expect(byName.get("01-plain.csv")!.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(byName.get("09-cut.csv.gz")!.rows).toBeNull();
    expect(counts.partitions).toBe(FILES.length);
    expect(counts.rowsRead).toBe(30 + 20 + 11 + 12 + 15 + 3 + 8 + 5 + 1 + 3);
    expect(await run.verify()).toEqual([]);
    await run.close();
  });

  test("names the file that was looked at where its columns are not what the trainer needs", async () => {
    const folder = join(temporaryFolder(), "odd");
    mkdirSync(folder);
    writeFileSync(join(folder, "small.csv"), line(3));
    writeFileSync(join(folder, "large.csv"), `x,y\n${"1,many\n".repeat(100)}`);
    await expect(trainOn(folder, 2)).rejects.toThrow(
      /^target "y" is text, .*; so it is in the largest file that can be read, .*large\.csv$/,
    );
  });

  test("gives the same bits on any number of workers", async () => {
    const folder = writeFiles();
    const digests = new Set<string>();
    for (const workers of [0, 1, 2, 8]) {
      const run = await trainOn(folder, workers);
      digests.add(run.manifest!.digest);
      await run.close();
    }
    expect(digests.size).toBe(1);
  });
});
