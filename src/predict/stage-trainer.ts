import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorFrom, ManyfitError } from "../errors.ts";
import type { PythonSource } from "../job/trainer-description.ts";
import type { Manifest } from "../store/manifest.ts";

/**
 * Writes the sources that a run keeps of its Python trainer into a folder, under the names that they had: pickles name
 * the modules of their classes by them. Gives the path of the trainer's own file.
 * @throws ManyfitError `run_damaged` for a file that is not what was committed, or has no name below a folder.
 */
export async function stageTrainer(
  { folder, manifest }: { readonly folder: string; readonly manifest: Manifest },
  target: string,
): Promise<string> {
  const sources = manifest.job.module?.python?.sources ?? [];
  const [trainer] = sources;
  if (trainer === undefined)
    throw new ManyfitError(
      "run_damaged",
      `run folder ${folder}: the manifest does not name the trainer's file`,
    );
  for (const source of sources) {
    const bytes = await readCommitted(folder, manifest, source);
    const path = join(target, ...partsOf(folder, source));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  return join(target, ...partsOf(folder, trainer));
}

/** The bytes of a source, if they are those that were run when the run was committed. */
async function readCommitted(
  folder: string,
  { files }: Manifest,
  { file, sha256 }: PythonSource,
): Promise<Uint8Array> {
  const committed = files.find(({ name }) => name === file);
  if (committed === undefined)
    throw new ManyfitError("run_damaged", `run folder ${folder}: the manifest does not list ${file}`);
  const bytes = await readFile(join(folder, file)).catch((thrown: unknown) => {
    throw new ManyfitError("run_damaged", `run folder ${folder}: ${errorFrom(thrown).message}`);
  });
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found === sha256 && found === committed.sha256) return bytes;
  const text = `${file} has sha256 ${found}, the manifest says ${committed.sha256}; it is not run`;
  throw new ManyfitError("run_damaged", `run folder ${folder}: ${text}`);
}

/** Names of a manifest are no reason to write anywhere else. */
function partsOf(folder: string, { name }: PythonSource): string[] {
  const parts = name.split("/");
  const isBelow = parts.every((part) => !["", ".", ".."].includes(part) && !/[\\\0]/.test(part));
  if (isBelow) return parts;
  const text = `the trainer's file ${JSON.stringify(name)} has no name below a folder`;
  throw new ManyfitError("run_damaged", `run folder ${folder}: ${text}`);
}
