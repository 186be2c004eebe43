import { readFileSync } from "node:fs";

const packageFile = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
  readonly engines: { readonly node: string };
};

/** Version of manyfit, as in its package. */
export const VERSION = packageFile.version;

/** The lowest version of Node that manyfit runs on, such as `20.19`. */
export const LOWEST_NODE = packageFile.engines.node.replace(/^>=/, "");
