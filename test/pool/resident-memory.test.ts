import { describe, expect, test } from "vitest";
import { residentMemory } from "../../src/pool/resident-memory.ts";

describe("resident memory", () => {
  test("of this process is what Node says, and of one that is not there nothing", async () => {
    const none = 2 ** 22 + 1;
    const found = await residentMemory([process.pid, none]);
    const share = found.get(process.pid)! / process.memoryUsage.rss();
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(1.3);
    expect([...found.keys()]).toEqual([process.pid]);
  });
});
