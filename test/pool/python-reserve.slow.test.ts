import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { RunEvent } from "../../src/run/run-event.ts";
import { train } from "../../src/train.ts";
import { test } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Tells each of its processes at once what it is, and prints while it is loaded. */
const TRAINER = `
import os
with open(os.path.join(os.path.dirname(__file__), "loads.txt"), "a") as file:
    file.write(f"{os.getpid()}\\n")
print("loaded")
frame = "numpy"
columns = ["x"]

def fit(df):
    return float(df["x"].sum())
`;

/** A folder with the trainer and three files of a few rows each. */
function folderWith(trainer: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "train.py"), trainer);
  for (const name of ["a", "b", "c"]) writeFileSync(join(folder, `${name}.csv`), "x\n1\n2\n");
  return folder;
}

interface Told {
  readonly python: string;
  readonly workers: number;
  readonly files?: string;
}

async function trainIn(folder: string, { python, workers, files = "*.csv" }: Told) {
  const events: RunEvent[] = [];
  const run = await train({
    source: join(folder, files),
    perFile: true,
    trainer: { module: join(folder, "train.py"), params: {} },
    ...{ runs: join(folder, "runs"), python, workers, onEvent: (event: RunEvent) => events.push(event) },
  });
  const loads = readFileSync(join(folder, "loads.txt"), "utf8").trim().split("\n");
  return { run, events, loads };
}

describe("Python children that are started before the job is settled", () => {
  test("become the workers: none is started only to say what the trainer reads", async ({ python }) => {
    const { run, loads, events } = await trainIn(folderWith(TRAINER), { python, workers: 2 });
    expect(run.manifest!.counts.states.fitted).toBe(3);
    expect(new Set(loads).size).toBe(2);
    expect(loads).toHaveLength(2);
    // What a worker prints while it is loaded is told, also of the one that was asked.
    const logged = events.filter((event) => event.type === "trainer.logged");
    expect(logged.map(({ text }) => text)).toEqual(["loaded\n", "loaded\n"]);
  });

  test("are no more than there are files", async ({ python }) => {
    const { run, loads } = await trainIn(folderWith(TRAINER), { python, workers: 4, files: "a.csv" });
    expect(run.manifest!.counts.states.fitted).toBe(1);
    expect(loads).toHaveLength(1);
  });

  test("are started anew where one is gone before it has work", async ({ python }) => {
    // The one that is not asked what it reads ends as soon as the other was: before, or when, its work comes.
    const trainer = `${TRAINER}
import threading, time

def place(name):
    return os.path.join(os.path.dirname(__file__), name)

def columns(schema):
    with open(place("asked.new"), "w") as file:
        file.write(str(os.getpid()))
    os.rename(place("asked.new"), place("asked"))
    return ["x"]

def end_once():
    while not os.path.exists(place("asked")):
        time.sleep(0.005)
    if open(place("asked")).read() == str(os.getpid()):
        return
    try:
        open(place("ended"), "x").close()
    except FileExistsError:
        return
    os._exit(3)

threading.Thread(target=end_once, daemon=True).start()
`;
    const { run, loads } = await trainIn(folderWith(trainer), { python, workers: 2 });
    expect(run.manifest!.counts.states.fitted).toBe(3);
    expect(loads.length).toBeGreaterThanOrEqual(2);
  });

  test("say what is wrong with the trainer, as Python, and are gone then", async ({ python }) => {
    const folder = folderWith("import os\nos._exit(5)\n");
    writeFileSync(join(folder, "loads.txt"), "");
    await expect(trainIn(folder, { python, workers: 2 })).rejects.toMatchObject({
      code: "trainer_invalid",
      message: expect.stringMatching(/train\.py could not be loaded: Python ended with exit code 5/),
    });
  });
});
