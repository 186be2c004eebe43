import { type JsonValue, ManyfitError } from "../index.ts";
import { parseExactJson } from "./exact-json.ts";

/**
 * The value of a trainer's param as `--param name=value` has it: what is JSON is read as JSON, so that `1` is a number,
 * `true` a boolean, `[1,2]` a list and `"1"` a text; anything else is text as it stands.
 * @throws ManyfitError `invalid_option` for a number, at any depth, that no double holds, because another one would take
 *   its place, and for an object with two properties of one name.
 */
export function parseParamValue(name: string, text: string): JsonValue {
  const parsed = parseExactJson(text);
  if ("value" in parsed) return parsed.value as JsonValue;
  if (!parsed.isJson) return text;
  throw new ManyfitError(
    "invalid_option",
    parsed.problem.startsWith("/")
      ? `--param ${name} is ${text}, in which ${parsed.problem}`
      : `--param ${name} is ${text}, a number beyond what numbers hold exactly; as text it is written '${name}="${text}"'`,
  );
}
