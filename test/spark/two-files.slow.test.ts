import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect } from "vitest";
import { endSessions } from "../../src/engine/spark/shared-session.ts";
import { CLI_COMMAND, runShell } from "../cli/run-cli.ts";
import { test as base } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { needCluster } from "./spark-test.ts";
import { type Trained, trained } from "./trained.ts";

const TWO_LINES = fileURLToPath(new URL("../../examples/two-lines/", import.meta.url));

const test = base.extend<{ readonly server: string }>({
  server: async ({ skip }, use) => {
    await use(needCluster({ skip }));
  },
});

afterAll(endSessions);

/** Fits only when as many others as told are fitting, too. */
const TOGETHER = `
import os, time
from sklearn.linear_model import LinearRegression

columns = ["x", "y"]
params = {"meeting": str, "size": int}

def fit(df, key, params):
    with open(os.path.join(params["meeting"], str(os.getpid())), "w"):
        pass
    give_up = time.monotonic() + 60
    while len(os.listdir(params["meeting"])) < params["size"]:
        if time.monotonic() > give_up:
            raise TimeoutError("nobody else came")
        time.sleep(0.01)
    return LinearRegression().fit(df[["x"]], df["y"])
`;

const LOAD = `
import glob, joblib, sys
for path in sorted(glob.glob(sys.argv[1] + "/*.joblib")):
    model = joblib.load(path)
    print(type(model).__name__, *model.coef_, model.intercept_)
`;

function tasksOf({ events }: Trained) {
  return events.filter((event) => event.type === "task.ran");
}

describe("two gzip files and scikit-learn", () => {
  test("are two models, fitted at the same time on two executors, without a shuffle", async ({
    server,
    python,
  }) => {
    const folder = temporaryFolder();
    const meeting = join(folder, "meeting");
    mkdirSync(meeting);
    const module = join(folder, "train.py");
    writeFileSync(module, TOGETHER);
    const there = await trained({
      ...{ source: join(TWO_LINES, "line-*.csv.gz"), perFile: true, python },
      ...{ trainer: { module, params: { meeting, size: 2 } }, engine: { spark: server } },
    } as never);
    expect(there.manifest.counts.states).toMatchObject({ fitted: 2, failed: 0 });

    const tasks = tasksOf(there);
    expect(tasks).toHaveLength(2);
    expect(new Set(tasks.map(({ executor }) => executor)).size).toBe(2);
    expect(new Set(tasks.map(({ stage }) => stage)).size).toBe(1);
    expect(tasks.map(({ attempt }) => attempt)).toEqual([0, 0]);
    const [one, other] = tasks;
    expect(one!.startedAtMs).toBeLessThan(other!.endedAtMs);
    expect(other!.startedAtMs).toBeLessThan(one!.endedAtMs);
    expect(there.events.find(({ type }) => type === "rows.exchanged")).toMatchObject({
      ...{ rowsWritten: 0, bytesWritten: 0, rowsRead: 0, bytesRead: 0 },
    });

    const models = join(folder, "models");
    mkdirSync(models);
    for (const [i, { model_blob }] of there.models.entries())
      writeFileSync(join(models, `${i}.joblib`), Buffer.from(model_blob as string, "hex"));
    const { stdout, stderr } = spawnSync(python, ["-c", LOAD, models], { encoding: "utf8" });
    expect(stderr).toBe("");
    const loaded = stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" "));
    expect(loaded.map(([name, slope]) => [name, Number(slope).toFixed(1)])).toEqual([
      ["LinearRegression", "2.5"],
      ["LinearRegression", "3.0"],
    ]);
  });
});

test("the example's page names a flag by which it runs on a cluster, with the same digest", async ({
  server,
}) => {
  const page = readFileSync(join(TWO_LINES, "README.md"), "utf8");
  const [line] = /^npx manyfit train .* --spark sc:\/\/localhost:15002$/m.exec(page)!;
  const cwd = temporaryFolder();
  symlinkSync(join(TWO_LINES, ".."), join(cwd, "examples"));
  const digests: unknown[] = [];
  for (const command of [line.replace("sc://localhost:15002", server), line.replace(/ --spark \S+/, "")]) {
    const told = `${command.replace(/^npx manyfit/, CLI_COMMAND)} --json`;
    const { code, stdout, stderr } = await runShell(told, { cwd });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    digests.push((JSON.parse(stdout) as { readonly digest: string }).digest);
  }
  expect(new Set(digests).size).toBe(1);
});

test("rows that are brought together by key are counted on their way", async ({ server }) => {
  const query = "sql:select id % 7 as k, cast(id as double) as x, 2D * id as y from range(0, 7000, 1, 3)";
  const there = await trained({
    ...{ source: query, by: "k", engine: { spark: server, tasks: 3 } },
    trainer: { estimator: "linear-regression", params: { target: "y", features: ["x"] } },
  } as never);
  const exchanged = there.events.find((event) => event.type === "rows.exchanged")!;
  expect(exchanged).toMatchObject({ rowsWritten: 7000, rowsRead: 7000 });
  // Three numbers of 8 bytes each at least, which compression may make smaller: but never nothing.
  expect(Math.min(exchanged.bytesWritten, exchanged.bytesRead)).toBeGreaterThan(7000);
  const tasks = tasksOf(there);
  expect(tasks.map(({ task }) => task).sort()).toEqual([0, 1, 2]);
  for (const { startedAtMs, endedAtMs, host } of tasks) {
    expect(endedAtMs).toBeGreaterThanOrEqual(startedAtMs);
    expect(host).not.toBe("");
  }
});
