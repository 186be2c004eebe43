import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { test, trainerFile } from "./python-test.ts";

const USED = { x: [1], y: [1] };
const NUMPY = 'frame = "numpy"\n';

/** What a progress cell says. */
function readCell(
  path: string,
): readonly [message: number, partition: number, startedAt: number, isAtWork: number] {
  const bytes = readFileSync(path);
  return [0, 8, 16, 24].map((at) => bytes.readDoubleLE(at)) as unknown as [number, number, number, number];
}

/** A host of its own, which can be killed: it gives its child one partition and says what the child prints. */
const HOST = `
import { spawn } from "node:child_process";
import { openSync, writeSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { encodeFrame } from "./dist/protocol/frame.js";
const [python, path] = process.argv.slice(1);
const cell = mkdtempSync(tmpdir() + "/manyfit-test-") + "/cell";
writeSync(openSync(cell, "w"), new Uint8Array(32));
const stdio = ["ignore", "pipe", "inherit", "pipe", "pipe", "pipe"];
const child = spawn(python, ["-X", "utf8", "python/manyfit_host/__main__.py"], { stdio, detached: true });
child.stdout.pipe(process.stdout);
const column = { name: "x", type: "double", isInteger: false, hasValidity: false };
const trainer = { kind: "file", path };
const one = Uint32Array.of(1);
const none = { bytes: new Uint8Array(), ends: new Int32Array() };
const partitions = {
  count: 1, rows: one, heldOut: Uint32Array.of(0), keys: [[]], seeds: one, numbers: new Float64Array(8), texts: none,
  valid: new Uint8Array(), hasNull: new Uint8Array(2),
};
for (const message of [
  { type: "init", version: 1, cell, trainer, params: {}, columns: [column], keys: [], frame: null },
  { type: "fit", id: 0, partitions },
]) for (const piece of encodeFrame(message)) child.stdio[3].write(piece);
`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // What nobody has buried yet is dead all the same.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch (thrown) {
    return process.platform !== "linux" && (thrown as NodeJS.ErrnoException).code === "ENOENT";
  }
}

async function untilDead(pid: number): Promise<void> {
  for (let i = 0; i < 1000 && isAlive(pid); i++) await sleep(10);
  expect(isAlive(pid)).toBe(false);
}

describe("the progress cell", () => {
  test("says which partition of which message is at work, and since when", async ({ startWith }) => {
    const gate = join(temporaryFolder(), "gate");
    const talk = await startWith(`${NUMPY}import os, time
def fit(df, seed):
    while seed and not os.path.exists(${JSON.stringify(gate)}): time.sleep(0.005)
    return 1`);
    expect(readCell(talk.cellPath)[3]).toBe(0);
    await talk.fit({ used: USED });
    const before = Date.now() / 1000;
    talk.sendFit([{ used: USED }, { used: USED }, { used: USED, seed: 1 }, { used: USED }]);
    await talk.until(() => readCell(talk.cellPath)[1] === 2);
    const [message, partition, startedAt, isAtWork] = readCell(talk.cellPath);
    expect([message, partition, isAtWork]).toEqual([1, 2, 1]);
    expect(startedAt).toBeGreaterThan(before - 1);
    expect(startedAt).toBeLessThan(Date.now() / 1000 + 1);
    writeFileSync(gate, "");
    while (!((await talk.next()) as { last: boolean }).last);
    expect(readCell(talk.cellPath)[3]).toBe(0);
  });

  test.for([
    ["os._exit(5)", { code: 5, signal: null }],
    ["os.kill(os.getpid(), signal.SIGKILL)", { code: null, signal: "SIGKILL" }],
    ["ctypes.string_at(0)", { code: null, signal: "SIGSEGV" }],
    ["os.abort()", { code: null, signal: "SIGABRT" }],
  ] as const)("names the partition that ended its process (%s)", async ([code, end], { startWith }) => {
    const talk = await startWith(`${NUMPY}import ctypes, os, signal
def fit(df, seed):
    if seed: ${code}
    return 1`);
    talk.sendFit([{ used: USED }, { used: USED, seed: 1 }, { used: USED }]);
    expect(await talk.ended).toEqual(end);
    const [message, partition, , isAtWork] = readCell(talk.cellPath);
    expect([message, partition, isAtWork]).toEqual([0, 1, 1]);
    // The interpreter's own last words name the line.
    if (end.signal === "SIGSEGV")
      expect(talk.printed).toMatch(/Segmentation fault[\s\S]*train\.py", line 4 in fit/);
  });

  test("names the partition that never ends, be it in Python or in C", async ({ startWith }) => {
    for (const loop of ["while True: pass", "sum(iter(int, 1))"]) {
      const talk = await startWith(`${NUMPY}def fit(df, seed):\n    if seed:\n        ${loop}\n    return 1`);
      talk.sendFit([{ used: USED }, { used: USED }, { used: USED, seed: 1 }]);
      await talk.until(() => readCell(talk.cellPath)[1] === 2);
      expect(readCell(talk.cellPath)[3]).toBe(1);
      await talk.kill();
      expect((await talk.ended).signal).toBe("SIGKILL");
    }
  });
});

describe("a child", () => {
  test("is the leader of its own group, ignores interrupts, and has nothing to read from", async ({
    startWith,
  }) => {
    const talk = await startWith(`${NUMPY}import os, sys
def fit(df):
    return 1, {"leads": os.getpgrp() == os.getpid(), "empty": sys.stdin.read() == "", "seed": os.environ["PYTHONHASHSEED"] == "0",
               "threads": float(os.environ["OMP_NUM_THREADS"]), "utf8": sys.flags.utf8_mode}`);
    process.kill(talk.process.pid!, "SIGINT");
    const [fit] = await talk.fit({ used: USED });
    expect(fit!.metrics).toEqual({ leads: 1, empty: 1, seed: 1, threads: 1, utf8: 1 });
  });

  test("ends when its host has no more to say", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}def fit(df): return 1`);
    (talk.process.stdio[3] as { end: () => void }).end();
    expect(await talk.ended).toEqual({ code: 0, signal: null });
  });

  test("ends with a damaged stream, and says so", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}def fit(df): return 1`);
    (talk.process.stdio[3] as { write: (bytes: Uint8Array) => void }).write(Buffer.alloc(64, 1));
    expect((await talk.ended).code).toBe(72);
    expect(talk.printed).toContain("frame begins with 01010101, expected 0146666d: the stream is damaged");
  });

  test("refuses a host of another version", async ({ start }) => {
    const talk = start();
    const { path } = trainerFile(`${NUMPY}def fit(df): return 1`);
    talk.send({
      ...{ type: "init", version: 2, cell: talk.cellPath, trainer: { kind: "file", path } },
      ...{ params: {}, columns: [], keys: [], frame: null },
    });
    const message = "host speaks version 2 of the protocol, its Python child 1";
    expect(await talk.next()).toEqual({ type: "broken", code: "internal", message });
  });

  test.for([
    ["waits", "time.sleep(1000)"],
    ["loops", "while True: pass"],
  ])("that %s is gone with its life line, and with what it started", async ([, code], { startWith }) => {
    const talk = await startWith(`${NUMPY}import subprocess, time
def fit(df):
    print(subprocess.Popen(["sleep", "1000"]).pid)
    ${code}`);
    talk.sendFit([{ used: USED }]);
    await talk.until(() => talk.textOf(0, 0).endsWith("\n"));
    const started = Number(talk.textOf(0, 0));
    expect(isAlive(started)).toBe(true);
    talk.cutLifeLine();
    expect((await talk.ended).signal).toBe("SIGKILL");
    await untilDead(started);
  });

  test("is gone with its host, even while C keeps the interpreter", async ({ python, linux }) => {
    expect(linux).toBe(true);
    const { path } = trainerFile(
      `${NUMPY}import os\ndef fit(df):\n    os.write(1, b"%d\\n" % os.getpid())\n    sum(iter(int, 1))`,
    );
    const host = spawn(process.execPath, ["--input-type=module", "--eval", HOST, python, path], {
      stdio: ["ignore", "pipe", "inherit"],
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
    });
    const [pid] = (await once(host.stdout, "data")) as [Buffer];
    const child = Number(pid);
    expect(isAlive(child)).toBe(true);
    host.kill("SIGKILL");
    await untilDead(child);
  });

  test("that forks goes on alone: the fork that comes back says nothing", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import os
def fit(df, seed):
    child = os.fork()
    if child: os.waitpid(child, 0)
    return child == 0, {"fork": child == 0}`);
    const fits = await talk.fit({ used: USED }, { used: USED });
    expect(fits.map(({ metrics }) => metrics)).toEqual([{ fork: 0 }, { fork: 0 }]);
    expect((await talk.fit({ used: USED }))[0]!.metrics).toEqual({ fork: 0 });
  });
});

describe("messages", () => {
  test("of any size arrive, and results are told while the message is at work", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}def fit(df, seed):
    return bytes(seed), {"sum": df["x"].sum()}`);
    const many = Array.from({ length: 1000 }, (_, i) => ({ used: { x: [i], y: [0] } }));
    expect((await talk.fit(...many)).map(({ metrics }) => metrics["sum"])).toEqual([...many.keys()]);
    const large = { x: Array.from({ length: 300_000 }, (_, i) => i), y: Array(300_000).fill(1) };
    const [big] = await talk.fit({ used: large, seed: 5_000_000 });
    expect(big!.metrics).toEqual({ sum: (300_000 * 299_999) / 2 });
    expect(big!.model!.length).toBeGreaterThan(5_000_000);
    // 3 MB each: two are 4 MB and more, and are told without waiting for the third.
    const id = talk.sendFit(Array(3).fill({ used: USED, seed: 3_000_000 }));
    const first = await talk.next();
    expect(first).toMatchObject({ type: "fitted", id, first: 0, count: 2, last: false });
    expect(await talk.next()).toMatchObject({ type: "fitted", id, first: 2, count: 1, last: true });
  });

  test("are told every 50 ms", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import time\ndef fit(df): time.sleep(0.06); return 1`);
    const id = talk.sendFit(Array(3).fill({ used: USED }));
    for (const [first, last] of [
      [0, false],
      [1, false],
      [2, true],
    ])
      expect(await talk.next()).toMatchObject({ id, first, count: 1, last });
  });

  test("have the time at which each fit began, and how long it took", async ({ startWith }) => {
    const talk = await startWith(`${NUMPY}import time\ndef fit(df, seed): time.sleep(seed / 1000); return 1`);
    const before = Date.now();
    const [slow, quick] = await talk.fit({ used: USED, seed: 200 }, { used: USED });
    expect(slow!.durationMs).toBeGreaterThanOrEqual(200);
    expect(slow!.startedAtMs).toBeGreaterThan(before - 100);
    expect(quick!.startedAtMs).toBeGreaterThanOrEqual(slow!.startedAtMs + 199);
    expect(quick!.durationMs).toBeLessThan(slow!.durationMs);
  });

  test("have long names, whatever characters they are of", async ({ start }) => {
    const name = `ü𝄞"\\\n${"x".repeat(3000)}`;
    const talk = start();
    const source = `${NUMPY}def fit(df, key): return 1, {"n": len(list(df)[0]), "k": len(key["${"k".repeat(2000)}"])}`;
    const columns = [{ name, type: "double", isInteger: false, hasValidity: false }] as const;
    await talk.init(trainerFile(source), { columns, keys: ["k".repeat(2000)] });
    const [fit] = await talk.fit({ used: { [name]: [1] }, key: ["ž".repeat(5000)] });
    expect(fit!.metrics).toEqual({ n: [...name].length, k: 5000 });
  });

  test("have keys as JSON says them", async ({ startWith }) => {
    const source = `${NUMPY}def fit(df, key):\n    print(key)\n    return 1`;
    const talk = await startWith(source, { keys: ["a", "b", "c", "d", "e"] });
    await talk.fit({ used: USED, key: ["9007199254740993", 1.5, null, true, -0] });
    const shown = "{'a': '9007199254740993', 'b': 1.5, 'c': None, 'd': True, 'e': -0.0}\n";
    expect(talk.textOf(0, 0)).toBe(shown);
  });
});
