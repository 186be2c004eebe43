import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { predict } from "../../src/predict.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { writtenFolder } from "../trainer/written-trainer.ts";
import { csv, trained } from "./trained.ts";

/** Fits nothing, and fails to predict: for some stores alike but for numbers and paths, for others each in its own way. */
const TRAINER = `import { defineTrainer } from "manyfit";
export default defineTrainer({
  columns: ["x"],
  fit: () => ({ model: 1 }),
  predict({ table, key }) {
    const x = table.numbers("x");
    const store = String(key.store);
    if (store === "fine") return { prediction: x };
    if (store.startsWith("alike")) throw new Error(\`row \${-x[0]!} of /data/\${x[0]}.csv is odd\`);
    throw new Error("no " + store);
  },
});
`;

const ALIKE = ["alike-d", "alike-c", "alike-b", "alike-a"];
const OTHERS = [..."abcdefghijk"].map((letter) => `store-${letter}`);
const rows = ["fine", ...OTHERS, ...ALIKE].map((store, i) => `${store},${i}`);

let run = "";
let source = "";

beforeAll(async () => {
  source = csv(["store,x", ...rows, "alike-a,99"]);
  const module = join(writtenFolder({ "trainer.ts": TRAINER }), "trainer.ts");
  run = await trained({ source, by: "store", trainer: { module, params: {} } });
});

describe("predictions that a trainer fails to make", () => {
  test("are told by their causes: the ten with the most rows, with message and keys", async () => {
    const out = join(temporaryFolder(), "out.csv");
    const summary = await predict({ run, source, out, workers: 0 });
    expect(summary).toMatchObject({ rows: 17, predicted: 1, reasons: { predict_failed: 16 } });
    expect(summary.failures).toHaveLength(10);
    expect(summary.failures.slice(0, 2)).toEqual([
      {
        message: "row -15 of /data/15.csv is odd",
        rows: 5,
        partitions: 4,
        examples: ["store=alike-a", "store=alike-b", "store=alike-c"],
      },
      { message: "no store-a", rows: 1, partitions: 1, examples: ["store=store-a"] },
    ]);
  });

  test("are none where all are made", async () => {
    const out = join(temporaryFolder(), "out.csv");
    const summary = await predict({ run, source: csv(["store,x", "fine,1"]), out, workers: 0 });
    expect(summary).toMatchObject({ predicted: 1, failures: [] });
  });
});
