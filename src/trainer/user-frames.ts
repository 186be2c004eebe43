import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { bundledMap } from "./bundled-map.ts";

/** The lines of a stack that are the user's own, as `at name (file:line:column)` with the files as they were written. */
export type UserFrames = (stack: string) => readonly string[];

/** More say nothing that these do not. */
const MAX_FRAMES = 20;

/** Where bundles name the sources that are manyfit's own. */
const OWN_SCHEME = "manyfit:";

const FRAME = /^\s*at (?:(?<name>.*) \()?(?<file>.*?):(?<line>\d+):(?<column>\d+)\)?$/;

/**
 * Tells the user's frames from all others by the bundle that they come from. Its source map gives their files, relative
 * to the trainer's folder, whether or not Node reads source maps itself; code without one is named as it lies there.
 * `url` is the bundle's, `code` its text.
 */
export function createUserFrames(url: string, code: string): UserFrames {
  const path = fileURLToPath(url);
  let map: BundleMap | undefined;
  return (stack) => {
    map ??= readMap(url, code);
    const frames: string[] = [];
    for (const line of stack.split("\n")) {
      const groups = FRAME.exec(line)?.groups;
      if (groups === undefined || frames.length === MAX_FRAMES) continue;
      const file = groups["file"]!.replace(/\?.*$/, "");
      const found = { file, line: Number(groups["line"]), column: Number(groups["column"]) };
      const place = file === url || file === path ? map.placeOf(found) : map.knownPlace(found);
      if (place === null) continue;
      const at = `${place.file}:${place.line}:${place.column}`;
      frames.push(groups["name"] === undefined ? `at ${at}` : `at ${groups["name"]} (${at})`);
    }
    return frames;
  };
}

/** Line and column count from 1. */
interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface BundleMap {
  /** Where something in the bundle was written; null for what is manyfit's. */
  placeOf(bundled: Place): Place | null;
  /** The place itself, where Node has found it in the source map already; null for every other file. */
  knownPlace(place: Place): Place | null;
}

function readMap(url: string, code: string): BundleMap {
  const payload = bundledMap(code);
  if (payload === null) return { placeOf: (place) => place, knownPlace: () => null };
  const map = new SourceMap(payload);
  // Node takes sources for relative to the map's root, and this to the bundle.
  const sources = new Map<string, string>();
  for (const source of payload.sources.filter(isUsers)) {
    const resolved = new URL((payload.sourceRoot ?? "") + source, url);
    sources.set(resolved.href, source);
    sources.set(fileURLToPath(resolved), source);
  }
  return {
    placeOf({ line, column }) {
      const entry = map.findEntry(line - 1, column - 1);
      if (!("originalSource" in entry) || !isUsers(entry.originalSource)) return null;
      return { file: entry.originalSource, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
    },
    knownPlace(place) {
      const file = sources.get(place.file);
      return file === undefined ? null : { ...place, file };
    },
  };
}

function isUsers(source: string): boolean {
  return !source.startsWith(OWN_SCHEME);
}
