import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRunId, listRuns, resolveRun } from "../../src/store/run-folder.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A folder of runs with these names; a name that ends in `!` is a committed run. */
function runsFolderWith(...names: readonly string[]): string {
  const runsFolder = temporaryFolder();
  for (const name of names) {
    const folder = join(runsFolder, name.replace("!", ""));
    mkdirSync(join(folder, "parts"), { recursive: true });
    if (name.endsWith("!")) writeFileSync(join(folder, "manifest.json"), "{}");
  }
  return runsFolder;
}

const FIRST = "2026-11-22T14-42-09Z-7f3kq";
const SECOND = "2026-11-22T14-42-10Z-00000";
const THIRD = "2026-12-01T00-00-00Z-00zzz";

describe("a run id", () => {
  test("is the second of its start, two characters for its millisecond, and three more", () => {
    const id = createRunId(Date.UTC(2026, 10, 22, 14, 42, 9, 999));
    expect(id).toMatch(/^2026-11-22T14-42-09Z-rr[0-9a-z]{3}$/);
  });

  test("sorts by start, to the millisecond", () => {
    const starts = [0, 1, 35, 36, 999, 1000, 61_000, 1e9, 1.7e12, 1.7e12 + 1, 1.8e12];
    const ids = starts.map((atMs) => createRunId(atMs));
    expect([...ids].sort()).toEqual(ids);
  });

  test("is another one for runs of the same millisecond", () => {
    const ids = new Set(Array.from({ length: 40 }, () => createRunId(0)));
    expect(ids.size).toBeGreaterThan(37);
  });
});

describe("the runs of a folder", () => {
  test("are listed in the order of their start, committed or not, and nothing else is", async () => {
    const runsFolder = runsFolderWith(THIRD, `${FIRST}!`, SECOND);
    mkdirSync(join(runsFolder, "not-a-run"));
    writeFileSync(join(runsFolder, "notes.txt"), "");
    symlinkSync("nowhere", join(runsFolder, "broken"));
    expect(await listRuns(runsFolder)).toEqual([
      {
        id: FIRST,
        folder: join(runsFolder, FIRST),
        startedAtMs: Date.UTC(2026, 10, 22, 14, 42, 9) + 7 * 36 + 15,
        isCommitted: true,
      },
      {
        id: SECOND,
        folder: join(runsFolder, SECOND),
        startedAtMs: Date.UTC(2026, 10, 22, 14, 42, 10),
        isCommitted: false,
      },
      { id: THIRD, folder: join(runsFolder, THIRD), startedAtMs: Date.UTC(2026, 11, 1), isCommitted: false },
    ]);
  });

  test("are none in a folder that does not exist, and in a file", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    expect(await listRuns(file)).toEqual([]);
    expect(await listRuns(`${file}-not`)).toEqual([]);
  });

  test("with names of their own stand where their folder was made", async () => {
    const runsFolder = runsFolderWith("2020-01-01T00-00-00Z-00aaa", "my-run", "9999-01-01T00-00-00Z-00aaa");
    expect((await listRuns(runsFolder)).map((run) => run.id)).toEqual([
      ...["2020-01-01T00-00-00Z-00aaa", "my-run", "9999-01-01T00-00-00Z-00aaa"],
    ]);
  });
});

describe("runs with names of their own", () => {
  /** Folders as `runsFolderWith` makes them, in which a file says when the run began. */
  function startedRuns(starts: Readonly<Record<string, readonly [file: string, startedAt: string]>>): string {
    const runsFolder = runsFolderWith(...Object.keys(starts));
    for (const [name, [file, startedAt]] of Object.entries(starts)) {
      const content = { format: 1, run: name, startedAt, sources: "x".repeat(10_000) };
      writeFileSync(join(runsFolder, name, file), JSON.stringify(content, null, 2));
    }
    return runsFolder;
  }

  test("stand where they began, as their manifest or their job says", async () => {
    const runsFolder = startedRuns({
      "b-second": ["job.json", "2026-11-22T14:42:10.000Z"],
      "a-third": ["manifest.json", "2026-11-22T14:42:11.000Z"],
      "c-first": ["manifest.json", "2026-11-22T14:42:08.000Z"],
    });
    mkdirSync(join(runsFolder, FIRST, "parts"), { recursive: true });
    const runs = await listRuns(runsFolder);
    expect(runs.map((run) => run.id)).toEqual(["c-first", FIRST, "b-second", "a-third"]);
    expect(runs.map((run) => run.isCommitted)).toEqual([true, false, false, true]);
    expect(await resolveRun("latest", runsFolder)).toBe(join(runsFolder, "a-third"));
  });

  test("stand where their folder was made when what they say is no time", async () => {
    const before = Date.now() - 1000;
    const runsFolder = startedRuns({ night: ["job.json", "yesterday"] });
    const [run] = await listRuns(runsFolder);
    expect(run!.startedAtMs).toBeGreaterThan(before);
  });
});

describe("a run is found", () => {
  const runsFolder = runsFolderWith(`${FIRST}!`, SECOND, THIRD, "named", "named-too");

  test.each([
    [FIRST, FIRST],
    ["2026-12", THIRD],
    ["2026-11-22T14-42-1", SECOND],
    ["named", "named"],
    ["named-", "named-too"],
  ])("by %s", async (run, found) => {
    expect(await resolveRun(run, runsFolder)).toBe(join(runsFolder, found));
  });

  test("by the path of its folder, wherever that is", async () => {
    expect(await resolveRun(join(runsFolder, FIRST), temporaryFolder())).toBe(join(runsFolder, FIRST));
    expect(await resolveRun(`${join(runsFolder, "named")}/`, temporaryFolder())).toBe(
      join(runsFolder, "named"),
    );
  });

  test("as the latest, whatever became of it", async () => {
    expect(await resolveRun("latest", runsFolderWith(SECOND, `${FIRST}!`))).toMatch(SECOND);
  });
});

describe("a run that is not found is an error that says", () => {
  test("what was looked for, where, and what is there", async () => {
    const runsFolder = runsFolderWith(FIRST, SECOND);
    await expect(resolveRun("2027", runsFolder)).rejects.toMatchObject({
      code: "run_not_found",
      message: `run 2027: no such id in ${runsFolder}; there are: ${FIRST}, ${SECOND}`,
    });
    await expect(resolveRun("some/where", runsFolder)).rejects.toMatchObject({
      message: `run some/where: no run folder at ${join(process.cwd(), "some/where")}, and no such id in ${runsFolder}; there are: ${FIRST}, ${SECOND}`,
    });
  });

  test("that what is there is no run", async () => {
    const folder = join(temporaryFolder(), "data");
    mkdirSync(folder);
    const runsFolder = runsFolderWith(FIRST);
    await expect(resolveRun(folder, runsFolder)).rejects.toMatchObject({
      code: "run_not_found",
      message: `run ${folder}: ${folder} is no run folder, and no such id in ${runsFolder}; there are: ${FIRST}`,
    });
  });

  test("that there is none", async () => {
    const runsFolder = join(temporaryFolder(), "runs");
    expect(existsSync(runsFolder)).toBe(false);
    await expect(resolveRun("latest", runsFolder)).rejects.toMatchObject({
      code: "run_not_found",
      message: `run latest: looked in ${runsFolder}; there is no run there`,
    });
    await expect(resolveRun("", runsFolder)).rejects.toMatchObject({ code: "run_not_found" });
  });

  test("which ones it could be", async () => {
    const runsFolder = runsFolderWith(FIRST, SECOND, THIRD);
    await expect(resolveRun("2026-11", runsFolder)).rejects.toMatchObject({
      code: "run_not_found",
      message: `run 2026-11: 2 ids begin with it (${FIRST}, ${SECOND}); say more of it`,
    });
  });

  test("only the last of many", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `2026-11-${10 + i}T00-00-00Z-00aaa`);
    await expect(resolveRun("x", runsFolderWith(...names))).rejects.toThrow(
      `there are: ${names.slice(-8).join(", ")} and 12 earlier`,
    );
  });
});
