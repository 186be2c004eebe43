import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { GAPMINDER, GAPMINDER_JOB, normalised, runCli, runOnTerminal, runShell } from "./run-cli.ts";

const cwd = temporaryFolder();

/** New rows: one of a country that is not there, one of a country with a single row, one without a year. */
const NEW_ROWS = "country,year\nRwanda,2030\nAtlantis,2030\nMartinique,2030\nOman,\n";

beforeAll(async () => {
  await runCli([...GAPMINDER_JOB, "--quiet"], { cwd });
  writeFileSync(join(cwd, "new.csv"), NEW_ROWS);
});

describe("predict", () => {
  test("writes the file and says how many rows were predicted, and why the others were not", async () => {
    const { code, stdout, stderr } = await runCli(["predict", "latest", "new.csv", "--out", "out.csv"], {
      cwd,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "reading\npredicting 4 rows\nwriting 4 rows\n" });
    expect(normalised(stdout)).toBe(`\
1 of 4 rows predicted · T s

not predicted
  prediction_reason                 rows  such as
  not_fitted: skipped too_few_rows     1  country=Martinique
  null_feature                         1  country=Oman
  unknown_key                          1  country=Atlantis

  run   RUN
  file  out.csv
`);
    const [header, rwanda, ...others] = readFileSync(join(cwd, "out.csv"), "utf8").trim().split("\n");
    expect(header).toBe("country,year,prediction,prediction_reason");
    expect(rwanda).toMatch(/^Rwanda,2030,39\.16\d*,$/);
    expect(others).toEqual([
      "Atlantis,2030,,unknown_key",
      "Martinique,2030,,not_fitted: skipped too_few_rows",
      "Oman,,,null_feature",
    ]);
  });

  test("says nothing of reasons where every row is predicted", async () => {
    const job = ["predict", "latest", "new.csv", "--where", "country = 'Rwanda'", "--out", "one.parquet"];
    const { stdout } = await runCli(job, { cwd });
    expect(normalised(stdout)).toBe("1 of 1 row predicted · T s\n\n  run   RUN\n  file  one.parquet\n");
  });

  test("as JSON gives the numbers to a program", async () => {
    const job = ["predict", "latest", GAPMINDER, "--out", "all.parquet", "--json"];
    const { code, stdout } = await runCli(job, { cwd });
    const found = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(found).toEqual({
      run: expect.any(String),
      rows: 3313,
      predicted: 3310,
      reasons: { "not_fitted: skipped too_few_rows": 3 },
      examples: {
        "not_fitted: skipped too_few_rows": [
          'country="French Guiana"',
          "country=Guadeloupe",
          "country=Martinique",
        ],
      },
      ...{ failures: [], warnings: [], columnsLeftOut: [], filesLeftOut: [] },
      file: join(cwd, "all.parquet"),
      durationMs: expect.any(Number),
    });
  });

  test("is quiet when it is told", async () => {
    const { code, stdout, stderr } = await runCli(
      ["predict", "latest", "new.csv", "--out", "quiet.csv", "--quiet"],
      { cwd },
    );
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(existsSync(join(cwd, "quiet.csv"))).toBe(true);
  });

  test("looks for the run in the folder that is told", async () => {
    const { code, stderr } = await runCli(
      ["predict", "latest", "new.csv", "--out", "elsewhere.csv", "--runs", "nowhere"],
      { cwd },
    );
    expect(code).toBe(1);
    expect(stderr).toContain("manyfit: run latest: looked in");
  });

  test("leaves nothing of its progress on a terminal", async () => {
    const { code, stdout } = await runOnTerminal("$manyfit predict latest new.csv --out terminal.csv", {
      cwd,
      columns: 80,
    });
    const shown = stdout.split("\u001b[K").at(-1)!;
    expect(code).toBe(0);
    expect(shown).toContain("1 of 4 rows predicted");
    expect(shown).not.toContain("reading");
  });
});

/** Prints while it predicts. */
const TALKATIVE = `import { defineTrainer } from "manyfit";
export default defineTrainer({
  columns: ["x"],
  fit: () => ({ model: 2 }),
  predict({ table, model, key }) {
    console.log("predicting " + key.k);
    return { twice: table.numbers("x").map((x) => x * model) };
  },
});
`;

describe("predict with a trainer of the user's", () => {
  const folder = temporaryFolder();

  beforeAll(async () => {
    writeFileSync(join(folder, "trainer.ts"), TALKATIVE);
    writeFileSync(join(folder, "rows.csv"), "k,x\nu,1\nv,2\n");
    const job = ["train", "rows.csv", "--by", "k", "--trainer", "./trainer.ts", "--quiet"];
    await runCli(job, { cwd: folder });
  });

  test("shows what it prints, with the key, beside the results", async () => {
    for (const workers of ["1", "0"]) {
      const job = ["predict", "latest", "rows.csv", "--out", `out${workers}.csv`, "--workers", workers];
      const { code, stdout, stderr } = await runCli(job, { cwd: folder });
      expect(code).toBe(0);
      expect(stdout).toContain("2 of 2 rows predicted");
      expect(stderr).toContain("predicting u\n");
      expect(stderr).toContain("predicting v\n");
      if (workers === "1") expect(stderr).toContain("[k=u] predicting u\n");
    }
    expect(readFileSync(join(folder, "out1.csv"), "utf8")).toBe(
      "k,x,twice,prediction_reason\nu,1,2.0,\nv,2,4.0,\n",
    );
  });

  test("is held to the limits that are told", async () => {
    const own = temporaryFolder();
    writeFileSync(join(own, "rows.csv"), "k,x\nu,1\nv,2\n");
    writeFileSync(
      join(own, "endless.ts"),
      TALKATIVE.replace('console.log("predicting " + key.k);', 'while (key.k === "u");'),
    );
    const trained = ["train", "rows.csv", "--by", "k", "--trainer", "./endless.ts", "--quiet"];
    expect((await runCli(trained, { cwd: own })).code).toBe(0);
    const limits = ["--timeout", "500ms", "--memory", "900MiB", "--memory-per-worker", "150MiB"];
    const job = ["predict", "latest", "rows.csv", "--out", "endless.csv", "--workers", "1", "--json"];
    const { code, stdout } = await runCli([...job, ...limits], { cwd: own });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 2, predicted: 1, reasons: { predict_failed: 1 } });
    expect(readFileSync(join(own, "endless.csv"), "utf8")).toBe(
      "k,x,twice,prediction_reason\nu,1,,predict_failed: predict took longer than 500 ms (--timeout)\nv,2,4.0,\n",
    );
  });

  test("shows none of it where only the result is wanted", async () => {
    for (const flag of ["--json", "--quiet"]) {
      const job = ["predict", "latest", "rows.csv", "--out", `out${flag}.csv`, "--workers", "1", flag];
      const { code, stderr } = await runCli(job, { cwd: folder });
      expect(code).toBe(0);
      expect(stderr).not.toContain("predicting u");
    }
  });
});

describe("predict with a model per file", () => {
  const folder = temporaryFolder();

  beforeAll(async () => {
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data", "a.csv"), "x;y\n1;1,5\n2;3,0\n");
    const job = ["train", "data", "--per-file", "--target", "y", "--features", "x"];
    await runCli([...job, "--quiet"], { cwd: folder });
    writeFileSync(join(folder, "data", "bad.csv"), "z\n1\n");
    writeFileSync(join(folder, "data", "new.csv"), "x;y\n?;1,5\n2;3,0\n");
  });

  test("names every file that cannot be read, and writes nothing", async () => {
    const { code, stderr } = await runCli(["predict", "latest", "data", "--out", "out.csv"], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain("source has 2 of 3 files whose rows cannot be predicted");
    expect(stderr).toContain('bad.csv): it lacks column "x"');
    expect(stderr).toContain('new.csv): row 1: column "x" has "?", which is not a number');
    expect(existsSync(join(folder, "out.csv"))).toBe(false);
  });

  test("leaves them out and lists them where that is asked for; a dialect can be told", async () => {
    const job = ["predict", "latest", "data", "--out", "out.csv", "--skip-unreadable"];
    const { code, stdout } = await runCli([...job, "--null-text", "?"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain("2 of 4 rows predicted");
    expect(stdout).toContain('files left out\n  1 file  it lacks column "x"');
    expect(readFileSync(join(folder, "out.csv"), "utf8")).toBe(
      [
        "file,x,y,prediction,prediction_reason",
        'a.csv,1,"1,5",1.5,',
        'a.csv,2,"3,0",3.0,',
        'new.csv,?,"1,5",,unknown_key',
        'new.csv,2,"3,0",,unknown_key',
        "",
      ].join("\n"),
    );
  });
});

describe("predict ends with", () => {
  test.each([
    [
      1,
      "--out unknown.csv --unknown error",
      "manyfit: source has 1 row of 1 key that the run does not have, such as country=Atlantis, and 1 row of 1 key",
    ],
    [2, "", "manyfit: --out is missing: name the file to write"],
    [2, "--out out.txt", "manyfit: file out.txt: must end in one of .parquet, .csv, .csv.gz"],
    [2, "--out taken.csv", "manyfit: file taken.csv: exists already"],
    [2, "--out a.csv --unknown perhaps", "Allowed choices are null, error"],
    [
      2,
      "--out a.csv --type country=integer",
      "manyfit: --type country=integer: it is a key of the run, and text there",
    ],
    [2, "--out a.csv --timeout 5", "--timeout"],
    [2, "--out a.csv --timeout 5s", "manyfit: --timeout is given, but linear models always come to an end"],
    [2, "--out a.csv --memory lots", "--memory"],
    [2, "--out a.csv --memory 10MB", "manyfit: memory of 10 MB (--memory) is too little"],
    [2, "--out a.csv --json --quiet", "manyfit"],
  ])("%i for %s", async (expected, flags, message) => {
    writeFileSync(join(cwd, "taken.csv"), "dear to somebody\n");
    const { code, stdout, stderr } = await runShell(`$manyfit predict latest new.csv ${flags}`, { cwd });
    expect({ code, stdout }).toEqual({ code: expected, stdout: "" });
    expect(stderr.toLowerCase()).toContain(message.toLowerCase());
    expect(readFileSync(join(cwd, "taken.csv"), "utf8")).toBe("dear to somebody\n");
    expect(existsSync(join(cwd, "unknown.csv"))).toBe(false);
  });
});
