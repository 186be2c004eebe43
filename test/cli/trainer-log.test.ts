import { describe, expect, test } from "vitest";
import { PLAIN_STYLE } from "../../src/cli/style.ts";
import { createTrainerLog } from "../../src/cli/trainer-log.ts";
import type { RunEvent } from "../../src/index.ts";

const STARTED: RunEvent = {
  type: "run.started",
  atMs: 0,
  version: 1,
  run: "r1",
  engine: "local",
  workers: 2,
};

function logged(text: string, partition: number | null = 7, key: string | null = null): RunEvent {
  return { type: "trainer.logged", atMs: 1, task: 0, partition, key, stream: "stdout", text };
}

/** What is written of some events. */
function written(events: readonly RunEvent[]): string[] {
  const texts: string[] = [];
  const log = createTrainerLog({ write: (text) => texts.push(text), style: PLAIN_STYLE, out: "my runs" });
  for (const event of [STARTED, ...events]) log(event);
  return texts.join("").split("\n").slice(0, -1);
}

describe("what trainers print", () => {
  test("is shown line by line, with the partition that was at work", () => {
    expect(written([logged("one\ntwo\r\n\n", 12), logged("loaded\n", null), logged("no end")])).toEqual([
      "[partition 12] one",
      "[partition 12] two",
      "[trainer] loaded",
      "[partition 7] no end",
    ]);
  });

  test("names the key of a partition, and nothing of the key can draw either", () => {
    const lines = written([
      logged("one\n", 12, "store=17, item=a"),
      logged("two\n", 13, "store=\u001b[2J"),
      logged("three\n", 0, "all rows"),
    ]);
    expect(lines).toEqual(["[store=17, item=a] one", "[store=\\u001b[2J] two", "[all rows] three"]);
  });

  test("is escaped, so that it cannot draw over the progress", () => {
    expect(written([logged("\u001b[2Jgone\rover\n")])).toEqual(["[partition 7] \\u001b[2Jgone\\u000dover"]);
  });

  test("is shown for twenty lines, then it is said once where more of it is", () => {
    const exactly = Array.from({ length: 20 }, (_, i) => logged(`${i}\n`));
    expect(written(exactly)).toHaveLength(20);
    const more = written([...exactly, logged("21\n"), logged("22\n")]);
    expect(more).toHaveLength(21);
    expect(more.at(-1)).toBe(
      '[trainer] prints more than 20 lines; more of them are in "my runs/r1/events.ndjson"',
    );
    const atOnce = written([logged(Array.from({ length: 50 }, (_, i) => `${i}\n`).join("")), logged("x\n")]);
    expect(atOnce).toHaveLength(21);
    expect(atOnce[19]).toBe("[partition 7] 19");
  });

  test("is nothing where there are only other events", () => {
    expect(
      written([
        { type: "run.planned", atMs: 1, partitions: 1, rows: null, skips: 0, bytes: 1, isEstimator: true },
      ]),
    ).toEqual([]);
  });
});
