import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { Job } from "../../src/job/job.ts";
import { type OpenedEngine, openEngine } from "../../src/open-engine.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { NEVER } from "./collect-run.ts";

const MEGABYTE = 2 ** 20;

function job(source: string, where: string | null, isPerFile: boolean, fit: string): Job {
  const module = join(temporaryFolder(), "trainer.ts");
  writeFileSync(
    module,
    `import { defineTrainer } from "manyfit";
     export default defineTrainer({ columns: ["x"], fit: async () => { ${fit} } });`,
  );
  return {
    source: plainSource([source], { where }),
    partitioning: isPerFile ? { kind: "file" } : { kind: "by", columns: ["k"] },
    trainer: { module, params: {} },
    seed: 1,
    ...PLAIN_JOB,
  };
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Memory of arrays outside of the heap, shared or not, that somebody still holds. */
function arrayBytes(): number {
  collectGarbage();
  const { external, arrayBuffers } = process.memoryUsage();
  return Math.max(external, arrayBuffers);
}

async function withRun(spec: Job, body: (opened: OpenedEngine) => Promise<void>): Promise<void> {
  const opened = await openEngine(1);
  try {
    await opened.engine.inspect(spec, () => undefined, NEVER);
    await body(opened);
  } finally {
    await opened.close();
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

describe("what is fitted faster than it is taken", () => {
  test("waits with the workers: large models do not fill the engine's memory", async () => {
    const folder = temporaryFolder();
    const lines = Array.from({ length: 800 }, (_, k) => `${k},1`);
    writeFileSync(join(folder, "rows.csv"), ["k,x", ...lines, ""].join("\n"));
    const spec = job(folder, null, false, `return { model: new Uint8Array(${MEGABYTE}) };`);
    await withRun(spec, async ({ engine }) => {
      const before = arrayBytes();
      let answered = 0;
      for await (const item of engine.run(NEVER)) {
        if (item.type !== "result.batch") continue;
        // As a store that is slow with its first part.
        if (answered === 0) await pause(4000);
        expect(arrayBytes() - before).toBeLessThan(300 * MEGABYTE);
        answered += item.partition.length;
      }
      expect(answered).toBe(800);
    });
  });
});

describe("what is read faster than it is fitted", () => {
  test("waits on disk: files that the engine reads do not fill its memory", async () => {
    const folder = join(temporaryFolder(), "files");
    mkdirSync(folder);
    const rows = ["x", ...Array.from({ length: 200_000 }, (_, x) => x), ""].join("\n");
    // 22 bytes a row, 264 MB in all.
    for (let i = 0; i < 60; i++) writeFileSync(join(folder, `${i}.csv`), rows);
    const spec = job(
      folder,
      "x >= 0",
      true,
      "await new Promise((done) => setTimeout(done, 50)); return { model: 1 };",
    );
    await withRun(spec, async ({ engine }) => {
      const before = arrayBytes();
      let answered = 0;
      for await (const item of engine.run(NEVER)) {
        if (item.type !== "result.batch") continue;
        if (answered === 0) await pause(6000);
        expect(arrayBytes() - before).toBeLessThan(130 * MEGABYTE);
        answered += item.partition.length;
      }
      expect(answered).toBe(60);
    });
  });
});
