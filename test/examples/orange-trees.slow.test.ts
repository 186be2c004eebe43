import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { openRun } from "../../src/store/open-run.ts";
import { resolveRun } from "../../src/store/run-folder.ts";
import { train } from "../../src/train.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type DocumentedRun, runDocumentedCommands } from "./documented-commands.ts";

const FOLDER = fileURLToPath(new URL("../../examples/orange-trees/", import.meta.url));
const MODULE = join(FOLDER, "growth-curve.ts");

interface Curve {
  readonly asymptote: number;
  readonly midpoint: number;
  readonly scale: number;
}

interface Truth {
  readonly groups: readonly {
    readonly key: readonly [string];
    readonly coef: Curve;
    readonly metrics: { readonly rss: number; readonly sigma: number };
  }[];
}

function expectClose(value: number, truth: number, tolerance: number): void {
  expect(Math.abs(value - truth)).toBeLessThanOrEqual(tolerance * Math.abs(truth));
}

describe("the growth curves of the orange trees", () => {
  const truth = JSON.parse(readFileSync(join(FOLDER, "truth.json"), "utf8")) as Truth;
  let documented: DocumentedRun;

  beforeAll(async () => {
    documented = await runDocumentedCommands("orange-trees");
  });

  test("are printed as their page says", () => {
    expect(documented.printed).toBe(documented.page);
  });

  test("are those of a fit in 50 decimal digits, to 1e-9", async () => {
    const run = await openRun(await resolveRun("latest", join(documented.cwd, "runs")));
    const { rows } = await run.query(
      "select l.tree, m.model, metrics.rss, metrics.sigma from ledger l join models m using (partition) order by 1",
    );
    await run.close();
    expect(rows).toHaveLength(5);
    for (const [i, { key, coef, metrics }] of truth.groups.entries()) {
      const [tree, model, rss, sigma] = rows[i] as [string, string, number, number];
      const curve = JSON.parse(model) as Curve;
      expect(tree).toBe(key[0]);
      for (const name of ["asymptote", "midpoint", "scale"] as const)
        expectClose(curve[name], coef[name], 1e-9);
      expectClose(rss, metrics.rss, 1e-12);
      expectClose(sigma, metrics.sigma, 1e-12);
    }
  });

  test("predict what the true curves say of later ages", () => {
    const [header, ...rows] = readFileSync(join(documented.cwd, "forecast.csv"), "utf8").trim().split("\n");
    expect(header).toBe("tree,age,circumference,prediction,prediction_reason");
    expect(rows).toHaveLength(10);
    for (const row of rows) {
      const [tree, age, , predicted] = row.split(",");
      const { asymptote, midpoint, scale } = truth.groups.find(({ key }) => key[0] === tree)!.coef;
      expectClose(Number(predicted), asymptote / (1 + Math.exp((midpoint - Number(age)) / scale)), 1e-9);
    }
  });
});

describe("the growth curve's trainer", () => {
  /** NIST StRD, Rat42: pasture yields of D. A. Ratkowsky, Nonlinear Regression Modeling (1983). */
  const RAT42 = [
    ...[[9, 8.93] as const, [14, 10.8] as const, [21, 18.59] as const, [28, 22.33] as const],
    ...[[42, 39.35] as const, [57, 56.11] as const, [63, 61.73] as const, [70, 64.62] as const],
    [79, 67.08] as const,
  ];

  async function fitGrowth(rows: readonly (readonly [number | string, number | string])[]) {
    const source = join(temporaryFolder(), "growth.csv");
    writeFileSync(source, `age,size\n${rows.map((row) => row.join(",")).join("\n")}\n`);
    const trainer = { module: MODULE, params: {} };
    const run = await train({ source, pooled: true, trainer, runs: temporaryFolder(), workers: 0 });
    const { rows: models } = await run.query(
      "select model, metrics.rss, metrics.sigma from models join ledger using (partition)",
    );
    const { rows: ledger } = await run.query("select state, reason, error_code, error_message from ledger");
    await run.close();
    return { models, ledger };
  }

  test("finds what NIST certifies for Rat42, to ten digits", async () => {
    const { models } = await fitGrowth(RAT42);
    const [model, rss, sigma] = models[0] as [string, number, number];
    const { asymptote, midpoint, scale } = JSON.parse(model) as Curve;
    // NIST writes b1 / (1 + exp(b2 - b3 x)).
    expectClose(asymptote, 72.462237576, 1e-10);
    expectClose(midpoint / scale, 2.6180768402, 1e-10);
    expectClose(1 / scale, 0.067359200066, 1e-10);
    expectClose(rss, 8.0565229338, 1e-10);
    expectClose(sigma, 1.1587725499, 1e-10);
  });

  test("says so where there is no growth to find", async () => {
    const { ledger } = await fitGrowth(RAT42.map(([age]) => [age, 5] as const));
    expect(ledger).toEqual([
      ["failed", null, "trainer_threw", expect.stringContaining("no growth curve fits these 9 rows")],
    ]);
  });

  test("refuses a row without a size, and leaves three rows unfitted", async () => {
    expect((await fitGrowth([...RAT42, [80, ""]])).ledger).toEqual([
      ["failed", null, "trainer_threw", expect.stringContaining("a row has no age or no size")],
    ]);
    expect((await fitGrowth(RAT42.slice(0, 3))).ledger).toEqual([["skipped", "too_few_rows", null, null]]);
  });
});
