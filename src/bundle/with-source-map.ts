import { join, sep } from "node:path";

/** How the names of a source map are told apart. */
export interface SourceMapFolders {
  /** Folder that the map's sources are relative to: that of the trainer's file. */
  readonly folder: string;
  /** Folders of manyfit's own code: built, and what it was built of, which the maps of the built code name. */
  readonly ownFolders: readonly string[];
}

/** Before the path of sources that are manyfit's own, in the source maps of trainers' bundles. */
const OWN_SCHEME = "manyfit:";

/**
 * Code with its source map as the last line. Sources keep their paths relative to the trainer's folder; manyfit's own
 * become `manyfit:table/table.ts`, so that stacks can leave them out. Only the user's own files keep their text, which
 * is what was run in readable form: packages have theirs elsewhere.
 */
export function withSourceMap(
  code: string,
  mapText: string,
  { folder, ownFolders }: SourceMapFolders,
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
  const json = JSON.stringify({ ...map, sources, sourcesContent });
  const base64 = Buffer.from(json).toString("base64");
  return `${code}//# sourceMappingURL=data:application/json;base64,${base64}\n`;
}
