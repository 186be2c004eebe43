import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linearRegression, type RunEvent, train } from "../../src/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("a commit tells how far it is, and phases last as long as the run says", async () => {
  const folder = temporaryFolder();
  const source = join(folder, "stores.csv");
  const rows = Array.from({ length: 9000 }, (_, i) => `${Math.floor(i / 3)},${i % 3},${(i * 7) % 5}`);
  writeFileSync(source, `${["store,x,y", ...rows].join("\n")}\n`);
  const events: RunEvent[] = [];
  const run = await train({
    ...{ source, by: "store", runs: join(folder, "runs"), workers: 0 },
    trainer: linearRegression({ target: "y", features: ["x"] }),
    onEvent: (event) => events.push(event),
  });
  const started = events.findIndex((event) => event.type === "phase.started" && event.phase === "committing");
  const told = events
    .slice(started + 1)
    .flatMap((event) => (event.type === "phase.progressed" ? [event] : []));
  expect(told.every((event) => event.phase === "committing")).toBe(true);
  const done = told.map((event) => event.done);
  expect(done.length).toBeGreaterThanOrEqual(4);
  expect(done).toEqual([...new Set(done)].sort((a, b) => a - b));
  expect(done.at(-1)).toBe(3000);
  expect(events.at(-1)!.type).toBe("run.committed");
  const { phaseMs, durationMs, startedAt } = run.manifest!;
  const sum = Object.values(phaseMs).reduce((total, ms) => total + ms, 0);
  const firstPhase = events.find((event) => event.type === "phase.started")!;
  // Phases follow each other without a gap: what is not theirs lies before the first.
  expect(sum).toBe(durationMs - (firstPhase.atMs - Date.parse(startedAt)));
  // The log ends where the manifest takes over.
  const log = readFileSync(join(run.folder, "events.ndjson"), "utf8").trimEnd().split("\n");
  expect(JSON.parse(log.at(-1)!)).toMatchObject({ type: "phase.progressed", phase: "committing", done: 0 });
  await run.close();
});
