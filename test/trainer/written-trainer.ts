import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundleTrainer } from "../../src/bundle/bundle-trainer.ts";
import type { Params } from "../../src/job/job.ts";
import { type LoadedTrainer, loadTrainer } from "../../src/trainer/load-trainer.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Files by their path in a new folder, whose path is given. */
export function writtenFolder(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/**
 * Path of the bundle of a trainer's file, in a new folder. It lies below `node_modules`, which vitest leaves to Node:
 * elsewhere it would rewrite the bundle, and stacks with it.
 */
export async function bundledFile(path: string): Promise<string> {
  const { code } = await bundleTrainer(path);
  return join(writtenFolder({ "node_modules/bundle.mjs": code }), "node_modules", "bundle.mjs");
}

/** A trainer's file, bundled and loaded. */
export async function loadedFile(path: string, params: Params = {}): Promise<LoadedTrainer> {
  return loadTrainer(await bundledFile(path), params);
}

/** A trainer of some text, as `trainer.ts`, bundled and loaded. */
export async function loadedText(text: string, params: Params = {}): Promise<LoadedTrainer> {
  return loadedFile(join(writtenFolder({ "trainer.ts": text }), "trainer.ts"), params);
}

/** A trainer of the text of its members, bundled and loaded. */
export async function loadedMembers(members: string, params: Params = {}): Promise<LoadedTrainer> {
  return loadedText(
    `import { defineTrainer } from "manyfit";\nexport default defineTrainer({ ${members} });\n`,
    params,
  );
}

/** Path of a trainer in test/trainer/fixtures. */
export function fixture(name: string): string {
  return join(import.meta.dirname, "fixtures", name);
}
