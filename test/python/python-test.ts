import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test as base } from "vitest";
import type { PythonTrainerSpec } from "../../src/protocol/python-message.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { needPython, type PythonForTests, pythonWith } from "./environment.ts";
import { PythonTalk, type TalkOptions } from "./talk.ts";

const NEWEST = await pythonWith("newest");

/** What tests of Python trainers start from. */
export interface PythonFixtures {
  /** Path of an interpreter with all packages. */
  readonly python: string;
  /** True; elsewhere the test is skipped: only Linux ends a process with the one that started it. */
  readonly linux: boolean;
  /** Starts a child, which is ended after the test. */
  readonly start: (options?: Partial<TalkOptions>) => PythonTalk;
  /** Starts a child that is ready to fit with a trainer of this source. */
  readonly startWith: (source: string, options?: Parameters<PythonTalk["init"]>[1]) => Promise<PythonTalk>;
}

/** Tests that run with the newest versions; skipped, or failed on CI, where there is no Python. */
export const test = testsWith(NEWEST);

/** Tests that run with an environment. */
export function testsWith(found: PythonForTests) {
  return base.extend<PythonFixtures>({
    python: async ({ skip }, use) => {
      await use(needPython({ skip }, found));
    },
    linux: async ({ skip }, use) => {
      if (process.platform !== "linux") skip("only Linux ends a process with the one that started it");
      await use(true);
    },
    start: async ({ python }, use) => {
      const talks: PythonTalk[] = [];
      await use((options = {}) => {
        const talk = new PythonTalk({ python, ...options });
        talks.push(talk);
        return talk;
      });
      await Promise.all(talks.map((talk) => talk.kill()));
    },
    startWith: async ({ start }, use) => {
      await use(async (source, options) => {
        const talk = start();
        const answer = await talk.init(trainerFile(source), options);
        if (answer.type !== "ready") throw new Error(JSON.stringify(answer));
        return talk;
      });
    },
  });
}

/** A trainer's file in a folder of its own, with files beside it. */
export function trainerFile(
  source: string,
  { name = "train.py", beside = {} }: { name?: string; beside?: Readonly<Record<string, string>> } = {},
): Extract<PythonTrainerSpec, { kind: "file" }> {
  const folder = temporaryFolder();
  for (const [path, content] of Object.entries({ ...beside, [name]: source })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return { kind: "file", path: join(folder, name) };
}
