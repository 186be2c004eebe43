import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Manifest } from "../../src/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { GAPMINDER, GAPMINDER_JOB, normalised, runCli } from "./run-cli.ts";

const cwd = temporaryFolder();
let run = "";

beforeAll(async () => {
  await runCli([...GAPMINDER_JOB, "--quiet", "--where", "year > 1900", "--type", "year=integer"], { cwd });
  run = readdirSync(join(cwd, "runs"))[0]!;
});

describe("show", () => {
  test("tells a committed run: job, counts, causes, fits, origin", async () => {
    const { code, stdout, stderr } = await runCli(["show"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(normalised(stdout)).toBe(`\
run RUN
  source  ${GAPMINDER} (158 kB)
  where   year > 1900
  types   year=integer
  by      country (text)
  fit     linear-regression: lifeExp ~ year

184 fitted, 3 skipped (too_few_rows: 3), 0 failed of 187 partitions · 3,313 rows · T s · N models/s

skipped
  too_few_rows  3 partitions: fewer usable rows than coefficients
                "French Guiana", Guadeloupe, Martinique

r2 of 184 models
  0 … 1  ▕▁▁▁▁ ▁▁▁▁▁▁ ▁▁▁▁▁▁▂█▏
  from   0.001855 to 0.9987; quartiles 0.8371, 0.9618, 0.9854

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

best fit
  country       slope  std error       r2  rows
  Tonga       0.21634  0.0035470  0.99866     7
  Brazil      0.39009  0.0054562  0.99805    12
  Cape Verde  0.42797  0.0063907  0.99800    11
  Mauritania  0.44642  0.0068159  0.99767    12
  Pakistan    0.40579  0.0067390  0.99725    12

made
  at      TIME, in T s (reading T s, exchanging T s, fitting T s, committing T s)
  on      local, N workers, N cores, ${process.platform}-${process.arch}
  with    ${madeWith()}, seed 42
  in      runs/RUN (${filesOf()})
  digest  DIGEST…

what next
  manyfit show latest --verify
  manyfit models latest --key country=Latvia
  manyfit query latest "select * from terms where term = 'year' order by estimate desc limit 5"
  manyfit predict latest ${GAPMINDER} --out predictions.parquet
`);
  });

  test("names the columns for which a narrow terminal has no room", async () => {
    const { stdout } = await runCli(["show"], { cwd, env: { COLUMNS: "40" } });
    const worst = /\nworst fit\n((?: {2}.*\n)+)/.exec(stdout)![1]!.split("\n");
    expect(worst[0]).not.toContain("r2");
    expect(worst.at(-2)).toBe("  no room for: r2, rows");
  });

  test("takes an id, the beginning of one, or a path", async () => {
    for (const argument of [run, run.slice(0, 10), join("runs", run), join(cwd, "runs", run)]) {
      const { code, stdout } = await runCli(["show", argument], { cwd });
      expect({ argument, code, head: stdout.split("\n")[0] }).toEqual({
        argument,
        code: 0,
        head: `run ${run}`,
      });
    }
    const elsewhere = await runCli(["show", "--out", join(cwd, "runs")], { cwd: "/" });
    expect(elsewhere.stdout).toContain(`in      ${join(cwd, "runs", run).slice(1)} (`);
  });

  test("as JSON is one document with manifest and causes", async () => {
    const { code, stdout } = await runCli(["show", "--json", "--verify"], { cwd });
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(document["manifest"]).toEqual(manifestOf());
    expect(document).toMatchObject({
      run,
      folder: join(cwd, "runs", run),
      status: "committed",
      failed: [],
      skipped: [
        {
          state: "skipped",
          code: "too_few_rows",
          message: "fewer usable rows than coefficients",
          partitions: 3,
          examples: [{ country: "French Guiana" }, { country: "Guadeloupe" }, { country: "Martinique" }],
        },
      ],
      warnings: [],
      discrepancies: [],
    });
  });

  test("--verify says that all is as it was", async () => {
    const { code, stdout } = await runCli(["show", "--verify"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nverified: every file and the digest are as they were committed\n$/);
    // What has just been done is no next step.
    expect(stdout).toMatch(/\nwhat next\n {2}(npx )?manyfit models latest/);
  });

  test("--verify ends with 1 and names what differs", async () => {
    const copy = join(cwd, "runs-copy", run);
    cpSync(join(cwd, "runs", run), copy, { recursive: true });
    const path = join(copy, "ledger.parquet");
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(path, bytes);
    const { code, stdout } = await runCli(["show", copy, "--verify"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/\nnot as it was committed\n {2}ledger\.parquet {2}.*sha256/);
  });

  test("refuses a run with a file that lacks bytes", async () => {
    const copy = join(cwd, "runs-long", run);
    cpSync(join(cwd, "runs", run), copy, { recursive: true });
    appendFileSync(join(copy, "models.parquet"), "x");
    const { code, stderr } = await runCli(["show", copy], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^manyfit: run folder .*models\.parquet.*\n$/);
  });

  test("explains a folder that is not committed, which other commands refuse", async () => {
    const out = join(cwd, "unfinished");
    mkdirSync(join(out, "2026-01-02T03-04-05Z-00abc"), { recursive: true });
    const { code, stdout } = await runCli(["show", "--out", out], { cwd });
    expect(code).toBe(0);
    const [head, ...lines] = stdout.split("\n");
    expect(head).toBe("run 2026-01-02T03-04-05Z-00abc interrupted");
    expect(lines[0]).toMatch(
      /^ {2}what {3}run 2026-01-02T03-04-05Z-00abc stopped before the commit; nothing was committed/,
    );
    expect(lines.slice(1)).toEqual([
      "  where  unfinished/2026-01-02T03-04-05Z-00abc",
      "  next   train again, which makes a new run; this folder can then be deleted",
      "",
    ]);
    const document = JSON.parse((await runCli(["show", "--out", out, "--json"], { cwd })).stdout) as object;
    expect(document).toMatchObject({ status: "interrupted", manifest: null });
    const models = await runCli(["models", "--out", out], { cwd });
    expect(models).toMatchObject({ code: 1, stdout: "" });
    expect(models.stderr).toMatch(/^manyfit: run 2026-01-02T03-04-05Z-00abc stopped before the commit.*\n$/);
  });
});

function manifestOf(): Manifest {
  return JSON.parse(readFileSync(join(cwd, "runs", run, "manifest.json"), "utf8")) as Manifest;
}

function madeWith(): string {
  const { manyfit, node, duckdb } = manifestOf().environment;
  return `manyfit ${manyfit}, Node.js ${node}, DuckDB ${duckdb}`;
}

function filesOf(): string {
  const { files } = manifestOf();
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return `${files.length} files, ${(bytes / 1000).toFixed(1)} kB`;
}
