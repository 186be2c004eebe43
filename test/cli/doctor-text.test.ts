import { describe, expect, test } from "vitest";
import { doctorLines } from "../../src/cli/doctor-text.ts";
import { COLOUR_STYLE, PLAIN_STYLE } from "../../src/cli/style.ts";
import type { Diagnosis, Finding } from "../../src/index.ts";

const OK: Finding = {
  ...{ name: "Node", part: "manyfit", state: "ok", found: "22.4.0", note: "20.19 or later" },
  ...{ problem: null, mend: null, facts: {} },
};

const MEND = { command: "/usr/bin/python3 -m pip install --upgrade numpy pandas", afterwards: null };

const DIAGNOSIS: Diagnosis = {
  isOk: false,
  findings: [
    OK,
    { ...OK, name: "disk", found: "70,370 MB", note: "free in /tmp; TMPDIR tells where" },
    {
      ...{ ...OK, name: "Python", part: "python", found: "3.12.3" },
      note: "/home/somebody/projects/forecasts/of/shops/.venv/bin/python, found by --python",
    },
    { ...OK, name: "numpy", part: "python", state: "broken", found: null, mend: MEND, note: "1.26 or later" },
    {
      ...{ ...OK, name: "pandas", part: "python", state: "broken", found: "1.5.3", note: "2.2 or later" },
      ...{ problem: "is too old", mend: MEND },
    },
    {
      ...{
        ...OK,
        name: "scikit-learn",
        part: "python",
        state: "broken",
        found: "1.5.0",
        note: "1.4 or later",
      },
      problem:
        "cannot be imported: ImportError: libgomp.so.1: cannot open shared object file: No such file or directory",
    },
    { ...OK, name: "polars", part: "python", state: "absent", found: null, note: null },
    { ...OK, name: "algebra", part: "python", found: "openblas, mkl", note: "kernels of SkylakeX" },
  ],
};

describe("a diagnosis", () => {
  test("is aligned within 80 cells, and each command stands whole and once", () => {
    const lines = doctorLines(DIAGNOSIS, { width: 80, style: PLAIN_STYLE });
    expect(lines).toEqual([
      "Every run",
      "  ok      Node          22.4.0     20.19 or later",
      "  ok      disk          70,370 MB  free in /tmp; TMPDIR tells where",
      "",
      "Trainers in Python",
      "  ok      Python        3.12.3     /home/somebody/projects/forecasts/of/shops/.venv/bin/python,",
      "                                   found by --python",
      "  broken  numpy         missing    1.26 or later",
      "  broken  pandas        1.5.3      2.2 or later",
      "                        is too old",
      "  broken  scikit-learn  1.5.0      1.4 or later",
      "                        cannot be imported: ImportError: libgomp.so.1: cannot",
      "                        open shared object file: No such file or directory",
      "  absent  polars        missing",
      "  ok      algebra       openblas, mkl",
      "                                   kernels of SkylakeX",
      "",
      "To mend numpy, pandas",
      "  /usr/bin/python3 -m pip install --upgrade numpy pandas",
      "",
      "Broken: numpy, pandas, scikit-learn.",
    ]);
  });

  test("says so where nothing is broken, and what to do after a command", () => {
    const mend = { command: "make it", afterwards: "use it" };
    const findings: Finding[] = [{ ...OK, state: "absent", mend }];
    const lines = doctorLines({ isOk: true, findings }, { width: 80, style: PLAIN_STYLE });
    expect(lines.slice(2)).toEqual([
      "",
      "To mend Node",
      "  make it",
      "  then use it",
      "",
      "Nothing is broken.",
    ]);
  });

  test("is coloured by state", () => {
    const [, ok] = doctorLines(DIAGNOSIS, { width: 80, style: COLOUR_STYLE });
    expect(ok).toContain(COLOUR_STYLE.good("ok    "));
  });

  test("writes nothing to a terminal that the terminal would obey", () => {
    const findings: Finding[] = [{ ...OK, state: "broken", problem: "\u001b[2Jgone\nmore" }];
    const text = doctorLines({ isOk: false, findings }, { width: 80, style: PLAIN_STYLE }).join("");
    expect(text).not.toContain("\u001b");
    expect(text).toContain("gone more");
  });
});
