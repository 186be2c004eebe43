import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { eventsFrom } from "../../src/run/event-log.ts";
import type { RunEvent } from "../../src/run/run-event.ts";
import { EventWriter } from "../../src/store/event-writer.ts";
import { temporaryFolder } from "../temporary-folder.ts";

function progress(done: number): RunEvent {
  return { type: "phase.progressed", atMs: done, phase: "fitting", done };
}

describe("the writer of events", () => {
  test("writes them in order, soon and without being asked", async () => {
    const path = join(temporaryFolder(), "events.ndjson");
    const writer = new EventWriter(path);
    const events = Array.from({ length: 100 }, (_, i) => progress(i));
    for (const event of events) writer.add(event);
    expect(existsSync(path)).toBe(false);
    await expect.poll(() => existsSync(path)).toBe(true);
    await writer.flush();
    expect(eventsFrom(readFileSync(path, "utf8"))).toEqual(events);
  });

  test("writes each once, however often it is flushed", async () => {
    const path = join(temporaryFolder(), "events.ndjson");
    const writer = new EventWriter(path);
    const flushes: Promise<void>[] = [];
    for (let i = 0; i < 50; i++) {
      writer.add(progress(i));
      flushes.push(writer.flush());
    }
    await Promise.all(flushes);
    expect(eventsFrom(readFileSync(path, "utf8"))).toEqual(Array.from({ length: 50 }, (_, i) => progress(i)));
  });

  test("says that it cannot write, and keeps the events for the next time", async () => {
    const folder = join(temporaryFolder(), "later");
    const writer = new EventWriter(join(folder, "events.ndjson"));
    writer.add(progress(1));
    await expect(writer.flush()).rejects.toMatchObject({ code: "ENOENT" });
    writer.add(progress(2));
    mkdirSync(folder);
    await writer.flush();
    expect(eventsFrom(readFileSync(join(folder, "events.ndjson"), "utf8"))).toEqual([
      progress(1),
      progress(2),
    ]);
  });
});
