import { readFileSync } from "node:fs";
import { suggestName } from "../errors.ts";
import { ManyfitError } from "../index.ts";
import { checkValue, pointerTo } from "./check-value.ts";
import { PROPERTIES } from "./config-schema.ts";
import { parseExactJson } from "./exact-json.ts";
import type { JobConfig } from "./job-option.ts";
import { jsonText } from "./json-text.ts";
import { cutText } from "./text-width.ts";
import { fromFolderOf, type ReadConfig } from "./told-job.ts";

/** Characters of a value that a message shows. */
const SHOWN_VALUE = 60;

/**
 * Reads a config file; its relative paths come out as seen from the working directory.
 * @throws ManyfitError `invalid_option` for a file that cannot be read, is no JSON or says what no job can be told.
 */
export function readConfig(path: string): ReadConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new ManyfitError(
      "invalid_option",
      `--config ${path}: cannot be read (${(cause as Error).message})`,
      {
        cause,
      },
    );
  }
  const parsed = parseExactJson(text);
  const problem = "problem" in parsed ? parsed.problem : configProblem(parsed.value);
  if (problem !== null) throw new ManyfitError("invalid_option", `${path}: ${problem}`);
  const config = configFrom((parsed as { readonly value: object }).value);
  return { path, config: fromFolderOf(path, config) };
}

/** What is wrong with a JSON value as a config file, to stand behind the file's name; null where nothing is. */
export function configProblem(value: unknown): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return `is ${shown(value)}, allowed is an object such as {"paths": ["sales/"], "by": ["store"]}`;
  const rules = new Map(PROPERTIES);
  for (const [name, told] of Object.entries(value)) {
    const rule = rules.get(name);
    if (rule === undefined)
      return `${pointerTo(name)} is not known; ${suggestName(name, [...rules.keys()].slice(1))}`;
    const problem = checkValue(told, rule);
    if (problem !== null)
      return `${pointerTo(name)}${problem.pointer} is ${shown(problem.found)}, allowed ${problem.allowed}`;
  }
  return null;
}

/** A checked value as a config: what is switched off was not told. */
function configFrom(value: object): JobConfig {
  const told = Object.entries(value).filter(([name, of]) => name !== "$schema" && of !== false);
  return Object.fromEntries(told);
}

function shown(value: unknown): string {
  return cutText(jsonText(value), SHOWN_VALUE);
}
