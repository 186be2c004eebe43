import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";

/** How the names of a source map are told apart. */
export interface SourceMapFolders {
  /** Name of the trainer's file, for messages of whoever loads the bundle under another. */
  readonly name: string;
  /** Folder that the map's sources are relative to: that of the trainer's file. */
  readonly folder: string;
  /** Folders of manyfit's own code: built, and what it was built of, which the maps of the built code name. */
  readonly ownFolders: readonly string[];
}

/** Member of a bundle's source map that has the name of the trainer's file. */
const NAME_MEMBER = "x_manyfit_trainer";

/** Before the path of sources that are manyfit's own, in the source maps of trainers' bundles. */
const OWN_SCHEME = "manyfit:";

/**
 * Code with its source map as the last line. Sources keep their paths relative to the trainer's folder; manyfit's own
 * become `manyfit:table/table.ts`, so that stacks can leave them out. A member `x_manyfit_trainer` says what the
 * trainer's file is called. Only the user's own files keep their text, which
 * is what was run in readable form: packages have theirs elsewhere.
 */
export function withSourceMap(
  code: string,
  mapText: string,
  { name, folder, ownFolders }: SourceMapFolders,
): string {
  const map = JSON.parse(mapText) as { sources: string[]; sourcesContent: (string | null)[] };
  const kept = map.sources.map((source, i) => {
    const path = join(folder, source);
    const own = ownFolders.find((candidate) => path.startsWith(candidate + sep));
    if (own !== undefined) return { source: OWN_SCHEME + path.slice(own.length + 1), content: null };
    const isPackage = source.split("/").includes("node_modules");
    return { source, content: isPackage ? null : (map.sourcesContent[i] ?? null) };
  });
  const sources = kept.map(({ source }) => source);
  const sourcesContent = kept.map(({ content }) => content);
  const json = JSON.stringify({ ...map, sources, sourcesContent, [NAME_MEMBER]: name });
  const base64 = Buffer.from(json).toString("base64");
  return `${code}//# sourceMappingURL=data:application/json;base64,${base64}\n`;
}

const MAP_LINE = /(?<code>[\s\S]*\n)\/\/# sourceMappingURL=data:application\/json;base64,(?<base64>\S+)\n$/;

/**
 * The same code with a source map that leads a debugger to the user's files where they lie: their paths are relative to
 * `folder`. Only for code that stays on this machine.
 */
export function withSourceRoot(code: string, folder: string): string {
  const groups = MAP_LINE.exec(code)?.groups;
  if (groups === undefined) return code;
  const map = JSON.parse(Buffer.from(groups["base64"]!, "base64").toString()) as object;
  const sourceRoot = `${pathToFileURL(folder).href}/`;
  const base64 = Buffer.from(JSON.stringify({ ...map, sourceRoot })).toString("base64");
  return `${groups["code"]}//# sourceMappingURL=data:application/json;base64,${base64}\n`;
}
