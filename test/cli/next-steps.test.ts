import { describe, expect, test } from "vitest";
import { nextSteps, wholeModelStep } from "../../src/cli/next-steps.ts";
import type { Manifest, ToldDialect } from "../../src/index.ts";

/** What the proposals depend on; the rest of a manifest plays no part. */
interface Told {
  readonly fitted?: number;
  readonly partitions?: number;
  readonly metrics?: readonly string[];
  readonly hasPredict?: boolean | null;
  readonly keys?: readonly string[];
  readonly sources?: readonly string[];
  readonly rows?: number | null;
  readonly dialect?: Partial<ToldDialect>;
}

function manifestOf(told: Told): Manifest {
  const { fitted = 3, partitions = 3, metrics = [], hasPredict = true, keys = ["file"], rows = 9 } = told;
  const manifest = {
    counts: { partitions, states: { fitted } },
    keys: keys.map((name) => ({ name, type: "text", column: name })),
    resultSchema: {
      form: "document",
      model: [],
      terms: [],
      metrics: metrics.map((name) => ({ name, better: null })),
    },
    job: {
      trainerColumns: null,
      source: {
        paths: ["my data/*.csv"],
        dialect: { delimiter: null, decimal: null, comment: null, nullTexts: [], ...told.dialect },
      },
      module: hasPredict === null ? null : { name: "trainer.ts", sha256: "", hasPredict },
    },
    sources: (told.sources ?? ["/data/a.csv", "/data/b c.csv"]).map((path) => ({ path, rows })),
  };
  return manifest as unknown as Manifest;
}

function steps(told: Told, out = "runs"): string[] {
  const all = nextSteps(manifestOf(told), { run: "latest", out, examples: [["s1.csv"]], done: "trained" });
  return all.map(withoutNpx);
}

/** How the tests were started is of no matter. */
function withoutNpx(step: string): string {
  return step.replace(/^npx /, "");
}

describe("what to do next with models that are documents", () => {
  test("is to show, to look at one, to query a metric and to predict", () => {
    expect(steps({ metrics: ["loss", "rmse"] })).toEqual([
      "manyfit show latest",
      "manyfit models latest --key file=s1.csv",
      "manyfit query latest \"select ledger.file, metrics['loss'] from ledger order by metrics['loss'] desc nulls last limit 5\"",
      'manyfit predict latest /data/a.csv "/data/b c.csv" --out predictions.parquet',
    ]);
  });

  test("asks for the score where there is one, and for models where there is no metric", () => {
    expect(steps({ metrics: ["loss", "r2"] })[2]).toContain("metrics['r2']");
    expect(steps({})[2]).toBe('manyfit query latest "select * from models limit 5"');
    expect(steps({ metrics: ["r2"], partitions: 1 })[2]).toContain("select * from models");
    expect(steps({ metrics: ["it's", "rmse"] })[2]).toContain("metrics['rmse']");
    expect(steps({ metrics: ["r2"], keys: ["my key"] })[2]).toContain("select partition, metrics['r2']");
  });

  test("is no prediction where the trainer has none, nothing was fitted, or a file could not be read", () => {
    expect(steps({ rows: null })).toHaveLength(3);
    expect(steps({ hasPredict: false })).toHaveLength(3);
    expect(steps({ fitted: 0 })).toHaveLength(3);
    expect(steps({ hasPredict: null })).toHaveLength(4);
  });

  test("names few files one by one, and many as they were told", () => {
    const many = Array.from({ length: 9 }, (_, i) => `/data/${i}.csv`);
    expect(steps({ sources: many })[3]).toBe(
      'manyfit predict latest "my data/*.csv" --out predictions.parquet',
    );
  });

  test("predicts files that are read as they were told to be read", () => {
    const dialect = { delimiter: "\t", decimal: ",", comment: "#", nullTexts: ["NA", "-", ""] } as const;
    expect(steps({ dialect, sources: ["/data/a.csv"] })[3]).toBe(
      'manyfit predict latest /data/a.csv --delimiter tab --decimal , --comment "#" --null-text NA --null-text - --null-text "" --out predictions.parquet',
    );
  });

  test("says where the run is", () => {
    for (const step of steps({}, "my runs")) expect(step).toMatch(/ --(out|runs) "my runs"$/);
  });
});

test("the command for a whole model names its key", () => {
  const argument = { run: "latest", out: "runs" };
  expect(withoutNpx(wholeModelStep(manifestOf({}), ["a b.csv"], argument))).toBe(
    "manyfit models latest --key 'file=\"a b.csv\"' --format json",
  );
  expect(withoutNpx(wholeModelStep(manifestOf({ keys: [] }), [], argument))).toBe(
    "manyfit models latest --format json",
  );
});
