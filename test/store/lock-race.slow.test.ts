import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { kill, leaveLock, recordIn, startTaker, take } from "./lock-taker.ts";

describe("the lock of a run folder", () => {
  test("goes to exactly one of several processes that take over a stale one at once, twenty times", async () => {
    for (let round = 0; round < 20; round++) {
      const folder = temporaryFolder();
      await leaveLock(folder, { bootId: "another-boot" });
      const children = await Promise.all(Array.from({ length: 2 + (round % 2) }, () => startTaker(folder)));
      const answers = await Promise.all(children.map(take));
      const [winner, ...others] = answers.filter((answer) => answer.code === undefined);
      expect(others).toEqual([]);
      expect(recordIn(folder).pid).toBe(winner!.pid);
      const pids = children.map((child) => child.pid);
      for (const { code, message } of answers.filter((answer) => answer.code !== undefined)) {
        expect(code).toBe("run_locked");
        expect(pids).toContain(Number(/process (\d+)/.exec(message!)![1]));
      }
      await Promise.all(children.map(kill));
    }
  });

  test("goes to one of two processes that lock a new folder at once, twenty times", async () => {
    for (let round = 0; round < 20; round++) {
      const folder = temporaryFolder();
      const children = await Promise.all([startTaker(folder), startTaker(folder)]);
      const answers = await Promise.all(children.map(take));
      expect(answers.map((answer) => answer.code ?? "locked").sort()).toEqual(["locked", "run_locked"]);
      await Promise.all(children.map(kill));
    }
  });
});
