import { describe, expect } from "vitest";
import { test, trainerFile } from "./python-test.ts";

const NUMPY = 'frame = "numpy"\n';
const FIT = "def fit(df): return 1\n";

describe("sources of a trainer", () => {
  test.for<[string, string, Record<string, string>, string[]]>([
    ["a function", "def predict(m, df):\n    import late\n", { "late.py": "", "other.py": "" }, ["late.py"]],
    [
      "functions of what they import",
      "def f():\n    import late\n",
      {
        "late.py": "def g():\n    from shop import tax\n",
        "shop/__init__.py": "import shop.base",
        "shop/base.py": "",
        "shop/tax.py": "",
      },
      ["late.py", "shop/__init__.py", "shop/base.py", "shop/tax.py"],
    ],
    [
      "names that are no modules",
      "def f():\n    from late import scale, np\n",
      { "late.py": "import numpy as np\nscale = 1" },
      ["late.py"],
    ],
    [
      "relative imports",
      "def f():\n    from .late import scale\n    from . import more\n",
      { "late.py": "", "more.py": "" },
      ["late.py", "more.py"],
    ],
    [
      "relative imports of a package",
      "def f(): import shop.deep.end\n",
      {
        "shop/deep/end.py": "from ..base import x\nfrom .near import y\n",
        "shop/base.py": "",
        "shop/deep/near.py": "",
        "base.py": "",
      },
      ["shop/base.py", "shop/deep/end.py", "shop/deep/near.py"],
    ],
    [
      "calls",
      "import importlib\ndef f(): return importlib.import_module('late'), __import__('more.most')\n",
      { "late.py": "", "more/most.py": "" },
      ["late.py", "more/most.py"],
    ],
    [
      "code that is not reached",
      "try:\n    import missing\nexcept ImportError:\n    missing = None\nif False:\n    import late\n",
      { "late.py": "" },
      ["late.py"],
    ],
    [
      "circles, and files that are broken",
      "def f(): import left\n",
      { "left.py": "import right", "right.py": "import left, broken", "broken.py": "def (" },
      ["broken.py", "left.py", "right.py"],
    ],
    ["nothing", "import os, json\ndef f(): import numpy.linalg, sklearn\n", { "late.py": "" }, []],
  ])("are those, too, that are imported by %s", async ([, source, beside, names], { start }) => {
    const told = await start().describe(trainerFile(NUMPY + source + FIT, { beside }));
    const { sources } = told as unknown as { sources: { name: string }[] };
    expect(sources.map(({ name }) => name)).toEqual([...names, "train.py"].sort());
  });

  test("of a trainer within a package have the package's names", async ({ start }) => {
    const beside = { "shop/__init__.py": "", "shop/late.py": "", "top.py": "" };
    const source = `${NUMPY}${FIT}def f():\n    from .late import x\n    import top, shop.late\n`;
    const told = await start().describe(trainerFile(source, { name: "shop/train.py", beside }));
    const { sources } = told as unknown as { sources: { name: string }[] };
    expect(sources.map(({ name }) => name)).toEqual([
      "shop/__init__.py",
      "shop/late.py",
      "shop/train.py",
      "top.py",
    ]);
  });
});
