import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { expect, test } from "vitest";

/** A program whose descriptor 4 does not block: writing more than fits fails with EAGAIN, or takes a part. */
const WRITER = `
  import { Socket } from "node:net";
  import { writeAll } from ${JSON.stringify(new URL("../../dist/worker/engine-pipe.js", import.meta.url).href)};
  new Socket({ fd: 4, readable: false, writable: true });
  const bytes = new Uint8Array(5_000_000);
  for (let i = 0; i < bytes.length; i++) bytes[i] = i * 31 + (i >> 8);
  writeAll(4, bytes);
  process.kill(process.pid, "SIGKILL");
`;

test("everything is written to a pipe that is full and does not block, before whoever writes dies", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", WRITER], {
    stdio: ["ignore", "inherit", "inherit", "ignore", "pipe"],
  });
  const ended = new Promise((told) => child.once("exit", (_, signal) => told(signal)));
  const pipe = child.stdio[4] as unknown as Readable;
  // Long enough for the pipe to fill.
  await new Promise((soon) => setTimeout(soon, 500));
  const hash = createHash("sha256");
  let length = 0;
  for await (const piece of pipe as AsyncIterable<Uint8Array>) {
    hash.update(piece);
    length += piece.length;
  }
  expect(length).toBe(5_000_000);
  const bytes = Uint8Array.from({ length: 5_000_000 }, (_, i) => i * 31 + (i >> 8));
  expect(hash.digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
  expect(await ended).toBe("SIGKILL");
});
