import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { ALL_ROWS } from "../../src/job/policy.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { type EngineMessage, PROTOCOL_VERSION } from "../../src/protocol/message.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { bundledText } from "./bundled-text.ts";
import { MADE_COLUMNS, madeBucket } from "./made-bucket.ts";

const ENTRY = createRequire(import.meta.url).resolve("#worker-process");

test("what a trainer started ends with its process, though the engine is gone and last words are left to be told", async () => {
  const mark = join(temporaryFolder(), "pid");
  // Of what is printed beyond the limit, the first is told at once and the second only later.
  const path = await bundledText(`
    import { spawn } from "node:child_process";
    import { writeFileSync } from "node:fs";
    export default defineTrainer({
      columns: ["x"],
      async fit() {
        const { pid } = spawn("sleep", ["60"], { stdio: "ignore" });
        console.error("x".repeat(20_000));
        console.error("last words");
        writeFileSync(${JSON.stringify(mark)}, String(pid));
        await new Promise((done) => setTimeout(done, 60_000));
      },
    });`);
  const child = spawn(process.execPath, [ENTRY], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    detached: true,
  });
  const ended = new Promise<void>((told) => child.once("exit", () => told()));
  const [toWorker, fromWorker] = child.stdio.slice(3) as unknown as [Duplex, Duplex];
  const messages: EngineMessage[] = [
    {
      type: "init",
      version: PROTOCOL_VERSION,
      worker: 0,
      trainer: { kind: "module", path, params: {} },
      readColumns: MADE_COLUMNS,
      keyFields: [],
      seed: 1,
      rowPolicy: ALL_ROWS,
      filePlan: null,
    },
    { type: "data", task: 0, attempt: 0, bucket: madeBucket(0, 1), from: 0, to: 1, keys: null },
  ];
  for (const message of messages) for (const piece of encodeFrame(message)) toWorker.write(piece);
  fromWorker.resume();
  const written = (): string => {
    try {
      return readFileSync(mark, "utf8");
    } catch {
      return "";
    }
  };
  while (written() === "") await new Promise((soon) => setTimeout(soon, 20));
  const pid = Number(written());
  fromWorker.destroy();
  toWorker.destroy();
  await ended;
  await new Promise((soon) => setTimeout(soon, 300));
  const isLeft = isAlive(pid);
  if (isLeft) process.kill(pid, "SIGKILL");
  expect(isLeft).toBe(false);
});

/** Whether a process runs; one that nobody has asked after yet does not. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}
