import { join } from "node:path";
import { ManyfitError } from "../errors.ts";
import { hashFile } from "../store/disk.ts";
import type { Manifest } from "../store/manifest.ts";

/**
 * Checks that a file of a run is what was committed; `outcome` is what follows where it is not.
 * @throws ManyfitError `run_damaged`
 */
export async function checkCommitted(
  folder: string,
  { files }: Manifest,
  { name, outcome }: { readonly name: string; readonly outcome: string },
): Promise<void> {
  const committed = files.find((file) => file.name === name);
  if (committed === undefined) {
    throw new ManyfitError("run_damaged", `run folder ${folder}: the manifest does not list ${name}`);
  }
  const { sha256 } = await hashFile(join(folder, name));
  if (sha256 === committed.sha256) return;
  const text = `${name} has sha256 ${sha256}, the manifest says ${committed.sha256}; ${outcome}`;
  throw new ManyfitError("run_damaged", `run folder ${folder}: ${text}`);
}
