import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openEngine } from "../../src/open-engine.ts";
import { plan, planWith } from "../../src/plan-job.ts";
import { train } from "../../src/train.ts";
import { requestFrom } from "../../src/train-options.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const GAPMINDER = new URL("../data/gapminder/gapminder_unfiltered.csv", import.meta.url).pathname;
const TRAINER = linearRegression({ target: "lifeExp", features: ["year"] });

describe("plan", () => {
  test("says what will be fitted and what skipped, and writes nothing", async () => {
    const runs = temporaryFolder();
    const found = await plan({ source: GAPMINDER, by: "country", trainer: TRAINER, runs });
    expect(found).toMatchObject({
      format: "csv",
      files: 1,
      bytes: 158_011,
      keys: [{ name: "country", type: "text" }],
      trainer: "linear-regression",
      trainerColumns: { target: "lifeExp", features: ["year"], weights: null },
      params: { target: "lifeExp", features: ["year"], weights: null, intercept: true },
      reads: ["year", "lifeExp"],
      leftOut: [],
      unnamed: [],
      partitions: 187,
      rows: 3313,
      usableRows: 3313,
      fits: 184,
      skips: { no_rows: 0, too_few_rows: 3 },
      minRows: 2,
      rowsPerPartition: { min: 1, median: 12, max: 58 },
      bytesPerPartition: null,
      engine: "local",
    });
    expect(found.largest[0]).toEqual({ key: 'country="Czech Republic"', rows: 58, bytes: null });
    expect(found.largest).toHaveLength(5);
    expect(readdirSync(runs)).toEqual([]);
  });

  test("is not ended by a listener that throws", async () => {
    const onEvent = (): void => {
      throw new Error("the listener is broken");
    };
    const found = await plan({ source: GAPMINDER, by: "country", trainer: TRAINER, onEvent });
    expect(found.partitions).toBe(187);
  });

  test("says that the temporary folder is full, and what to do, as train does", async () => {
    const options = { source: GAPMINDER, by: "country", trainer: TRAINER };
    const opened = await openEngine(0);
    const inspect = async (): Promise<never> => {
      throw new Error(`IO Error: Could not write file "${opened.tempFolder}/x.tmp": No space left on device`);
    };
    const full = { ...opened, engine: { ...opened.engine, inspect } };
    await expect(planWith(full, requestFrom(options), {})).rejects.toMatchObject({
      code: "memory_exceeded",
      message: expect.stringContaining("there is no room for what does not fit into memory; make room there"),
    });
    await opened.close();
  });

  test("takes all other numeric columns as features where none are named", async () => {
    const trainer = linearRegression({ target: "lifeExp", weights: "pop" });
    const found = await plan({ source: GAPMINDER, by: ["continent", "country"], trainer });
    expect(found.trainerColumns?.features).toEqual(["year", "gdpPercap"]);
    expect(found.minRows).toBe(3);
    expect(found.leftOut).toEqual([]);
    const byYear = await plan({
      source: GAPMINDER,
      by: "year",
      trainer: linearRegression({ target: "pop" }),
    });
    expect(byYear.trainerColumns?.features).toEqual(["lifeExp", "gdpPercap"]);
    expect(byYear.leftOut).toEqual(["country", "continent"]);
  });

  test("tells columns without numbers from those that only a tool named", async () => {
    const source = join(temporaryFolder(), "pandas.csv");
    writeFileSync(source, ",store,x,note,y\n0,1,1,a,2\n1,1,2,b,4\n");
    const options = { source, by: "store" };
    const found = await plan({ ...options, trainer: linearRegression({ target: "y" }) });
    expect(found).toMatchObject({ leftOut: ["note"], unnamed: ["column0"] });
    const named = await plan({ ...options, trainer: linearRegression({ target: "y", features: ["x"] }) });
    expect(named).toMatchObject({ leftOut: [], unnamed: [] });
  });

  test("without intercept needs one row less, and without features is a mean", async () => {
    const options = { source: GAPMINDER, by: "country" };
    const slope = linearRegression({ target: "lifeExp", features: ["year"], intercept: false });
    expect((await plan({ ...options, trainer: slope })).minRows).toBe(1);
    const mean = linearRegression({ target: "lifeExp", features: [] });
    expect((await plan({ ...options, trainer: mean })).minRows).toBe(1);
  });

  test.each([
    [{ target: "lifeExpp" }, "unknown_column", /target "lifeExpp" .*did you mean lifeExp\?/],
    [{ target: "" }, "invalid_option", /needs a target/],
    [{ target: "continent" }, "unsupported_type", /target "continent" is text/],
    [{ target: "lifeExp", features: ["yaer"] }, "unknown_column", /feature "yaer" .*did you mean year\?/],
    [{ target: "lifeExp", features: ["lifeExp"] }, "invalid_option", /is the target too/],
    [{ target: "lifeExp", features: ["year", "year"] }, "invalid_option", /given twice/],
    [{ target: "lifeExp", features: ["pop"], weights: "pop" }, "invalid_option", /is the weights too/],
  ] as const)("refuses %o", async (params, code, message) => {
    const job = plan({ source: GAPMINDER, by: "country", trainer: linearRegression(params) });
    await expect(job).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("refuses an estimator and a param that are not known, with the nearest name", async () => {
    const options = { source: GAPMINDER, by: "country" };
    const unknown = plan({ ...options, trainer: { ...TRAINER, estimator: "linear-regresion" } });
    await expect(unknown).rejects.toMatchObject({
      code: "unknown_estimator",
      message: expect.stringContaining("did you mean linear-regression?"),
    });
    const param = plan({ ...options, trainer: { ...TRAINER, params: { target: "lifeExp", alpha: 1 } } });
    await expect(param).rejects.toMatchObject({ code: "invalid_option" });
  });

  test.each([
    [{ by: "country", workers: -1 }, /workers is -1/],
    [{ by: "country", workers: 1.5 }, /workers is 1.5/],
    [{ by: "country", seed: 2 ** 32 }, /seed is 4294967296/],
    [{ by: [] }, /by names no column/],
    [{ by: "country", source: "" }, /source has an empty path/],
    [{ by: "country", runs: "" }, /folder of runs \(--out\) is empty/],
    [{ by: ["country", "country"] }, /names column "country" twice/],
  ] as const)("refuses %o", async (options, message) => {
    const job = plan({ source: GAPMINDER, trainer: TRAINER, ...options });
    await expect(job).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringMatching(message),
    });
  });
});

describe("train", () => {
  test("makes no run folder for a job that is refused", async () => {
    const runs = mkdtempSync(`${temporaryFolder()}/`);
    const job = train({ source: GAPMINDER, by: "land", trainer: TRAINER, runs });
    await expect(job).rejects.toMatchObject({ code: "unknown_column" });
    expect(readdirSync(runs)).toEqual([]);
  });

  test("commits nothing from a gzip file that was cut short, though a reader may take it for whole", async () => {
    const runs = temporaryFolder();
    const rows = Array.from({ length: 50_000 }, (_, i) => `${i % 10},${i},${Math.sin(i)}\n`).join("");
    const whole = gzipSync(`key,x,y\n${rows}`);
    const source = join(runs, "cut.csv.gz");
    for (let length = whole.length >> 1; ; length--) {
      writeFileSync(source, whole.subarray(0, length));
      const job = train({ source, by: "key", trainer: linearRegression({ target: "y" }), runs, workers: 1 });
      const error = await job.then(
        () => null,
        (thrown: Error) => thrown,
      );
      expect(error).toMatchObject({ code: "source_unreadable" });
      // Most cuts end in the midst of a row, and are found by that; this one ends between two.
      if (error!.message.includes("cut short")) break;
    }
    const folders = readdirSync(runs).filter((name) => name !== "cut.csv.gz");
    for (const name of folders) expect(readdirSync(join(runs, name))).not.toContain("manifest.json");
  });

  test("is no longer planned when it is told to stop", async () => {
    const controller = new AbortController();
    const onEvent = (): void => controller.abort();
    const planned = plan({
      source: GAPMINDER,
      by: "country",
      trainer: TRAINER,
      onEvent,
      signal: controller.signal,
    });
    await expect(planned).rejects.toMatchObject({ code: "interrupted", message: "plan was interrupted" });
  });

  test("stops when it is told to, and leaves a folder that says so", async () => {
    const runs = temporaryFolder();
    const controller = new AbortController();
    const job = train({
      source: GAPMINDER,
      by: "country",
      trainer: TRAINER,
      runs,
      signal: controller.signal,
      onEvent: (event) => event.type === "task.started" && controller.abort(),
    });
    await expect(job).rejects.toMatchObject({ code: "interrupted" });
    const [id] = readdirSync(runs);
    expect(readdirSync(`${runs}/${id}`)).not.toContain("manifest.json");
  });
});
