import { pointerTo } from "./check-value.ts";

/** A JSON text as its value, or what is wrong with it, to stand behind the name of its file. */
export type ExactJson =
  | { readonly value: unknown }
  | {
      readonly problem: string;
      /** Whether it is JSON at all. */
      readonly isJson: boolean;
    };

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[{}[\],:]/g;
const WHOLE_NUMBER = /^-?\d+$/;
const BYTE_ORDER_MARK = "\ufeff";

/**
 * Reads JSON that means one thing: `JSON.parse` takes the last of two properties with one name, and the nearest double for a
 * whole number that none holds; both are refused here.
 */
export function parseExactJson(text: string): ExactJson {
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return { problem: syntaxProblem(json, (error as Error).message), isJson: false };
  }
  const problem = lossProblem(json);
  return problem === null ? { value } : { problem, isJson: true };
}

/**
 * The same JSON, with whole numbers whose digits are not those of the double that they stand for written with an exponent:
 * `JSON.stringify` writes the shortest digits that come back to the same double.
 */
export function withExactNumbers(json: string): string {
  return json.replace(TOKEN, (token) =>
    WHOLE_NUMBER.test(token) && !isKept(token) ? Number(token).toExponential() : token,
  );
}

function syntaxProblem(json: string, message: string): string {
  const at = toldPosition(message) ?? failingPosition(json);
  const before = json.slice(0, at).split("\n");
  const place = `is not JSON at line ${before.length}, column ${before.at(-1)!.length + 1}`;
  const rest = json.slice(at);
  if (rest.trim() === "") return `${place}: the text ends there`;
  if (/^(?:\/[/*]|#)/.test(rest)) return `${place}: a comment begins there, JSON has none; leave it out`;
  if (/^[}\]]/.test(rest) && /,\s*$/.test(json.slice(0, at)))
    return `${place}: the comma before is one too many`;
  return `${place}: ${JSON.stringify([...rest][0])} is not allowed there`;
}

/** Where a message of `JSON.parse` says that the text fails; it does not say so for every error. */
function toldPosition(message: string): number | null {
  const position = /position (\d+)/.exec(message)?.[1];
  return position === undefined ? null : Number(position);
}

/** The end of the longest beginning of a text that could still become JSON. */
function failingPosition(json: string): number {
  let [good, bad] = [0, json.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (canGoOn(json.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

/** Whether a beginning of a text fails at its end at most. */
function canGoOn(beginning: string): boolean {
  try {
    JSON.parse(beginning);
    return true;
  } catch (error) {
    const { message } = error as Error;
    return (
      (toldPosition(message) ?? (/end of JSON/.test(message) ? beginning.length : -1)) >= beginning.length
    );
  }
}

/** An object or a list that is open at some place of a text. */
interface Open {
  /** Names so far; null for a list. */
  readonly names: Set<string> | null;
  /** Of what comes next in it: its name or its number. */
  step: string;
  isName: boolean;
}

/** What `JSON.parse` lost of a text that it took; null where it lost nothing. */
function lossProblem(json: string): string | null {
  const open: Open[] = [];
  for (const [token] of json.matchAll(TOKEN)) {
    const at = open.at(-1);
    if (token === "{") open.push({ names: new Set(), step: "", isName: true });
    else if (token === "[") open.push({ names: null, step: "0", isName: false });
    else if (token === "}" || token === "]") open.pop();
    else if (token === "," && at !== undefined) advance(at);
    else if (token.startsWith('"') && at?.isName) {
      const name = JSON.parse(token) as string;
      if (at.names!.has(name)) return `${pointerOf(open.slice(0, -1))}${pointerTo(name)} is there twice`;
      at.names!.add(name);
      Object.assign(at, { step: name, isName: false });
    } else if (/^[-\d]/.test(token) && !isKept(token)) {
      return `${pointerOf(open)} is ${token}, a number beyond what numbers hold exactly; write it as text`;
    }
  }
  return null;
}

function advance(at: Open): void {
  if (at.names === null) at.step = String(Number(at.step) + 1);
  else at.isName = true;
}

function pointerOf(open: readonly Open[]): string {
  return open.map(({ step }) => pointerTo(step)).join("");
}

function isKept(token: string): boolean {
  const value = Number(token);
  if (!Number.isFinite(value)) return false;
  return !WHOLE_NUMBER.test(token) || BigInt(token) === BigInt(value);
}
