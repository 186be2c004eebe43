import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { predict } from "../../src/predict.ts";
import { train } from "../../src/train.ts";
import type { TrainOptions } from "../../src/train-options.ts";
import { test, trainerFile } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("predict has the modules that only functions of the trainer import, when its folder is gone", async ({
  python,
}) => {
  const { path } = trainerFile(
    `columns = ["x"]
frame = "numpy"
def fit(df):
    from deep.model import Model
    return Model(df["x"].mean())
def predict(model, df):
    import later
    return later.scale(model, df["x"])
`,
    {
      beside: {
        "deep/model.py": "class Model:\n    def __init__(self, mean): self.mean = mean\n",
        "later.py":
          "def scale(model, x):\n    from deep import factor\n    return (x - model.mean) * factor.FACTOR\n",
        "deep/factor.py": "FACTOR = 10\n",
      },
    },
  );
  const folder = temporaryFolder();
  const source = join(folder, "rows.csv");
  writeFileSync(source, "k,x\na,1\na,3\nb,5\n");
  const run = await train({
    ...{ source, by: "k", runs: join(folder, "runs"), trainer: { module: path }, workers: 1, python },
  } as unknown as TrainOptions);
  await run.close();
  rmSync(dirname(path), { recursive: true });
  const out = join(folder, "out.csv");
  await predict({ run: run.folder, source, python, workers: 1, out });
  const [header, ...rows] = readFileSync(out, "utf8").trim().split("\n");
  const at = header!.split(",").indexOf("prediction");
  expect(rows.map((row) => Number(row.split(",")[at]))).toEqual([-10, 10, 0]);
});
