import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type RunEvent, train } from "../../src/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("a run tells what it and its workers take, and what they may take", async () => {
  const folder = temporaryFolder();
  const source = join(folder, "rows.csv");
  writeFileSync(source, ["k,x", ...Array.from({ length: 40 }, (_, i) => `${i % 4},${i}`), ""].join("\n"));
  const module = join(folder, "trainer.ts");
  const body =
    "await new Promise((done) => setTimeout(done, 1500)); return { model: Buffer.alloc(1).length };";
  writeFileSync(
    module,
    `import { defineTrainer } from "manyfit";
     export default defineTrainer({ columns: ["x"], async fit() { ${body} } });`,
  );
  const samples: Extract<RunEvent, { readonly type: "memory.sampled" }>[] = [];
  const run = await train({
    ...{ source, by: "k", trainer: { module, params: {} }, runs: join(folder, "runs"), workers: 2 },
    memory: "3GB",
    onEvent: (event) => {
      if (event.type === "memory.sampled") samples.push(event);
    },
  });
  await run.close();
  expect(samples.length).toBeGreaterThan(0);
  // Two more processes of Node beside this one.
  const ownBytes = process.memoryUsage.rss();
  for (const { bytes, budgetBytes } of samples) {
    expect(bytes).toBeGreaterThan(60e6);
    expect(bytes).toBeLessThan(ownBytes + 1e9);
    expect(budgetBytes).toBe(3e9);
  }
});
