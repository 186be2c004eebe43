import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { PredictOptions } from "../../src/predict-options.ts";
import { train } from "../../src/train.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { csv, parquet, predicted, trained } from "./trained.ts";

/** Fits nothing, and predicts what it is given. */
const ECHO = `import { defineTrainer } from "manyfit";
export default defineTrainer({
  columns: ["x"],
  fit: () => ({ model: {} }),
  predict: ({ table }) => ({ given: table.numbers("x") }),
});
`;

/** The first integer that a double does not hold. */
const LARGE = "9007199254740993";

let run = "";
let perFile = "";

beforeAll(async () => {
  const module = join(temporaryFolder(), "echo.mjs");
  writeFileSync(module, ECHO);
  run = await trained({ source: csv(["k,x", "a,1", "b,2"]), by: "k", trainer: { module, params: {} } });
  const folder = temporaryFolder();
  for (const name of ["a", "b"]) writeFileSync(join(folder, `${name}.csv`), "x\n1\n2\n");
  const options = { source: folder, perFile: true, trainer: { module, params: {} } } as const;
  const opened = await train({ ...options, runs: temporaryFolder(), workers: 0 });
  perFile = opened.folder;
  await opened.close();
});

async function refusalOf(options: Omit<PredictOptions, "out" | "run">, of = run): Promise<string> {
  const error = await predicted({ workers: 0, ...options, run: of }, "parquet").then(
    () => new Error("nothing was refused"),
    (thrown: Error) => thrown,
  );
  return error.message;
}

const ADVICE =
  "which a number cannot hold exactly; leave such rows out with --where 'abs(\"x\") < 9007199254740992', or train with this column as text or double (--type)";

describe("an integer to predict with that a double would round", () => {
  test("is named as it is written, with file and row, and what can be done", async () => {
    const source = csv(["x,k", "2,a", "1,b", `${LARGE},a`, `-${LARGE},b`]);
    expect(await refusalOf({ source })).toBe(`${source}, row 3: column "x" has "${LARGE}", ${ADVICE}`);
    const stored = await parquet(`select 'a' as k, 5 as x union all select 'b', -${LARGE}::bigint`);
    expect(await refusalOf({ source: stored })).toBe(
      `${stored}, row 2: column "x" has "-${LARGE}", ${ADVICE}`,
    );
  });

  test("is found like any other value that cannot be read while rows stream to a trainer", async () => {
    const source = csv(["x,k", "2,a", "oops,b"]);
    expect(await refusalOf({ source })).toBe(
      `${source}, row 2: column "x" has "oops", which is not a number; mend the row`,
    );
  });

  test("is named so in a file with a model of its own", async () => {
    const folder = join(temporaryFolder(), "new");
    mkdirSync(folder);
    for (const [name, x] of [["a", LARGE] as const, ["b", "3"] as const])
      writeFileSync(join(folder, `${name}.csv`), `x\n${x}\n`);
    const message = await refusalOf({ source: folder }, perFile);
    expect(message).toContain(`row 1: column "x" has "${LARGE}", which a number cannot hold exactly`);
  });

  test("is left out by the filter that is advised, from text and from Parquet", async () => {
    const where = 'abs("x") < 9007199254740992';
    const text = csv(["x,k", `${LARGE},a`, "9007199254740991,b", "-2,a"]);
    const stored = await parquet(`select 'a' as k, 5 as x union all select 'b', -${LARGE}::bigint`);
    const counts = [];
    for (const source of [text, stored]) {
      const { rows, predicted: count } = await predicted({ run, source, where, workers: 0 }, "parquet");
      counts.push([rows, count]);
    }
    expect(counts).toEqual([
      [2, 2],
      [1, 1],
    ]);
  });
});
