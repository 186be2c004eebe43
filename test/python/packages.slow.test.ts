import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect } from "vitest";
import { LOWEST_PYTHON } from "../../scripts/python-environment.mjs";
import { barePython, systemsPython } from "./bare-python.ts";
import { test, trainerFile } from "./python-test.ts";

const FILE = trainerFile("def fit(df): return 1");

function projectFile(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
}

describe("a Python without packages", () => {
  test("is told before anything runs, with all that trainers usually need", async ({ python, start }) => {
    const bare = barePython(python);
    const message = `train.py: needs the packages numpy and joblib, which are not installed for ${bare}; install them with ${bare} -m ensurepip && ${bare} -m pip install numpy joblib pyarrow pandas scikit-learn`;
    const answer = await start({ python: bare }).describe(FILE);
    expect(answer).toEqual({ type: "broken", code: "trainer_invalid", message });
  });

  test("that belongs to the system is told how to make an environment", async ({ python, start }) => {
    const bare = barePython(python);
    const message = `train.py: needs the packages numpy and joblib, which are not installed for ${bare}; that Python belongs to the system, so make an environment for it: ${bare} -m venv .venv && .venv/bin/python -m pip install numpy joblib pyarrow pandas scikit-learn; then name it with --python .venv/bin/python`;
    const talk = start({ python: bare, env: { PYTHONPATH: systemsPython() } });
    expect(await talk.describe(FILE)).toMatchObject({ type: "broken", message });
  });
});

describe("the lowest versions that are declared", () => {
  const declared = new Map(
    [...projectFile("python/manyfit_host/packages.py").matchAll(/^ {4}"([\w-]+)": \((\d+), (\d+)\),$/gm)].map(
      ([, name, major, minor]) => [name!, `${major}.${minor}`],
    ),
  );

  test("are those of all packages that frames and models need", () => {
    expect([...declared.keys()]).toEqual(["numpy", "joblib", "pyarrow", "pandas", "scikit-learn", "polars"]);
  });

  test("are the ones that tests run with", () => {
    const pinned = new Map(
      [
        ...projectFile("test/python/requirements-lowest.txt").matchAll(
          /^([\w-]+)==(\d+\.\d+)[\d.]*(?:; python_version < "3\.13")?$/gm,
        ),
      ].map(([, name, version]) => [name!, version!]),
    );
    for (const [name, version] of declared) expect([name, pinned.get(name)]).toEqual([name, version]);
  });

  test("are told in the guide, and so is the lowest Python", () => {
    const guide = projectFile("docs/guide-python.md").replaceAll(/\s+/g, " ");
    for (const [name, version] of declared) expect(guide).toContain(`${name} ${version}`);
    expect(guide).toContain(`It must be ${LOWEST_PYTHON.join(".")} or later`);
    const entry = projectFile("python/manyfit_host/__main__.py");
    expect(entry).toContain(`sys.version_info < (${LOWEST_PYTHON.join(", ")})`);
  });
});
