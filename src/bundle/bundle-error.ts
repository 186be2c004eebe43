import type { BuildFailure, Message } from "esbuild";
import { errorFrom, ManyfitError } from "../errors.ts";

/** What esbuild says of a trainer, in manyfit's words: where, what, and the line. */
export function bundleError(path: string, entry: string, thrown: unknown): ManyfitError {
  if (!isBuildFailure(thrown)) return errorFrom(thrown);
  const [first, ...others] = thrown.errors;
  if (first === undefined) return errorFrom(thrown);
  const more =
    others.length === 0 ? "" : ` (and ${others.length} more error${others.length === 1 ? "" : "s"})`;
  const message = `trainer ${path}: ${placeOf(first)}${textOf(first.text, entry)}${lineOf(first)}${more}`;
  return new ManyfitError("trainer_invalid", message, { cause: thrown });
}

function isBuildFailure(thrown: unknown): thrown is BuildFailure {
  return thrown instanceof Error && Array.isArray((thrown as Partial<BuildFailure>).errors);
}

/** File, line and column, both from 1. */
function placeOf({ location }: Message): string {
  return location === null ? "" : `${location.file}:${location.line}:${location.column + 1}: `;
}

function lineOf({ location }: Message): string {
  return location === null ? "" : `; the line is: ${location.lineText.trim()}`;
}

function textOf(text: string, entry: string): string {
  const missing = /^Could not resolve "(.*)"$/.exec(text);
  if (missing !== null) {
    const isFile = /^[./#]/.test(missing[1]!);
    const advice = isFile
      ? "mend the path, with its ending"
      : "install the package where the trainer is, or mend its name";
    return `imports "${missing[1]}", which cannot be found; ${advice}`;
  }
  const addon = /^No loader is configured for "\.node" files: (.*)$/.exec(text);
  if (addon !== null) {
    return `uses the native addon ${addon[1]}, which cannot be bundled; use a package of plain JavaScript or WebAssembly`;
  }
  const noExport = /^No matching export in "(.*)" for import "(.*)"$/.exec(text);
  if (noExport !== null && entry.endsWith(noExport[1]!.replace(/^(\.\.\/)+/, "/"))) {
    return `imports "${noExport[2]}" from manyfit, which gives trainers defineTrainer, ManyfitError and Table only`;
  }
  return text;
}
