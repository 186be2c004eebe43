import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ThreadPool } from "../../src/pool/thread-pool.ts";
import type { PoolInit } from "../../src/pool/worker-pool.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("threads that cannot all be started leave none behind", async () => {
  const file = join(temporaryFolder(), "beats");
  const entry = join(temporaryFolder(), "thread.mjs");
  writeFileSync(
    entry,
    `import { appendFileSync } from "node:fs";
     setInterval(() => appendFileSync(${JSON.stringify(file)}, "x"), 10);`,
  );
  let asked = 0;
  const init = {
    // The first thread is told; for the second one something cannot be sent.
    get seed() {
      return asked++ === 0 ? 1 : () => undefined;
    },
  } as unknown as PoolInit;
  const listener = { onMessage: () => undefined, onDeath: () => undefined, onFailure: () => undefined };
  expect(() => new ThreadPool(3, entry, init, listener)).toThrow(/could not be cloned/);
  const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
  await pause(500);
  writeFileSync(file, "");
  await pause(100);
  expect(readFileSync(file, "utf8")).toBe("");
});
