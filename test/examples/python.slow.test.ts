import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openRun } from "../../src/store/open-run.ts";
import { resolveRun } from "../../src/store/run-folder.ts";
import { needPython, type PythonForTests, pythonWith } from "../python/environment.ts";
import { runPlainPython } from "../python/plain-python.ts";
import { type DocumentedRun, runDocumentedCommands } from "./documented-commands.ts";

/** Ten processes of Python import scikit-learn, one after the other, beside all other tests. */
const MANY_STARTS_MS = 300_000;

let python: PythonForTests;

beforeAll(async () => {
  python = await pythonWith("newest");
}, 600_000);

async function query(cwd: string, name: string, sql: string): Promise<readonly (readonly unknown[])[]> {
  const run = await openRun(await resolveRun(name, join(cwd, "runs")));
  const { rows } = await run.query(sql);
  await run.close();
  return rows;
}

/** Runs the commands of a page where there is Python. */
async function documentedRun(
  context: Parameters<typeof needPython>[0],
  example: string,
  page: string,
): Promise<DocumentedRun> {
  return runDocumentedCommands(example, { page, python: needPython(context, python) });
}

describe("two lines by scikit-learn", () => {
  test("are printed as their page says, with slopes near 2.5 and 3", {
    timeout: MANY_STARTS_MS,
  }, async (context) => {
    const { page, printed, cwd } = await documentedRun(context, "two-lines", "scikit-learn.md");
    expect(printed).toBe(page);
    const slopes = await query(cwd, "two-lines", "select estimate from terms where term = 'x' order by file");
    expect(slopes).toHaveLength(2);
    // 1,000 rows of x from 0 to 10 and noise of variance 1 leave an error of about 1 / sqrt(1000 × 100 / 12) = 0.011.
    for (const [i, truth] of [2.5, 3].entries()) {
      expect(Math.abs((slopes[i]![0] as number) - truth)).toBeLessThan(3 * 0.011);
    }
  });
});

describe("forests of the flights", () => {
  test("are printed as their page says, with the errors that plain Python finds", {
    timeout: MANY_STARTS_MS,
  }, async (context) => {
    const { page, printed, cwd } = await documentedRun(context, "flights", "README.md");
    expect(printed).toBe(page);
    const [ledger] = await query(
      cwd,
      "last-days",
      "select seed, rows_used, metrics.holdout_mae, metrics.holdout_mae_as_it_left from ledger where carrier = 'B6'",
    );
    const [seed, used, mae, asItLeft] = ledger as [number, number, number, number];
    const script = `
import sys
sys.dont_write_bytecode = True
import pandas as pd
sys.path.insert(0, "examples/flights")
import arrival_delay as trainer
rows = pd.read_csv(${JSON.stringify(join(cwd, "examples/flights/january.csv.gz"))})
rows = rows[rows["carrier"] == "B6"].dropna(subset=trainer.columns).sort_values("day", kind="stable")
used, held_out = rows.iloc[:${used}], rows.iloc[${used}:]
score = trainer.score(trainer.fit(used, {**trainer.params, "leaf": 5}, ${seed}), held_out)
print(score["mae"], score["mae_as_it_left"])`;
    const found = runPlainPython(needPython(context, python), script).split(" ").map(Number);
    expect([mae, asItLeft]).toEqual(found);
  });

  test("have a page whose figures say what its words say", () => {
    const page = readFileSync(new URL("../../examples/flights/README.md", import.meta.url), "utf8");
    const of = (name: string): number[] =>
      new RegExp(`${name} +([\\d.]+) minutes +([\\d.]+) MB`).exec(page)!.slice(1).map(Number);
    const [minutes, size] = of("leaf-5");
    const [minutesOfSingles, sizeOfSingles] = of("leaf-1");
    expect(minutes!).toBeLessThan(minutesOfSingles! + 0.05);
    expect(size!).toBeLessThan(sizeOfSingles! / 3);
    const [, mae, asItLeft] = /as_it_left\n *([\d.]+) +([\d.]+)\n\n1 row\n/.exec(page)!.map(Number);
    expect(mae!).toBeGreaterThan(0.95 * asItLeft!);
  });
});
