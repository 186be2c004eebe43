import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { acquireLock, inspectLock } from "../../src/store/lock.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { kill, leaveLock, recordIn, startTaker, take } from "./lock-taker.ts";

describe("the lock of a run folder", () => {
  test("names its process, is refused to others while that lives, and is gone after its release", async () => {
    const folder = temporaryFolder();
    const lock = await acquireLock(folder);
    expect(recordIn(folder)).toMatchObject({ pid: process.pid, host: hostname() });
    expect(await inspectLock(folder)).toMatchObject({ kind: "held", owner: { pid: process.pid } });
    await expect(acquireLock(folder)).rejects.toMatchObject({ code: "run_locked" });
    await lock.release();
    expect(existsSync(join(folder, "lock"))).toBe(false);
    expect(await inspectLock(folder)).toEqual({ kind: "none" });
    await (await acquireLock(folder)).release();
  });

  test("is refused with the pid of another process that has it", async () => {
    const folder = temporaryFolder();
    const child = await startTaker(folder);
    await take(child);
    await expect(acquireLock(folder)).rejects.toMatchObject({
      code: "run_locked",
      message: expect.stringContaining(`process ${child.pid} on ${hostname()}`),
    });
    await kill(child);
  });

  test("is taken over when its process was killed", async () => {
    const folder = temporaryFolder();
    const child = await startTaker(folder);
    await take(child);
    await kill(child);
    expect(await inspectLock(folder)).toMatchObject({ kind: "stale", owner: { pid: child.pid } });
    const lock = await acquireLock(folder);
    expect(recordIn(folder).pid).toBe(process.pid);
    await lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ["the machine was started anew", { bootId: "another-boot" }],
    ["its number was given to a younger process", { startTicks: "1" }],
  ])("is taken over when %s", async (_, changes) => {
    const folder = temporaryFolder();
    await leaveLock(folder, changes);
    expect(await inspectLock(folder)).toMatchObject({ kind: "stale" });
    await (await acquireLock(folder)).release();
  });

  test("is taken over from a process that has ended and waits for its parent, where the system tells", async () => {
    const folder = temporaryFolder();
    // The shell's child ends at once, and what the shell becomes does not ask for it.
    const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [text] = (await once(parent.stdout, "data")) as [Buffer];
    await leaveLock(folder, { pid: Number(text.toString()), startTicks: null });
    const expected = process.platform === "linux" ? "stale" : "held";
    await expect.poll(async () => (await inspectLock(folder)).kind).toBe(expected);
    parent.kill();
  });

  test("is not taken over from another machine, and the refusal says what to do", async () => {
    const folder = temporaryFolder();
    await leaveLock(folder, { host: "elsewhere", bootId: "another-boot", pid: 1 });
    await expect(acquireLock(folder)).rejects.toMatchObject({
      code: "run_locked",
      message: expect.stringMatching(/process 1 on elsewhere .* delete .*lock$/),
    });
  });

  test.each(["", '{"pid":1}'])("is taken over when its content is %j, as a crash leaves it", async (text) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "lock"), text);
    await (await acquireLock(folder)).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is taken over although a process died while it took it over", async () => {
    const folder = temporaryFolder();
    await leaveLock(folder, { bootId: "another-boot", nonce: "first" });
    const record = { ...recordIn(folder), nonce: "second" };
    writeFileSync(join(folder, "lock.claim-first"), JSON.stringify(record));
    const lock = await acquireLock(folder);
    expect(recordIn(folder).pid).toBe(process.pid);
    await lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is not released by one that no longer has it", async () => {
    const folder = temporaryFolder();
    const lock = await acquireLock(folder);
    const record = { ...recordIn(folder), nonce: "other" };
    writeFileSync(join(folder, "lock"), JSON.stringify(record));
    await lock.release();
    expect(recordIn(folder)).toEqual(record);
  });

  test("goes to exactly one of many that take over a stale one at once in one process", async () => {
    const folder = temporaryFolder();
    await leaveLock(folder, { bootId: "another-boot" });
    const taken = await Promise.allSettled(Array.from({ length: 50 }, () => acquireLock(folder)));
    const locks = taken.filter((result) => result.status === "fulfilled");
    expect(locks).toHaveLength(1);
    await locks[0]!.value.release();
    expect(readdirSync(folder)).toEqual([]);
  });
});
