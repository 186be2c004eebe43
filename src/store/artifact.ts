import { join } from "node:path";
import { ManyfitError } from "../errors.ts";
import { hashFile, writeWhole } from "./disk.ts";
import type { ArtifactFile } from "./manifest.ts";
import { RUN_FILE, UNFINISHED } from "./run-files.ts";

/** A file that a run keeps beside its tables, such as the trainer that was run. */
export interface Artifact {
  /** Name in the run folder: letters, digits, `.`, `_` and `-`, not beginning with a sign, and none of the store's own. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const OWN_NAMES: ReadonlySet<string> = new Set(Object.values(RUN_FILE));

/**
 * Checks that artifacts can stand in a run folder, each under a name of its own (compared without case).
 * @throws ManyfitError `internal`
 */
export function checkArtifacts(artifacts: readonly Artifact[]): void {
  const taken = new Set(OWN_NAMES);
  for (const { name } of artifacts) {
    const folded = name.toLowerCase();
    const isOwn = folded.startsWith(RUN_FILE.lock) || folded.endsWith(UNFINISHED);
    if (!PLAIN_NAME.test(name) || isOwn || taken.has(folded)) {
      const text = "is no plain file name, or taken in a run folder";
      throw new ManyfitError("internal", `artifact ${JSON.stringify(name)}: the name ${text}`);
    }
    taken.add(folded);
  }
}

/** Writes artifacts into a run folder, each whole and on disk, and describes what is there then. */
export async function writeArtifacts(
  folder: string,
  artifacts: readonly Artifact[],
): Promise<readonly ArtifactFile[]> {
  const files: ArtifactFile[] = [];
  for (const { name, bytes } of artifacts) {
    const path = join(folder, name);
    await writeWhole(path, bytes);
    files.push({ name, ...(await hashFile(path)), rows: null });
  }
  return files;
}

/**
 * Checks that artifacts are still what was written.
 * @throws ManyfitError `run_damaged`
 */
export async function checkUnchangedArtifacts(
  folder: string,
  artifacts: readonly ArtifactFile[],
): Promise<void> {
  for (const { name, sha256 } of artifacts) {
    const found = await hashFile(join(folder, name)).catch((error: unknown) => {
      throw new ManyfitError("run_damaged", `run folder ${folder}: ${name} cannot be read`, { cause: error });
    });
    if (found.sha256 === sha256) continue;
    const text = `${name} has sha256 ${found.sha256}, it was written with ${sha256}; nothing is committed`;
    throw new ManyfitError("run_damaged", `run folder ${folder}: ${text}`);
  }
}
