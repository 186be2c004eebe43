import { dirname } from "node:path";
import { describe, expect } from "vitest";
import { loadByJoblib } from "./plain-python.ts";
import { test, trainerFile } from "./python-test.ts";

const USED = { x: [1, 2], y: [1, 2] };
const NUMPY = 'frame = "numpy"\n';
const MODEL =
  "class Model:\n    def __init__(self, n): self.n = n\n    def double(self): return 2 * self.n\n";
const FIT = 'def fit(df): return Model(len(df["x"]))\ndef predict(model, df): return [model.double()] * 2\n';

/** Trainers whose models are of a class of the user's, wherever it is defined. */
const TRAINERS = [
  ["in the trainer's file", `${NUMPY}${MODEL}${FIT}`, {}, "train.Model"],
  ["in a file beside it", `${NUMPY}from shapes import Model\n${FIT}`, { "shapes.py": MODEL }, "shapes.Model"],
  [
    "in a file beside it that is imported relatively",
    `${NUMPY}from .shapes import Model\n${FIT}`,
    { "shapes.py": MODEL },
    "shapes.Model",
  ],
  [
    "in a folder beside it that is imported relatively",
    `${NUMPY}from .parts.shapes import Model\n${FIT}`,
    {
      "parts/__init__.py": "",
      "parts/shapes.py": `from .numbers_of import two\n${MODEL}`,
      "parts/numbers_of.py": "two = 2",
    },
    "parts.shapes.Model",
  ],
] as const;

describe("a model of a class", () => {
  test.for(TRAINERS)(
    "%s is loaded by plain joblib beside the file",
    async ([, source, beside, name], { start, python }) => {
      const trainer = trainerFile(source, { beside });
      const talk = start();
      expect(await talk.init(trainer)).toEqual({ type: "ready" });
      const [fit] = await talk.fit({ used: USED });
      expect(fit).toMatchObject({ error: null, className: name });
      const code = "print(type(model).__module__, model.double())";
      const folder = JSON.stringify(dirname(trainer.path));
      const said = loadByJoblib(python, [fit!.model!], code, `sys.path.insert(0, ${folder})`);
      expect(said).toBe(`${name.replace(/\.Model$/, "")} 4`);
    },
  );

  test.for(TRAINERS)("%s predicts in another process", async ([, source, beside], { start }) => {
    const trainer = trainerFile(source, { beside });
    const [first, second] = [start(), start()];
    await first.init(trainer);
    const [fit] = await first.fit({ used: USED });
    await second.init(trainer);
    expect(await second.predict([fit!.model!], [0], [{ used: USED }])).toEqual([{ prediction: [4, 4] }]);
  });

  test("that is imported both ways is one class", async ({ startWith, start }) => {
    expect(startWith).toBeTypeOf("function");
    for (const imports of [
      "from .shapes import Model\nimport shapes",
      "import shapes\nfrom .shapes import Model",
    ]) {
      const source = `${NUMPY}${imports}\ndef fit(df): return 1, {"same": shapes.Model is Model}`;
      const talk = start();
      expect(await talk.init(trainerFile(source, { beside: { "shapes.py": MODEL } }))).toEqual({
        type: "ready",
      });
      const [fit] = await talk.fit({ used: USED });
      expect(fit!.metrics).toEqual({ same: 1 });
    }
  });

  test("may be in a file that has the name of one of Python's own", async ({ start }) => {
    const source = `${NUMPY}import random\nfrom .random import Model\ndef fit(df): return 1, {"own": hasattr(random, "Model"), "theirs": hasattr(random, "gauss")}`;
    const talk = start();
    expect(await talk.init(trainerFile(source, { beside: { "random.py": MODEL } }))).toEqual({
      type: "ready",
    });
    const [fit] = await talk.fit({ used: USED });
    expect(fit!.metrics).toEqual({ own: 0, theirs: 1 });
  });

  test("of a file beside it that fails is told as that file's fault, each time", async ({ start }) => {
    const source = `${NUMPY}try:\n    from .shapes import Model\nexcept ZeroDivisionError: pass\nfrom .shapes import Model\n${FIT}`;
    const talk = start();
    const answer = await talk.init(trainerFile(source, { beside: { "shapes.py": "1 / 0" } }));
    expect(answer).toMatchObject({
      type: "broken",
      message: expect.stringMatching(/train\.py: could not be imported: ZeroDivisionError[\s\S]*shapes\.py/),
    });
  });
});
