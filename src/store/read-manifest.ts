import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ManyfitError } from "../errors.ts";
import { type Manifest, RUN_FORMAT } from "./manifest.ts";
import { RUN_FILE } from "./run-files.ts";

/** What a manifest has at least, and how to tell. */
const PARTS: Readonly<Record<string, (value: unknown) => boolean>> = {
  run: (value) => typeof value === "string",
  digest: (value) => typeof value === "string",
  job: isObject,
  sources: Array.isArray,
  keys: isListOf("name", "type", "column"),
  resultSchema: (value) =>
    isObject(value) && isListOf("name")(value["model"]) && Array.isArray(value["terms"]),
  counts: (value) => isObject(value) && typeof value["partitions"] === "number" && isObject(value["states"]),
  files: isListOf("name", "bytes", "sha256", "rows"),
};

/**
 * The manifest of a run folder; null when it has none, which is to say that the run is not committed.
 * @throws ManyfitError `run_damaged` for a manifest that is none, or of a newer format.
 */
export async function readManifest(folder: string): Promise<Manifest | null> {
  const path = join(folder, RUN_FILE.manifest);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  const manifest = parse(path, text);
  const { format } = manifest;
  if (typeof format === "number" && format > RUN_FORMAT) {
    const text = `format ${format} is of a newer manyfit, this one reads up to ${RUN_FORMAT}; update manyfit`;
    throw new ManyfitError("run_damaged", `manifest ${path}: ${text}`);
  }
  const wrong =
    format !== RUN_FORMAT ? "format" : Object.keys(PARTS).find((name) => !PARTS[name]!(manifest[name]));
  if (wrong !== undefined) {
    throw new ManyfitError("run_damaged", `manifest ${path}: "${wrong}" is missing or not what it should be`);
  }
  return manifest as unknown as Manifest;
}

/**
 * Checks that the files that a manifest lists are there, in their sizes; their content is not read.
 * @throws ManyfitError `run_damaged`, naming every file that is not.
 */
export async function checkFiles(folder: string, manifest: Manifest): Promise<void> {
  const damages: string[] = [];
  for (const { name, bytes } of manifest.files) {
    const found = await stat(join(folder, name)).catch(() => null);
    if (found === null) damages.push(`${name} is missing`);
    else if (found.size !== bytes)
      damages.push(`${name} has ${found.size} bytes, the manifest says ${bytes}`);
  }
  if (damages.length > 0)
    throw new ManyfitError("run_damaged", `run folder ${folder}: ${damages.join("; ")}`);
}

function parse(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (error) {
    throw new ManyfitError("run_damaged", `manifest ${path}: not JSON`, { cause: error });
  }
  throw new ManyfitError("run_damaged", `manifest ${path}: not a JSON object`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isListOf(...names: readonly string[]): (value: unknown) => boolean {
  return (value) => {
    if (!Array.isArray(value)) return false;
    return value.every((entry) => isObject(entry) && names.every((name) => entry[name] !== undefined));
  };
}
