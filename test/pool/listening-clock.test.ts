import { describe, expect, test } from "vitest";
import { ListeningClock } from "../../src/pool/listening-clock.ts";

describe("the clock by which fits are timed", () => {
  test("goes with time while it is read often", () => {
    let atMs = 1000;
    const clock = new ListeningClock(() => atMs);
    for (let i = 0; i < 20; i++) {
      atMs += 50;
      clock.now();
    }
    expect(clock.now()).toBe(1000);
  });

  test("stands still while results wait, however long", () => {
    let atMs = 0;
    const clock = new ListeningClock(() => atMs);
    atMs += 30;
    clock.hold(true);
    for (let i = 0; i < 100; i++) {
      atMs += 50;
      expect(clock.now()).toBe(30);
    }
    clock.hold(false);
    atMs += 20;
    expect(clock.now()).toBe(50);
  });

  test("counts next to nothing of a time in which the engine could not look", () => {
    let atMs = 0;
    const clock = new ListeningClock(() => atMs);
    atMs += 60_000;
    expect(clock.now()).toBe(100);
    atMs += 40;
    expect(clock.now()).toBe(140);
  });
});
