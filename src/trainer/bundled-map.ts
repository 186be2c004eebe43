import type { SourceMapPayload } from "node:module";

/** The source map in the last line of a bundle. */
export type BundledMap = SourceMapPayload & {
  /** Name of the trainer's file. */
  readonly x_manyfit_trainer?: string;
};

const MAP_COMMENT = /\n\/\/# sourceMappingURL=data:application\/json;base64,(?<base64>[A-Za-z0-9+/=]+)\s*$/;

/** The source map that the code of a bundle carries; null for code without one. */
export function bundledMap(code: string): BundledMap | null {
  const base64 = MAP_COMMENT.exec(code)?.groups?.["base64"];
  return base64 === undefined ? null : (JSON.parse(Buffer.from(base64, "base64").toString()) as BundledMap);
}
