import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeptFile } from "../bundle/bundle-trainer.ts";
import { errorFrom, ManyfitError } from "../errors.ts";
import type { PythonSource } from "../job/trainer-description.ts";
import type { PythonDescription } from "../protocol/python-message.ts";

/** Name in a run folder of the trainer's own file; the modules beside it are `trainer-1.py` and so on. */
const TRAINER_FILE = "trainer.py";

/** The sources of a Python trainer, as a run keeps them. */
export interface KeptSources {
  readonly sources: readonly PythonSource[];
  readonly files: readonly KeptFile[];
}

/**
 * Reads the file of a Python trainer and the modules beside it that it imported, and gives each a plain name of its own:
 * the names that they have may be those of folders, or differ in case only.
 * @throws ManyfitError `trainer_invalid` for a file that is not what was run any more.
 */
export async function keepSources(
  path: string,
  described: PythonDescription["sources"],
): Promise<KeptSources> {
  const own = described.filter(({ name }) => path.replaceAll("\\", "/").endsWith(`/${name}`));
  // Of `train.py` and `shop/train.py` the longer one tells the folder below which names are.
  const trainer = own.toSorted((a, b) => b.name.length - a.name.length)[0];
  if (trainer === undefined) throw new ManyfitError("internal", `trainer ${path} is not among its sources`);
  const root = path.slice(0, path.length - trainer.name.length);
  const beside = described.filter((source) => source !== trainer);
  const sources = [trainer, ...beside].map(({ name, sha256 }, i) => {
    return { name, sha256, file: i === 0 ? TRAINER_FILE : `trainer-${i}.py` };
  });
  const files = sources.map(async ({ name, sha256, file }) => ({
    name: file,
    bytes: await readUnchanged(join(root, name), sha256),
  }));
  return { sources, files: await Promise.all(files) };
}

async function readUnchanged(path: string, sha256: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((thrown: unknown) => {
    throw new ManyfitError("trainer_invalid", `${path}: ${errorFrom(thrown).message}`);
  });
  if (createHash("sha256").update(bytes).digest("hex") === sha256) return bytes;
  throw new ManyfitError("trainer_invalid", `${path}: was changed while the trainer was loaded; run again`);
}
