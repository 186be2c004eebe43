import { createHash } from "node:crypto";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { ManyfitError } from "../../../errors.ts";

/** The program of executors as one text. */
export interface HostBundle {
  /** An ES module, to be kept in a file that ends in `.mjs`. */
  readonly code: string;
  /** Of the code, in hex. */
  readonly sha256: string;
  /** Every file of it, by its path below this package: nothing that is native may be among them. */
  readonly inputs: readonly string[];
}

/** Of this file, as of all others beside it: `.ts` where sources run as they stand, else `.js`. */
const OWN_ENDING = extname(new URL(import.meta.url).pathname);

const ENTRY = fileURLToPath(new URL("./main.js", import.meta.url)).replace(/\.js$/, OWN_ENDING);

const PACKAGE = fileURLToPath(new URL("../../../../", import.meta.url));

/** What CommonJS within the bundle needs to reach the modules of Node. */
const BANNER =
  'import{createRequire as manyfitCreateRequire}from"node:module";const require=manyfitCreateRequire(import.meta.url);';

/**
 * Bundles what executors run, with all that it imports but Node's own modules: an executor has Node and no package.
 * @throws ManyfitError `internal` where this package is not whole.
 */
export async function bundleHost(): Promise<HostBundle> {
  // Lazily: esbuild starts a process, which other engines do not need.
  const { build } = await import("esbuild");
  const built = await build({
    entryPoints: [ENTRY],
    absWorkingDir: PACKAGE,
    write: false,
    metafile: true,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    banner: { js: BANNER },
    minifyWhitespace: true,
    keepNames: true,
    legalComments: "none",
    nodePaths: [],
    logLevel: "silent",
  }).catch((cause: Error) => {
    throw new ManyfitError("internal", `program of executors cannot be bundled: ${cause.message}`, { cause });
  });
  const code = built.outputFiles[0]!.text;
  const sha256 = createHash("sha256").update(code).digest("hex");
  return { code, sha256, inputs: Object.keys(built.metafile.inputs) };
}
