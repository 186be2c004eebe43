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

function logged(text: string, partition: number | null = 7): RunEvent {
  return { type: "trainer.logged", atMs: 1, task: 0, partition, key: null, stream: "stdout", text };
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
    expect(written([{ type: "run.planned", atMs: 1, partitions: 1, rows: null, skips: 0 }])).toEqual([]);
  });
});
