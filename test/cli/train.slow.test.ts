import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { type CliResult, GAPMINDER, GAPMINDER_JOB, normalised, runCli, runShell } from "./run-cli.ts";

const cwd = temporaryFolder();

/** Writes a CSV into the working folder and gives its name. */
function csv(name: string, lines: readonly string[]): string {
  writeFileSync(join(cwd, name), `${lines.join("\n")}\n`);
  return name;
}

describe("train on a pipe", () => {
  let result: CliResult;

  beforeAll(async () => {
    result = await runCli(GAPMINDER_JOB, { cwd });
  });

  test("ends with 0 and shows the result on standard output", () => {
    expect(result.code).toBe(0);
    expect(normalised(result.stdout)).toBe(`\
184 fitted, 3 skipped (too_few_rows: 3), 0 failed of 187 partitions · 3,313 rows · T s · N models/s

skipped
  too_few_rows  3 partitions: fewer usable rows than coefficients
                "French Guiana", Guadeloupe, Martinique

steepest slope: lifeExp per year
  country         slope  std error       r2  rows
  Timor-Leste   0.77888   0.084053  0.97724     4
  Oman          0.77218   0.039265  0.97479    12
  Bhutan        0.70760   0.023875  0.99322     8
  Vietnam       0.67162   0.021971  0.98941    12
  Saudi Arabia  0.64962   0.034812  0.97208    12

worst fit
  country       slope  std error        r2  rows
  Latvia    -0.004682    0.01717  0.001855    42
  Rwanda    -0.045831    0.10969  0.017160    12
  Botswana   0.060669    0.10223  0.034023    12
  Zimbabwe  -0.093021    0.12051  0.056232    12
  Zambia    -0.060425    0.07574  0.059836    12

  run     runs/RUN
  digest  DIGEST…

what next
  manyfit show latest
  manyfit models latest --key country=Latvia
  manyfit query latest "select * from terms where term = 'year' order by estimate desc limit 5"
  manyfit predict latest ${GAPMINDER} --out predictions.parquet
`);
  });

  test("shows plan and phases on standard error, line by line and without colours", () => {
    expect(normalised(result.stderr)).toBe(`\
reading
plan
  source      1 CSV file, 158 kB, 3,313 rows
  partitions  187 by country; 1 to 58 rows each, median 12
  fit         linear-regression: lifeExp ~ year
  outlook     184 partitions to fit, 3 to skip (fewer than 2 usable rows)
  on          local, N workers, N kB of memory for the rows

exchanging 3,313 rows
fitting 187 partitions
committing 187 partitions
`);
  });

  test("proposes commands that work", async () => {
    const commands = result.stdout.split("what next\n")[1]!.trim().split("\n");
    expect(commands).toHaveLength(4);
    for (const command of commands) {
      const { code, stdout, stderr } = await runShell(command.trim().replace(/^manyfit/, "$manyfit"), {
        cwd,
      });
      expect({ command, code, errors: stderr.match(/^manyfit:.*$/gm) }).toEqual({
        command,
        code: 0,
        errors: null,
      });
      expect(stdout).not.toBe("");
    }
  });

  test("proposes them with npx where the program is not on the path", async () => {
    const env = { npm_lifecycle_event: "start" };
    expect((await runCli(["show"], { cwd, env })).stdout).toContain("  npx manyfit models latest --key ");
  });
});

describe("train --json", () => {
  test("has one JSON document on standard output and nothing else", async () => {
    const { code, stdout, stderr } = await runCli([...GAPMINDER_JOB, "--json"], { cwd });
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(document).toMatchObject({
      counts: {
        partitions: 187,
        states: { fitted: 184, skipped: 3, failed: 0, timed_out: 0, lost: 0 },
        reasons: { no_rows: 0, too_few_rows: 3 },
        rowsRead: 3313,
        rowsUsed: 3313,
        rowsDropped: 0,
        rowsHeldOut: 0,
      },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      durationMs: expect.any(Number),
      modelsPerSecond: expect.any(Number),
    });
    const { run, folder } = document as { run: string; folder: string };
    expect(folder).toBe(join(cwd, "runs", run));
    expect(readdirSync(folder)).toContain("manifest.json");
    expect(stderr).toContain("partitions  187 by country");
  });

  test("has nothing on standard output when the run fails", async () => {
    const { code, stdout, stderr } = await runCli(
      ["train", "missing.csv", "--by", "a", "--target", "y", "--json"],
      { cwd },
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("manyfit: missing.csv: does not exist");
  });
});

describe("train --quiet", () => {
  test("prints nothing", async () => {
    expect(await runCli([...GAPMINDER_JOB, "--quiet"], { cwd })).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("prints errors all the same", async () => {
    const result = await runCli(["train", "no.csv", "--by", "a", "--target", "y", "--quiet"], { cwd });
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toMatch(/^manyfit: no\.csv: .*\n$/);
  });
});

describe("the result of a run", () => {
  test("of all rows is the table of its coefficients", async () => {
    const args = ["train", GAPMINDER, "--pooled", "--target", "lifeExp", "--features", "year,gdpPercap"];
    const { code, stdout } = await runCli(args, { cwd });
    expect(code).toBe(0);
    const [head, , ...lines] = normalised(stdout).split("\n");
    expect(head).toBe("1 fitted, 0 skipped, 0 failed of 1 partition · 3,313 rows · T s · N models/s");
    expect(lines.slice(0, 5)).toEqual([
      "model",
      "  term          estimate  std error        t            p",
      "  (intercept)    -223.11     18.827  -11.850   9.3115e-32",
      "  year           0.14224  0.0095321   14.922   8.7971e-49",
      "  gdpPercap    0.0005896  1.4196e-5   41.536  7.1039e-304",
    ]);
    expect(lines.slice(-6)).toEqual([
      "what next",
      "  manyfit show latest",
      "  manyfit models latest",
      '  manyfit query latest "select term, estimate, p_value from terms order by p_value"',
      `  manyfit predict latest ${GAPMINDER} --out predictions.parquet`,
      "",
    ]);
  });

  test("with nothing fitted says why and proposes what works", async () => {
    const file = csv("single.csv", ["k,x,y", "a,1,2", "b,2,3", "c,,4"]);
    const { code, stdout } = await runCli(["train", file, "--by", "k", "--target", "y"], { cwd });
    expect(code).toBe(0);
    expect(normalised(stdout)).toBe(`\
0 fitted, 3 skipped (no_rows: 1, too_few_rows: 2), 0 failed of 3 partitions · 3 rows (1 dropped) · T s

skipped
  too_few_rows  2 partitions: fewer usable rows than coefficients
                a, b
  no_rows       1 partition: no usable row
                c

  run     runs/RUN
  digest  DIGEST…

what next
  manyfit show latest
  manyfit models latest
  manyfit query latest "select state, coalesce(reason, error_code) as reason, count(*) as n from ledger group by all"
`);
  });

  test("groups failures by cause, whatever the numbers in their messages", async () => {
    const rows = ["a,b", "c,d", "e,f", "g,h"].flatMap((key, i) =>
      [1, 2, 3].map((x) => `${key},${x},${x * x},${i === 0 ? 1 : -i}`),
    );
    const file = csv("weights.csv", ["k,l,x,y,w", ...rows]);
    const args = ["train", file, "--by", "k,l", "--target", "y", "--features", "x", "--weights", "w"];
    const { code, stdout } = await runCli(args, { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain("3 failed of 4 partitions");
    const failed = /^failed\n((?: {2}.*\n)+)/m.exec(stdout)![1]!.split("\n");
    expect(failed[0]).toMatch(/^ {2}invalid_weight {2}3 partitions: .*-1/);
    expect(failed[1]!.trim()).toBe("k=c, l=d; k=e, l=f; k=g, l=h");
  });

  test("counts warnings by code and names an example", async () => {
    const rows = ["a", "b"].flatMap((key) => [1, 2, 3].map((x) => `${key},${x},${x * 2},${x * x}`));
    const file = csv("aliased.csv", ["k,x1,x2,y", ...rows]);
    const { stdout } = await runCli(["train", file, "--by", "k", "--target", "y"], { cwd });
    expect(stdout).toMatch(/^warnings\n {2}rank_deficient {2}2 partitions: .*x2\n {18}a, b$/m);
  });

  test("lets nothing of a key break a line or reach the terminal", async () => {
    const keys = [
      '"line\nbreak"',
      "\u001b[31mred",
      "\u009b31mred",
      "\u202eevil",
      '"it\'s ""q"", $(rm)"',
      "日本語",
      "",
    ];
    const rows = keys.flatMap((key) => [1, 2, 3].map((x) => `${key},${x},${x * x}`));
    const file = csv("hostile.csv", ['"na\tme",x,rows', ...rows]);
    const job = ["train", file, "--by", "na\tme", "--target", "rows", "--features", "x"];
    const { code, stdout, stderr } = await runCli(job, { cwd });
    expect(code).toBe(0);
    expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(stdout).toContain('\n  "\\u001b[31mred" ');
    expect(stdout).toContain('\n  "line\\nbreak" ');
  });

  test("goes into the folder that --out names, and the proposals say so", async () => {
    mkdirSync(join(cwd, "my runs"));
    const { stdout } = await runCli([...GAPMINDER_JOB, "--out", "my runs"], { cwd });
    expect(readdirSync(join(cwd, "my runs"))).toHaveLength(1);
    expect(stdout).toContain('\n  manyfit show latest --out "my runs"\n');
  });
});

describe("plan", () => {
  test("says what train would do, with the largest partitions, and writes nothing", async () => {
    const folder = temporaryFolder();
    const { code, stdout } = await runCli(["plan", ...GAPMINDER_JOB.slice(1), "--workers", "2"], {
      cwd: folder,
    });
    expect(code).toBe(0);
    // Sizes are of the data; what memory there is differs from machine to machine.
    const lines = normalised(stdout).trimEnd().split("\n");
    expect(lines.pop()).toMatch(
      /^ {2}memory .* in all; .* of rows, .* allowed; .* kB of the largest partition, .* allowed$/,
    );
    expect(lines.join("\n")).toBe(`\
plan
  source      1 CSV file, 158 kB, 3,313 rows
  written     commas between fields, point in decimals
  partitions  187 by country; 1 to 58 rows each, median 12
  rows each          1    3  #
                2 to 3    0
                4 to 7   11  ###
               8 to 15  139  ########################################
              16 to 31    6  ##
              32 to 63   28  ########
  largest     country="Czech Republic" (58 rows), country=Denmark (58 rows), country=Finland (58 rows), country=Iceland (58 rows), country=Japan (58 rows)
  fit         linear-regression: lifeExp ~ year
  outlook     184 partitions to fit, 3 to skip (fewer than 2 usable rows: country="French Guiana", country=Guadeloupe, country=Martinique)
  on          local, N workers, each some 94 partitions, 1,657 rows`);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("of a sample says how long the run will take, and keeps nothing", async () => {
    const folder = temporaryFolder();
    const args = ["plan", ...GAPMINDER_JOB.slice(1), "--sample", "50"];
    const { code, stdout } = await runCli(args, { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}sample {6}50 partitions, [\d,]+ rows, in .*: (?:49|50) fitted/m);
    expect(stdout).toMatch(
      /^ {2}forecast {4}.* for 187 partitions \(reading .*, exchanging .*, fitting .*, committing .*\)$/m,
    );
    expect(readdirSync(folder)).toEqual([]);
    const json = await runCli([...args, "--json"], { cwd: folder });
    const { forecast } = JSON.parse(json.stdout);
    expect(forecast).toMatchObject({ sampled: 50, isCutShort: false });
    for (const range of ["reading", "exchanging", "fitting", "committing", "total"])
      expect(forecast[range].lowMs).toBeLessThanOrEqual(forecast[range].highMs);
  });

  test("shows by a sample that a trainer fails, and why", async () => {
    const folder = temporaryFolder();
    const trainer = join(folder, "broken.mjs");
    writeFileSync(
      trainer,
      'import { defineTrainer } from "manyfit"; export default defineTrainer({ columns: ["year"], fit({ table }) { throw new Error("no " + table.rowCount + " rows for me"); } });',
    );
    const args = ["plan", GAPMINDER, "--by", "country", "--trainer", trainer, "--sample", "12"];
    const { code, stdout } = await runCli(args, { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {14}12 failed, .*no \d+ rows for me/m);
  });

  test("as JSON is the plan", async () => {
    const { stdout } = await runCli(["plan", ...GAPMINDER_JOB.slice(1), "--json", "--workers", "3"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      partitions: 187,
      rows: 3313,
      fits: 184,
      skips: { no_rows: 0, too_few_rows: 3 },
      rowsPerPartition: { min: 1, median: 12, max: 58 },
      workers: 3,
    });
  });

  test("shows formulas, types, filters and weights as they were told", async () => {
    const args = ["plan", GAPMINDER, "--by", "continent,year", "--target", "lifeExp", "--features", "pop"];
    const more = [
      "--weights",
      "gdpPercap",
      "--no-intercept",
      "--type",
      "year=integer",
      "--where",
      "pop > 100000",
    ];
    const { stdout } = await runCli([...args, ...more, "--workers", "0"], { cwd });
    expect(stdout).toContain("lifeExp ~ 0 + pop, weighted by gdpPercap");
    expect(stdout).toContain("by continent, year (integer);");
    expect(stdout).toContain("rows where pop > 100000");
    expect(stdout).toContain("local, in this thread");
  });
});
