import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { writtenFolder } from "../trainer/written-trainer.ts";
import { type CliResult, normalised, runCli, runShell } from "./run-cli.ts";

const JOB = ["sensors", "--per-file", "--target", "y", "--features", "x"];

/** Rows on a line with a slope, moved up and down by a quarter. */
function rows(slope: number, count: number): string {
  const lines = Array.from({ length: count }, (_, x) => `${x},${slope * x + (x % 2 === 0 ? 0.25 : -0.25)}`);
  return `${["x,y", ...lines].join("\n")}\n`;
}

const cwd = writtenFolder({
  "sensors/a.csv": rows(1, 4),
  "sensors/north east/b.csv": rows(2, 40),
  "sensors/north east/c.csv": rows(-3, 6),
  "sensors/d.csv": "x,y\n1,1\n",
});
const whole = gzipSync(rows(5, 50));
writeFileSync(join(cwd, "sensors", "cut.csv.gz"), whole.subarray(0, whole.length - 20));

describe("one model per file", () => {
  let result: CliResult;

  beforeAll(async () => {
    result = await runCli(["train", ...JOB], { cwd });
  });

  test("is planned by the sizes of the files and shown by their paths", () => {
    expect(result.code).toBe(0);
    expect(normalised(result.stderr)).toBe(`\
reading
plan
  source      5 CSV files, ${totalBytes()} bytes, rows are counted when they are read
  partitions  5, one per file; 8 bytes to ${rows(2, 40).length} bytes each, median ${rows(-3, 6).length} bytes
  fit         linear-regression: y ~ x
  outlook     5 partitions to fit; those with fewer than 2 usable rows will be skipped
  on          local, N workers

fitting 5 partitions
committing 5 partitions, 1 failed
`);
    expect(normalised(result.stdout)).toBe(`\
3 fitted, 1 skipped (too_few_rows: 1), 1 failed of 5 partitions · 51 rows (those of 1 file not known) · T s · N models/s

failed
  source_unreadable  1 partition: unexpected end of file; the file is damaged or was cut short
                     cut.csv.gz

skipped
  too_few_rows  1 partition: fewer usable rows than coefficients
                d.csv

fits
  file                slope  std error       r2  rows
  north east/c.csv  -3.0429    0.06999  0.99789     6
  north east/b.csv   1.9991    0.00351  0.99988    40
  a.csv              0.9000    0.14142  0.95294     4

  run     runs/RUN
  digest  DIGEST…

what next
  manyfit show latest
  manyfit models latest --key file=a.csv
  manyfit query latest "select * from terms where term = 'x' order by estimate desc limit 5"
`);
  });

  test("proposes commands that work", async () => {
    const commands = result.stdout.split("what next\n")[1]!.trim().split("\n");
    for (const command of commands) {
      const line = command.trim().replace(/^manyfit/, "$manyfit");
      expect({ command, ...(await runShell(line, { cwd })) }).toMatchObject({ command, code: 0, stderr: "" });
    }
  });

  test("is found by its path, also where that has spaces", async () => {
    const { code, stdout } = await runCli(["models", "--key", "file=north east/b.csv"], { cwd });
    expect(code).toBe(0);
    const [head, , rowsLine] = stdout.split("\n");
    expect(head).toBe('file="north east/b.csv"');
    expect(rowsLine).toBe("  rows   40 rows read, 40 used");
    const quoted = await runCli(["models", "--key", 'file="north east/b.csv"'], { cwd });
    expect(quoted.stdout).toBe(stdout);
    const missing = await runCli(["models", "--key", "file=b.csv"], { cwd });
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toContain("has no partition file=b.csv; most like it: ");
  });

  test("says of a file that could not be read that its rows are not known", async () => {
    const { stdout } = await runCli(["models", "--key", "file=cut.csv.gz"], { cwd });
    expect(stdout).toBe(`\
file=cut.csv.gz
  state  failed
  rows   not known
  fit    linear-regression: y ~ x

error
  source_unreadable  unexpected end of file; the file is damaged or was cut short
`);
    const json = await runCli(["models", "--key", "file=cut.csv.gz", "--format", "json"], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({
      state: "failed",
      rowsRead: null,
      rowsUsed: null,
      model: null,
    });
    const table = await runCli(["models"], { cwd });
    expect(table.stdout).toMatch(/^cut\.csv\.gz +failed +– +– +– +–$/m);
  });

  test("has the same digest with any number of workers, and from the folder, its files or a pattern", async () => {
    const digests = new Set<string>();
    const job = JOB.slice(1);
    for (const source of [
      ["sensors"],
      ["sensors/**/*.csv*"],
      ["sensors/*.csv", "sensors/*.gz", "sensors/north east"],
    ]) {
      for (const workers of source.length > 1 ? ["2"] : ["0", "1", "3"]) {
        const args = ["train", ...source, ...job, "--workers", workers, "--json", "--out", "digests"];
        const { stdout } = await runCli(args, { cwd });
        digests.add((JSON.parse(stdout) as { digest: string }).digest);
      }
    }
    expect(digests.size).toBe(1);
  });

  test("is shown with where it came from", async () => {
    const { stdout } = await runCli(["show"], { cwd });
    expect(stdout).toMatch(/^ {2}source {2}sensors\/a\.csv, .* and 2 more \(\d+ bytes\)$/m);
    expect(stdout).toContain("\n  by      file (text): one model per file\n");
  });

  test("is planned with the largest files by name", async () => {
    const { stdout } = await runCli(["plan", ...JOB], { cwd });
    expect(stdout).toContain(
      `\n  largest     file="north east/b.csv" (${rows(2, 40).length} bytes), file=cut.csv.gz (`,
    );
    const json = await runCli(["plan", ...JOB, "--json"], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({
      partitioning: "file",
      partitions: 5,
      rows: null,
      rowsPerPartition: null,
      bytesPerPartition: { min: 8, max: rows(2, 40).length },
      fits: 5,
    });
  });
});

function totalBytes(): number {
  const texts = [rows(1, 4), rows(2, 40), rows(-3, 6), "x,y\n1,1\n"];
  return texts.reduce((sum, text) => sum + text.length, 0) + whole.length - 20;
}
