import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildOptions, OutputFile } from "esbuild";
import { errorFrom, ManyfitError } from "../errors.ts";
import { bundleError } from "./bundle-error.ts";
import { withSourceMap } from "./with-source-map.ts";

/** A trainer's file and everything that it imports, as one text. */
export interface TrainerBundle {
  /** Name of the trainer's file, without its folder. */
  readonly name: string;
  /**
   * Of the code without its last line, the source map, in hex. The same files give the same hash in any folder, on any
   * machine, wherever npm put the packages.
   */
  readonly sha256: string;
  /** An ES module, to be kept in a file that ends in `.mjs`, with its source map in the last line. */
  readonly code: string;
  /** What a run keeps of the trainer, where that is not the code alone. */
  readonly files?: readonly KeptFile[];
}

/** A file of a trainer, under the name that it has in a run folder. */
export interface KeptFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const ENDINGS = [".ts", ".mts", ".js", ".mjs"];

/** Of this file, as of all others beside it: `.ts` where sources run as they stand, else `.js`. */
const OWN_ENDING = extname(new URL(import.meta.url).pathname);

/** What `import … from "manyfit"` means in a trainer: the part of manyfit that a bundle carries. */
const ENTRY = fileURLToPath(new URL("../trainer-entry.js", import.meta.url)).replace(/\.js$/, OWN_ENDING);

/**
 * CommonJS within an ES module: `require` reaches the modules of Node, everything else is in the bundle. The file that
 * both names tell is the bundle.
 */
const BANNER = [
  'import{createRequire as manyfitCreateRequire}from"node:module";',
  'import{fileURLToPath as manyfitFileURLToPath}from"node:url";',
  "const require=manyfitCreateRequire(import.meta.url);",
  "const __filename=manyfitFileURLToPath(import.meta.url);",
  'const __dirname=manyfitFileURLToPath(new URL(".",import.meta.url));',
].join("");

/**
 * Bundles a trainer's file (`.ts`, `.mts`, `.js` or `.mjs`) with all that it imports but Node's own modules. Types of
 * TypeScript are taken away, not checked: that is the work of `tsc`. A tsconfig.json beside the file counts as it does
 * for esbuild (`paths`, decorators). Names of functions and classes stay as they are written; comments and names of
 * variables do not. `import.meta.url` is the bundle's: what lies beside the trainer's file is not beside the bundle.
 *
 * `path` is relative to the working directory.
 * @throws ManyfitError `trainer_invalid` for a file that is not there, is a folder or has another ending, for syntax
 * errors, imports that cannot be found, and native addons.
 */
export async function bundleTrainer(path: string): Promise<TrainerBundle> {
  const file = resolve(path);
  await checkFile(path, file);
  // Lazily: esbuild starts a process, which runs without trainers of their own do not need.
  const { build } = await import("esbuild");
  const result = await build(buildOptions(file)).catch((thrown: unknown) => {
    throw bundleError(path, ENTRY, thrown);
  });
  const code = outputText(result.outputFiles, ".mjs");
  return {
    name: basename(file),
    sha256: createHash("sha256").update(code).digest("hex"),
    code: withSourceMap(code, outputText(result.outputFiles, ".map"), {
      name: basename(file),
      folder: dirname(file),
      ownFolders: ["src", "dist"].map((name) => join(dirname(ENTRY), "..", name)),
    }),
  };
}

async function checkFile(path: string, file: string): Promise<void> {
  const ending = extname(file);
  const found = await stat(file).catch((thrown: NodeJS.ErrnoException) => thrown);
  if (found instanceof Error) {
    const why =
      found.code === "ENOENT" || found.code === "ENOTDIR" ? "is not there" : errorFrom(found).message;
    throw new ManyfitError("trainer_invalid", `trainer ${path}: ${why}; looked for ${file}`, {
      cause: found,
    });
  }
  if (found.isDirectory()) {
    const text = `trainer ${path}: is a folder; name the file whose default export is defineTrainer({ … })`;
    throw new ManyfitError("trainer_invalid", text);
  }
  if (ENDINGS.includes(ending)) return;
  const isCommonJs = ending === ".cjs" || ending === ".cts";
  const advice = isCommonJs
    ? `; it must be an ES module: use export default and name it ${basename(file, ending)}${ending.replace("c", "m")}`
    : "";
  throw new ManyfitError(
    "trainer_invalid",
    `trainer ${path}: ends in "${ending}", must end in ${ENDINGS.join(", ")}${advice}`,
  );
}

/**
 * Minified names and no comments, not for their size: what else esbuild writes has paths of the machine in it, and
 * names made from them.
 */
function buildOptions(file: string): BuildOptions & { readonly write: false } {
  const folder = dirname(file);
  return {
    entryPoints: [file],
    absWorkingDir: folder,
    outfile: join(folder, "bundle.mjs"),
    write: false,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    alias: { manyfit: ENTRY },
    banner: { js: BANNER },
    minifyWhitespace: true,
    minifyIdentifiers: true,
    keepNames: true,
    legalComments: "none",
    // Not NODE_PATH, which is another one on every machine.
    nodePaths: [],
    sourcemap: "external",
    logLevel: "silent",
  };
}

function outputText(files: readonly OutputFile[], ending: string): string {
  const file = files.find((candidate) => candidate.path.endsWith(ending));
  if (file === undefined) throw new ManyfitError("internal", `esbuild gave no file that ends in ${ending}`);
  return file.text;
}
