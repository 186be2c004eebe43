import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import type { Finding } from "../../src/doctor/finding.ts";
import { pythonFindings } from "../../src/doctor/python-findings.ts";
import { barePython, fakePython, systemsPython } from "../python/bare-python.ts";
import { pythonWith } from "../python/environment.ts";
import { test, testsWith } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const testLowest = testsWith(await pythonWith("lowest"));

const NEEDED = ["numpy", "joblib", "pyarrow", "pandas", "scikit-learn"];

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Findings by name, of an interpreter that is named or found. */
async function findingsOf(python: string | null, withinMs = 60_000): Promise<Map<string, Finding>> {
  if (python === null)
    for (const name of ["MANYFIT_PYTHON", "VIRTUAL_ENV", "CONDA_PREFIX"]) vi.stubEnv(name, "");
  const findings = await pythonFindings({ python, withinMs });
  return new Map(findings.map((finding) => [finding.name, finding]));
}

/** A folder for PYTHONPATH in which a package of this name does this when it is imported. */
function packageThat(name: string, source: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, `${name}.py`), source);
  return folder;
}

describe("a Python with all packages", () => {
  test("is well, with kernels and versions", async ({ python }) => {
    const found = await findingsOf(python);
    expect([...found.keys()]).toEqual(["Python", ...NEEDED, "polars", "algebra"]);
    expect([...found.values()].map(({ state }) => state)).toEqual(Array(found.size).fill("ok"));
    expect(found.get("Python")).toMatchObject({ note: `${python}, found by --python`, mend: null });
    expect(found.get("pandas")).toMatchObject({ note: "2.2 or later", facts: { lowest: "2.2" } });
    expect(found.get("algebra")!.note).toMatch(/^kernels of \w+, 1 thread in each worker$/);
  });

  testLowest("is well with the lowest versions of each", async ({ python }) => {
    const found = await findingsOf(python);
    expect([...found.values()].map(({ state }) => state)).toEqual(Array(found.size).fill("ok"));
  });
});

describe("a Python without packages", () => {
  test("that was named is broken, with one command that mends all", async ({ python }) => {
    const bare = barePython(python);
    const found = await findingsOf(bare);
    expect(found.get("Python")!.state).toBe("ok");
    const command = `${bare} -m ensurepip && ${bare} -m pip install --upgrade ${NEEDED.join(" ")}`;
    for (const name of NEEDED)
      expect(found.get(name)).toMatchObject({
        ...{ state: "broken", found: null, problem: null },
        mend: { command, afterwards: null },
      });
    expect(found.get("polars")).toMatchObject({ state: "absent", mend: null });
    expect(found.has("algebra")).toBe(false);
  });

  test("that was only found is absent, and nothing is broken", async ({ python }) => {
    const bare = barePython(python);
    vi.stubEnv("PATH", join(bare, ".."));
    const found = await findingsOf(null);
    expect(found.get("Python")).toMatchObject({ state: "ok", facts: { foundBy: "PATH" } });
    for (const name of NEEDED) expect(found.get(name)!.state).toBe("absent");
  });

  test("that belongs to the system gets an environment", async ({ python }) => {
    const bare = barePython(python);
    vi.stubEnv("PYTHONPATH", systemsPython());
    const { mend } = (await findingsOf(bare)).get("pandas")!;
    expect(mend).toEqual({
      command: `${bare} -m venv .venv && .venv/bin/python -m pip install ${NEEDED.join(" ")}`,
      afterwards: "name the environment with --python .venv/bin/python",
    });
  });

  test("has a path that a shell takes as it stands", async ({ python }) => {
    const bare = barePython(python);
    vi.stubEnv("PYTHONPATH", packageThat("sitecustomize", 'import sys\nsys.executable = "/my env/python"'));
    const { mend } = (await findingsOf(bare)).get("pandas")!;
    expect(mend!.command).toMatch(/^'\/my env\/python' -m ensurepip && '\/my env\/python' -m pip install /);
  });
});

describe("a package", () => {
  test("that is too old is told with what upgrades it", async ({ python }) => {
    // Hidden by a module of the same name, whose metadata are the installed ones: its version is what they say.
    const folder = packageThat("pandas", "");
    const info = join(folder, "pandas-1.5.3.dist-info");
    mkdirSync(info);
    writeFileSync(join(info, "METADATA"), "Metadata-Version: 2.1\nName: pandas\nVersion: 1.5.3\n");
    vi.stubEnv("PYTHONPATH", folder);
    expect((await findingsOf(python)).get("pandas")).toMatchObject({
      ...{ state: "broken", found: "1.5.3", problem: "is too old" },
      mend: { command: `${python} -m pip install --upgrade pandas` },
    });
  });

  test("that cannot be imported is broken, whoever asks", async ({ python }) => {
    vi.stubEnv("PYTHONPATH", packageThat("polars", 'raise OSError("libfoo.so: cannot open\\nmore")'));
    expect((await findingsOf(python)).get("polars")).toMatchObject({
      state: "broken",
      problem: "cannot be imported: OSError: libfoo.so: cannot open",
    });
  });

  test("that ends its process is named, and those before it are well", async ({ python }) => {
    vi.stubEnv("PYTHONPATH", packageThat("pyarrow", "import os\nos.abort()"));
    const found = await findingsOf(python);
    expect(found.get("joblib")!.state).toBe("ok");
    expect(found.get("pyarrow")!.state).toBe("broken");
    expect(found.get("pyarrow")!.problem).toMatch(/^cannot be imported: .* ended by signal SIGABRT/);
    expect(found.get("Python")!.state).toBe("ok");
  });
});

describe("what is no Python", () => {
  test("and nowhere to be found is absent, unless it was named", async ({ python }) => {
    expect(python).not.toBe("");
    vi.stubEnv("PATH", temporaryFolder());
    const [found] = [...(await findingsOf(null)).values()];
    expect(found).toMatchObject({ name: "Python", state: "absent", found: null });
    expect(found!.problem).toMatch(/^trainer needs Python, and there is no python3 on the path/);
    const [named] = [...(await findingsOf("/no/such/python")).values()];
    expect(named).toMatchObject({ state: "broken", mend: null });
    expect(named!.problem).toBe(
      "Python /no/such/python (--python) is not there, or cannot be run; name the interpreter of an environment, such as .venv/bin/python",
    );
  });

  test("hangs no longer than it may", async ({ python }) => {
    expect(python).not.toBe("");
    const path = fakePython("sleep 1000");
    const found = await findingsOf(path, 300);
    expect([...found.keys()]).toEqual(["Python"]);
    const problem = `${path} did not answer within 0.3 s, and was ended`;
    expect(found.get("Python")).toMatchObject({ state: "broken", problem });
  });

  test.for([
    ["echo I am a snake", /^\S+ ended with exit code 0: I am a snake$/],
    ["echo I bite >&2; exit 3", /^\S+ ended with exit code 3: I bite$/],
    ["exit 0", /^\S+ ended with exit code 0$/],
    ["echo '{rubbish}, and more than twenty-four bytes of it' >&4; sleep 5", /sent what cannot be read/],
  ] as const)("and does %s is broken", async ([script, problem], { python }) => {
    expect(python).not.toBe("");
    const found = await findingsOf(fakePython(script));
    expect(found.get("Python")!.state).toBe("broken");
    expect(found.get("Python")!.problem).toMatch(problem);
  });

  test("as a file that cannot be started is broken", async ({ python }) => {
    expect(python).not.toBe("");
    const path = fakePython("");
    writeFileSync(path, "no program at all");
    const found = await findingsOf(path);
    expect(found.get("Python")).toMatchObject({ state: "broken", found: null });
  });
});
