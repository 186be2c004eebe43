import { suggestName } from "../errors.ts";
import { type ColumnType, type JsonValue, ManyfitError, type Params } from "../index.ts";
import { parseKeyType } from "../key/parse-key-type.ts";
import { checkValue } from "./check-value.ts";
import { parseColumnList } from "./column-list.ts";
import { COLUMN_TYPES, type OptionValue, ruleOf } from "./option-value.ts";
import { parseParamValue } from "./param-value.ts";

/**
 * The value of an option as a config file has it, from the text of a flag; `previous` is that of the flags before it, for
 * those that may be given several times.
 * @throws ManyfitError `invalid_option` for what the option does not allow.
 */
export function readFlag(flag: string, value: OptionValue, text: string, previous?: unknown): unknown {
  const read = parse(flag, value, text, previous);
  const problem = checkValue(read, ruleOf(value));
  if (problem === null) return read;
  const isPlain = value.kind !== "text" && value.kind !== "character" && /^[\w.%+-]+$/.test(text);
  const shown = isPlain ? text : JSON.stringify(text);
  throw invalid(`${flag} is ${shown}, allowed ${problem.allowed}`);
}

function parse(flag: string, value: OptionValue, text: string, previous: unknown): unknown {
  switch (value.kind) {
    case "switch":
    case "text":
    case "choice":
    case "time":
      return text;
    case "character":
      return text === "tab" || text === "\\t" ? "\t" : text;
    case "columns":
      return [...((previous as readonly string[] | undefined) ?? []), ...parseColumnList(flag, text)];
    case "texts":
      return [...((previous as readonly string[] | undefined) ?? []), text];
    case "whole":
    case "bytes":
    case "failures":
      return /^\d+$/.test(text) ? Number(text) : text;
    case "share":
      return /^(?:\d+(?:[.]\d*)?|[.]\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
    case "types":
      return addType(text, previous as Readonly<Record<string, ColumnType>> | undefined);
    case "params":
      return addParam(text, previous as Params | undefined);
  }
}

/**
 * Types of columns with those that `--type` tells, which may be given several times.
 * @throws ManyfitError `invalid_option` for text that is not `column=type`, and for types that no column can be told to have.
 */
export function addType(
  text: string,
  previous: Readonly<Record<string, ColumnType>> = {},
): Readonly<Record<string, ColumnType>> {
  const split = text.lastIndexOf("=");
  if (split <= 0) throw invalid(`--type is ${text}; write it as column=type, such as store=text`);
  const columns = parseColumnList("--type", text.slice(0, split));
  const name = text.slice(split + 1);
  const type = parseKeyType(name);
  if (type === null || type === "hugeint" || type === "blob") {
    throw invalid(
      `--type ${text}: ${JSON.stringify(name)} is not a type; ${suggestName(name, COLUMN_TYPES)}`,
    );
  }
  return { ...previous, ...Object.fromEntries(columns.map((column) => [column, type])) };
}

function addParam(text: string, previous: Params = {}): Params {
  const split = text.indexOf("=");
  if (split <= 0) throw invalid(`--param is ${text}; write it as name=value, such as alpha=0.1`);
  const name = text.slice(0, split);
  if (Object.hasOwn(previous, name))
    throw invalid(`--param ${name} is given twice; a list is written as ${name}=[1,2]`);
  const value: JsonValue = parseParamValue(name, text.slice(split + 1));
  return { ...previous, ...Object.fromEntries([[name, value]]) };
}

/**
 * The reader of a flag that is a whole number from 0.
 * @throws ManyfitError `invalid_option` when it reads anything else.
 */
export function wholeNumber(flag: string, max: number): (text: string) => number {
  return (text) => readFlag(flag, { kind: "whole", min: 0, max }, text) as number;
}

function invalid(message: string): ManyfitError {
  return new ManyfitError("invalid_option", message);
}
