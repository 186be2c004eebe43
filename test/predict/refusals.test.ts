import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { ManyfitError } from "../../src/errors.ts";
import { predict } from "../../src/predict.ts";
import type { PredictOptions } from "../../src/predict-options.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { csv, GAPMINDER, parquet, sql, trained } from "./trained.ts";

let run = "";

beforeAll(async () => {
  run = await trained({
    source: await parquet(
      "select (i % 2)::bigint as k, i::double as x, 2.0 * i as y from range(20) t(i) union all select 9, 1, 1",
    ),
    by: "k",
    trainer: linearRegression({ target: "y", features: ["x"] }),
  });
});

/** The refusal of a prediction, after which there is no file, whole or not. */
async function refusal(
  options: Omit<PredictOptions, "run" | "out"> & Partial<PredictOptions>,
): Promise<ManyfitError> {
  const out = options.out ?? join(temporaryFolder(), "out.parquet");
  const before = existsSync(dirname(out)) ? readdirSync(dirname(out)) : [];
  try {
    await predict({ run, ...options, out });
  } catch (error) {
    expect(existsSync(dirname(out)) ? readdirSync(dirname(out)) : []).toEqual(before);
    expect(error).toBeInstanceOf(ManyfitError);
    return error as ManyfitError;
  }
  throw new Error("nothing was refused");
}

describe("a value that is not of its column's type", () => {
  test("is named with file, row, column and text: a feature", async () => {
    const first = csv(["k,x", "0,1", "1,2"], "1.csv");
    const folder = dirname(first);
    writeFileSync(join(folder, "2.csv"), 'k,x\n0,"1"\n1,abc\n0,def\n');
    const error = await refusal({ source: folder });
    expect(error.code).toBe("source_unreadable");
    expect(error.message).toBe(
      `${join(folder, "2.csv")}, row 2: column "x" has "abc", which is not a number; mend the row`,
    );
  });

  test("is named with file, row, column and text: a key that would lose something", async () => {
    for (const text of ["1.5", "x", "99999999999999999999"]) {
      const source = csv(["k,x", "0,1", `${text},2`]);
      const error = await refusal({ source });
      expect(error.code).toBe("source_unreadable");
      expect(error.message).toBe(
        `${source}, row 2: column "k" has "${text}", which is not of type integer, as the keys of the run are; mend the row`,
      );
    }
  });

  test("is named in Parquet, too", async () => {
    const source = await parquet("select 0.5::double as k, 1 as x");
    const error = await refusal({ source });
    expect(error.message).toContain(`${source}, row 1: column "k" has "0.5", which is not of type integer`);
  });

  test("is found where it is only written, not used", async () => {
    const source = csv(["k,x,day", "0,1,2024-01-01", "0,2,2024-13-01"]);
    const error = await refusal({ source, types: { day: "date" } });
    expect(error.message).toContain('row 2: column "day" has "2024-13-01", which is not of type date');
  });
});

describe("a column", () => {
  test("that the model needs and the source lacks is named, and what there is", async () => {
    const error = await refusal({ source: csv(["k,X,z", "0,1,2"]) });
    expect(error.code).toBe("unknown_column");
    expect(error.message).toContain('feature "x" is not in the source; the models of run');
    expect(error.message).toContain("need k, x; in the source, did you mean X? (there are: k, X, z)");
    const missingKey = await refusal({ source: csv(["x", "1"]) });
    expect(missingKey.message).toContain('key "k" is not in the source');
  });

  test.each(["prediction", "PREDICTION_reason"])("called %s is in the way", async (name) => {
    const error = await refusal({ source: csv([`k,x,${name}`, "0,1,2"]) });
    expect(error.code).toBe("invalid_option");
    expect(error.message).toContain(
      `column "${name}" of the source has the name of a column that predict adds`,
    );
  });

  test("that can never be of its type is refused before rows are read", async () => {
    const key = await refusal({ source: await parquet("select [1] as k, 1 as x") });
    expect(key).toMatchObject({ code: "unsupported_type" });
    const feature = await refusal({ source: await parquet("select 1 as k, date '2024-01-01' as x") });
    expect(feature.message).toContain('column "x" is DATE, the models need a number there');
  });

  test("that is a key cannot be told another type", async () => {
    const error = await refusal({ source: csv(["k,x", "0,1"]), types: { k: "text" } });
    expect(error.message).toContain("--type k=text: it is a key of the run, and integer there");
  });
});

describe("the file to write", () => {
  const source = csv(["k,x", "0,1"]);

  test("is not replaced unless it is told", async () => {
    const out = csv(["dear to somebody"], "out.csv");
    const error = await refusal({ source, out });
    expect(error.message).toContain("exists already");
    expect(readFileSync(out, "utf8")).toBe("dear to somebody\n");
    await predict({ run, source, out, overwrite: true });
    expect(readFileSync(out, "utf8")).toBe("k,x,prediction,prediction_reason\n0,1,2.0,\n");
  });

  test("must have a known ending, a folder, and no part in a run or the source", async () => {
    expect((await refusal({ source, out: join(temporaryFolder(), "out.json") })).message).toContain(
      "must end in one of .parquet, .csv, .csv.gz",
    );
    expect((await refusal({ source, out: join(temporaryFolder(), "no", "out.csv") })).message).toContain(
      "its folder does not exist",
    );
    expect((await refusal({ source, out: join(run, "out.csv") })).message).toContain(
      "is inside a run folder",
    );
    mkdirSync(join(run, "below"), { recursive: true });
    expect((await refusal({ source, out: join(run, "below", "out.csv") })).message).toContain(
      "is inside a run folder",
    );
    expect((await refusal({ source, out: source, overwrite: true })).message).toContain(
      "is a file of the source, too",
    );
  });

  test("has no part in a run without its log, or that is not committed", async () => {
    const folder = join(temporaryFolder(), "run");
    cpSync(run, folder, { recursive: true });
    rmSync(join(folder, "events.ndjson"));
    const models = { source, out: join(folder, "models.parquet"), overwrite: true };
    expect((await refusal(models)).message).toContain("is inside a run folder");
    const underWay = temporaryFolder();
    mkdirSync(join(underWay, "parts"));
    writeFileSync(join(underWay, "job.json"), "{}");
    const part = { source, out: join(underWay, "parts", "x.parquet") };
    expect((await refusal(part)).message).toContain("is inside a run folder");
  });

  test("leaves what has the name of an unfinished one", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "out.csv.tmp"), "dear to somebody");
    await predict({ run, source, out: join(folder, "out.csv") });
    expect(readdirSync(folder).sort()).toEqual(["out.csv", "out.csv.tmp"]);
    expect(readFileSync(join(folder, "out.csv.tmp"), "utf8")).toBe("dear to somebody");
  });

  test("is whole also when two are written at the same time", async () => {
    const out = join(temporaryFolder(), "out.parquet");
    const many = await parquet("select (i % 2)::bigint as k, i::double as x from range(300000) t(i)");
    const both = Array.from({ length: 2 }, () => predict({ run, source: many, out, overwrite: true }));
    for (const { predicted } of await Promise.all(both)) expect(predicted).toBe(300_000);
    expect(readdirSync(dirname(out))).toEqual(["out.parquet"]);
    expect(await sql(`select count(prediction)::integer as n from '${out}'`)).toEqual([{ n: 300_000 }]);
  });

  test("is the old one when the new one fails", async () => {
    const out = csv(["dear to somebody"], "out.csv");
    await refusal({ source: csv(["k,x", "0,abc"]), out, overwrite: true });
    expect(readFileSync(out, "utf8")).toBe("dear to somebody\n");
  });
});

describe("rows without a model", () => {
  test("are an error where that is asked for, with counts and examples", async () => {
    const lines = Array.from({ length: 50 }, (_, i) => `${i % 10},1`);
    const error = await refusal({ source: csv(["k,x", ...lines]), unknown: "error" });
    expect(error.code).toBe("unknown_keys");
    expect(error.message).toBe(
      "source has 35 rows of 7 keys that the run does not have, such as k=2; k=3; k=4, and 5 rows of 1 key that the run did not fit, such as k=9; nothing is written; train with these keys, leave their rows out with --where, or predict NULL for them with --unknown null",
    );
  });

  test("are none where all keys have one", async () => {
    const out = join(temporaryFolder(), "out.csv");
    const { predicted } = await predict({ run, source: csv(["k,x", "0,1", "1,"]), out, unknown: "error" });
    expect(predicted).toBe(1);
  });
});

describe("a prediction", () => {
  test("needs a committed run", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "parts"));
    expect(await refusal({ source: GAPMINDER, run: folder })).toMatchObject({ code: "run_not_committed" });
  });

  test("needs models of the size that the manifest says", async () => {
    const broken = await trained({
      source: csv(["x,y", "1,1", "2,2"]),
      pooled: true,
      trainer: linearRegression({ target: "y", features: ["x"] }),
    });
    truncateSync(join(broken, "models.parquet"), 100);
    expect(await refusal({ source: GAPMINDER, run: broken })).toMatchObject({ code: "run_damaged" });
  });

  test("does not take an archive that was cut short for a whole one", async () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => `${i % 2},${i}\n`).join("");
    const source = join(temporaryFolder(), "rows.csv.gz");
    const whole = gzipSync(`k,x\n${lines}`);
    writeFileSync(source, whole.subarray(0, whole.length - 8));
    expect(await refusal({ source })).toMatchObject({ code: "source_unreadable" });
  });

  test("stops when it is interrupted, and leaves nothing", async () => {
    const controller = new AbortController();
    const source = await parquet("select (i % 2)::bigint as k, i::double as x from range(3_000_000) t(i)");
    const error = await refusal({
      source,
      signal: controller.signal,
      onPhase: (phase) => {
        if (phase === "writing") setTimeout(() => controller.abort(), 20);
      },
    });
    expect(error.code).toBe("interrupted");
  });

  test("refuses a filter that is none", async () => {
    const source = csv(["k,x", "0,1"]);
    for (const where of ["nothing = 1", "k = 1 or", "true); drop table a; select (1"]) {
      expect(await refusal({ source, where })).toMatchObject({ code: "invalid_option" });
    }
  });

  test("names the column that a filter looks at and that has other values than its first rows", async () => {
    const lines = Array.from({ length: 30_000 }, (_, i) => `0,1,${i === 29_999 ? "many" : i}`);
    const source = csv(["k,x,n", ...lines]);
    const error = await refusal({ source, where: "n > 29990" });
    expect(error.code).toBe("source_unreadable");
    expect(error.message).toContain(
      `${source}: --where looks at column "n", which has a value that is not of type integer`,
    );
    await predict({
      run,
      source,
      where: "n > '9'",
      types: { n: "text" },
      out: join(temporaryFolder(), "out.csv"),
    });
  });

  test.each([
    [{ source: [] }, "source has no path"],
    [{ source: "" }, "source has an empty path"],
    [{ run: "" }, "run is empty"],
    [{ out: "" }, "the file to write (--out) is empty"],
    [{ workers: -1 }, "workers is -1"],
    [{ timeout: "30" }, 'timeout is "30", allowed are milliseconds'],
    [{ timeout: 1000 }, "timeout is given, but linear models always come to an end"],
    [{ memory: "lots" }, 'memory is "lots", allowed are bytes'],
    [{ memory: "100MB" }, "memory of 100 MB (--memory) is too little"],
    [{ memoryPerWorker: 0 }, "memoryPerWorker is 0, allowed are bytes"],
    [{ unknown: "maybe" as "null" }, 'unknown is "maybe", allowed are null and error'],
  ])("refuses the options %o", async (options, message) => {
    const all = { run, source: "a.csv", out: "out.csv", ...options };
    await expect(predict(all)).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining(message),
    });
  });
});
