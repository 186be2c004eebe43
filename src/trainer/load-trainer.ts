import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { types } from "node:util";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { errorFrom, ManyfitError, suggestName } from "../errors.ts";
import type { Params } from "../job/job.ts";
import type { TrainerDescription } from "../job/trainer-description.ts";
import type { Field } from "../table/field.ts";
import { bundledMap } from "./bundled-map.ts";
import { type DefinedTrainer, TRAINER_MARK, TRAINER_VERSION } from "./define-trainer.ts";
import { ignoredParams } from "./ignored-params.ts";
import { userFailure } from "./user-failure.ts";
import { createUserFrames, type UserFrames } from "./user-frames.ts";

/** A trainer of the user's in this thread, with its params checked. */
export interface LoadedTrainer {
  readonly definition: DefinedTrainer;
  /** What the schema made of the params; plain objects and arrays in it are frozen. */
  readonly params: unknown;
  readonly frames: UserFrames;
}

/** Where a trainer was bundled to, and what is there. */
interface Bundle {
  readonly path: string;
  readonly code: string;
}

const HOW_TO = "write export default defineTrainer({ fit({ table }) { … } })";

/**
 * Imports a bundle made by `bundleTrainer` and checks its params. Node keeps modules by their path for as long as the
 * thread lives: another bundle needs another path, or the one that was there before is given again.
 *
 * @throws ManyfitError `trainer_invalid` for a bundle that cannot be read or throws while it is imported, for a default
 * export that `defineTrainer` did not make, and a schema that throws; `invalid_option` for params that the schema
 * refuses, each with its path, or that are given to a trainer without a schema.
 */
export async function loadTrainer(path: string, params: Params): Promise<LoadedTrainer> {
  const { href } = pathToFileURL(resolve(path));
  const code = await readFile(path, "utf8").catch((thrown: unknown) => {
    throw invalid({ path, code: "" }, errorFrom(thrown).message, thrown);
  });
  const bundle = { path, code };
  const frames = createUserFrames(href, code);
  const definition = definitionOf(bundle, await importModule(bundle, href, frames));
  const checked = await checkParams(bundle, { definition, frames }, params);
  return { definition, params: deepFreeze(checked), frames };
}

/**
 * Which columns a trainer reads, of the source's columns without its key columns.
 * @throws ManyfitError `unknown_column` for a name that the source does not have; `trainer_invalid` for names that are
 * none or doubled, and for what the trainer's function throws.
 */
export function describeTrainer(loaded: LoadedTrainer, schema: readonly Field[]): TrainerDescription {
  const columns = columnsOf(loaded, schema);
  const known = schema.map((field) => field.name);
  for (const [i, name] of columns.entries()) {
    if (columns.indexOf(name) !== i)
      throw new ManyfitError("trainer_invalid", `trainer reads column "${name}" twice`);
    if (known.includes(name)) continue;
    throw new ManyfitError(
      "unknown_column",
      `trainer reads column "${name}", which is not a column of the source beside its keys; ${suggestName(name, known)}`,
    );
  }
  const { predict, score, minRows } = loaded.definition;
  if (columns.length > 0)
    return { columns, hasPredict: predict !== null, hasScore: typeof score === "function", minRows };
  const why = known.length === 0 ? "the source has none beside its keys" : "name at least one in columns";
  throw new ManyfitError("trainer_invalid", `trainer reads no column; ${why}`);
}

function columnsOf(
  { definition, params, frames }: LoadedTrainer,
  schema: readonly Field[],
): readonly string[] {
  if (definition.columns === null) return schema.map((field) => field.name);
  if (typeof definition.columns !== "function") return definition.columns;
  let names: unknown;
  try {
    const copy = schema.map(({ name, type }) => ({ name, type }));
    names = definition.columns({ params, schema: copy });
  } catch (thrown) {
    const { message, stack } = userFailure(thrown, frames);
    throw new ManyfitError("trainer_invalid", `trainer: columns threw: ${message}${firstFrame(stack)}`, {
      cause: thrown,
    });
  }
  if (Array.isArray(names) && names.every((name) => typeof name === "string")) return [...names];
  throw new ManyfitError(
    "trainer_invalid",
    "trainer: columns must return a list of names (and not a promise of one)",
  );
}

async function importModule(
  bundle: Bundle,
  href: string,
  frames: UserFrames,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(href)) as Readonly<Record<string, unknown>>;
  } catch (thrown) {
    // What defineTrainer of this or of another copy of manyfit says needs no stack.
    if (types.isNativeError(thrown) && (thrown as Partial<ManyfitError>).code === "trainer_invalid")
      throw invalid(bundle, thrown.message, thrown);
    const { message, stack } = userFailure(thrown, frames);
    throw invalid(bundle, `threw while it was imported: ${message}${firstFrame(stack)}`, thrown);
  }
}

/** Line behind the head of a stack, where there is one. */
function firstFrame(stack: string | null): string {
  const frame = stack?.split("\n").find((line) => line.startsWith("    at "));
  return frame === undefined ? "" : ` (${frame.trim()})`;
}

function definitionOf(bundle: Bundle, module: Readonly<Record<string, unknown>>): DefinedTrainer {
  const names = Object.keys(module).filter((name) => name !== "default");
  if (!("default" in module)) {
    const found = names.length === 0 ? "it exports nothing" : `it exports ${names.join(", ")}`;
    throw invalid(bundle, `has no default export (${found}); ${HOW_TO}`);
  }
  const found = module["default"];
  if (found !== null && typeof found === "object" && TRAINER_MARK in found) {
    const version: unknown = found[TRAINER_MARK];
    if (version === TRAINER_VERSION) return found as DefinedTrainer;
    throw invalid(
      bundle,
      `was bundled with another version of manyfit (${version}, this is ${TRAINER_VERSION}); bundle it again`,
    );
  }
  const kind = found === null ? "null" : typeof found;
  throw invalid(
    bundle,
    `has ${kind === "object" ? "an" : "a"} ${kind} as its default export, not what defineTrainer gives; ${HOW_TO}`,
  );
}

async function checkParams(
  bundle: Bundle,
  { definition, frames }: Omit<LoadedTrainer, "params">,
  params: Params,
): Promise<unknown> {
  if (definition.params === null) {
    const names = Object.keys(params);
    if (names.length === 0) return {};
    const [word, them] = names.length === 1 ? ["param", "it"] : ["params", "them"];
    throw new ManyfitError(
      "invalid_option",
      `trainer ${nameOf(bundle)} takes no params, found ${word} ${names.join(", ")}; leave ${them} out, ` +
        "or give defineTrainer a schema as its params",
    );
  }
  const result = await validate(definition.params, params).catch((thrown: unknown) => {
    const { message, stack } = userFailure(thrown, frames);
    throw invalid(bundle, `its schema of params threw: ${message}${firstFrame(stack)}`, thrown);
  });
  if (!isResult(result)) {
    const what = "its schema of params gave no result: validate must return { value } or { issues }";
    throw invalid(bundle, what);
  }
  if (result.issues === undefined) {
    const [ignored] = await ignoredParams(definition.params, params, result.value);
    if (ignored === undefined) return result.value;
    throw new ManyfitError(
      "invalid_option",
      `trainer ${nameOf(bundle)}: param ${ignored} changes nothing, its schema does not look at it${nearest(ignored, result.value)}`,
    );
  }
  const issues = result.issues.map((issue) => `${issuePlace(issue)}: ${issue.message}`);
  throw new ManyfitError("invalid_option", `trainer ${nameOf(bundle)}: ${issues.join("; ")}`);
}

/** The names that a schema gave its params, where they are members. */
function nearest(name: string, params: unknown): string {
  const names = isPlain(params) && !Array.isArray(params) ? Object.keys(params) : [];
  return names.length === 0 ? "" : `; ${suggestName(name, names)}`;
}

/** The schema gets a copy: some write defaults into what they are given. */
async function validate(schema: StandardSchemaV1, params: Params): Promise<StandardSchemaV1.Result<unknown>> {
  return schema["~standard"].validate(structuredClone(params));
}

/** Schemas that are written by hand may forget to return. */
function isResult(result: unknown): boolean {
  if (typeof result !== "object" || result === null) return false;
  return "issues" in result && result.issues !== undefined ? Array.isArray(result.issues) : "value" in result;
}

function issuePlace({ path = [] }: StandardSchemaV1.Issue): string {
  const keys = path.map((segment) => (typeof segment === "object" ? segment.key : segment));
  const [first, ...others] = keys;
  if (first === undefined) return "params";
  const inside = others.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`));
  return `param ${String(first)}${inside.join("")}`;
}

/** Params are one object for all partitions: a fit that wrote into them would change the fits after it. */
function deepFreeze(value: unknown, seen: Set<unknown> = new Set()): unknown {
  if (!isPlain(value) || seen.has(value)) return value;
  seen.add(Object.freeze(value));
  for (const member of Object.values(value)) deepFreeze(member, seen);
  return value;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function invalid(bundle: Bundle, message: string, cause?: unknown): ManyfitError {
  return new ManyfitError("trainer_invalid", `trainer ${nameOf(bundle)}: ${message}`, { cause });
}

/** What the user calls the trainer: its file. The bundle lies under a name of manyfit's own. */
function nameOf({ path, code }: Bundle): string {
  return bundledMap(code)?.x_manyfit_trainer ?? basename(path);
}
