import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { openEngine } from "../src/open-engine.ts";

/** What DuckDB refuses: it has no such limit. */
const BROKEN = { memoryBytes: Number.NaN, memoryPerWorkerBytes: null, isProcess: false };

test("an engine that cannot be opened leaves no listener behind", async () => {
  const before = process.listenerCount("exit");
  await expect(openEngine(1, { memory: BROKEN })).rejects.toThrow();
  expect(process.listenerCount("exit")).toBe(before);
});

test("many engines at a time listen to the end of the process once", async () => {
  const before = process.listenerCount("exit");
  const opened = await Promise.all(Array.from({ length: 3 }, () => openEngine(0)));
  expect(process.listenerCount("exit")).toBeLessThanOrEqual(before + 1);
  for (const engine of opened) await engine.close();
  expect(process.listenerCount("exit")).toBe(before);
  expect(opened.filter(({ tempFolder }) => existsSync(tempFolder))).toEqual([]);
});

test("an engine whose close fails frees all else", async () => {
  const before = process.listenerCount("exit");
  const opened = await openEngine(0);
  const close = opened.engine.close.bind(opened.engine);
  opened.engine.close = async () => {
    await close();
    throw new Error("not today");
  };
  await expect(opened.close()).rejects.toThrow("not today");
  expect(process.listenerCount("exit")).toBe(before);
});
