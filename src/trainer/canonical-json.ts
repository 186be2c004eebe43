/** Deeper than any model that was meant; far from what the stack of any thread carries. */
const MAX_DEPTH = 200;

const MAX_PATH = 200;

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** The text of a value, or why it has none. */
export type CanonicalJson = { readonly json: string } | { readonly problem: string };

/** A value that JSON cannot carry: found deep inside, told at the door. */
class Refusal {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

/**
 * The one JSON text of a value: no spaces, members sorted by the UTF-16 code units of their names (JavaScript's order
 * of strings), numbers as JavaScript's shortest text that reads back the same, -0 as 0, strings as `JSON.stringify`
 * writes them. Equal values have equal texts, and `JSON.parse` gives the value back, a member `__proto__` included.
 *
 * What would not come back the same is refused, and the problem says where it is, from `name` (default `model`) on:
 * NaN, infinities, bigints, functions, symbols, `undefined` (a member that is undefined, too: it would be gone after
 * reading, and is a slip more often than a wish), everything but plain objects and arrays, typed arrays among it,
 * cycles, nesting deeper than 200, and text with a lone surrogate, which has no UTF-8 form. `toJSON` is never called.
 *
 * Throws only what a getter or proxy inside the value throws.
 */
export function canonicalJson(value: unknown, name = "model"): CanonicalJson {
  try {
    return { json: textOf(value, name, null) };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { problem: thrown.problem };
    throw thrown;
  }
}

/** An object or list that is being written, within those around it. */
interface Container {
  readonly value: object;
  readonly step: Step;
  readonly around: Container | null;
  readonly depth: number;
}

/** How a value is found in its container: the name of a member or an index; of the whole value its own name. */
type Step = string | number;

function textOf(value: unknown, step: Step, around: Container | null): string {
  if (typeof value === "number") {
    if (Number.isFinite(value)) return String(value + 0);
    throw refusal(step, around, `is ${value}, which JSON cannot carry; use null`);
  }
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return stringText(value, step, around);
  if (typeof value !== "object") throw refusal(step, around, `is ${problemOfKind(value, step)}`);
  const depth = around === null ? 1 : around.depth + 1;
  const container = { value, step, around, depth };
  checkContainer(container);
  return Array.isArray(value) ? listText(value, container) : objectText(value, container);
}

function stringText(value: string, step: Step, around: Container | null): string {
  // Any surrogate is found faster than a lone one.
  if (!/[\ud800-\udfff]/.test(value) || !/\p{Cs}/u.test(value)) return JSON.stringify(value);
  throw refusal(step, around, "has a lone surrogate, which is no character and has no UTF-8 form");
}

function problemOfKind(value: unknown, step: Step): string {
  if (value === undefined) return "undefined, which JSON cannot carry; use null, or leave it out";
  if (typeof value === "bigint")
    return "a bigint, which JSON cannot carry; use Number(value) or String(value)";
  if (typeof value === "symbol") return "a symbol, which JSON cannot carry";
  return step === "toJSON"
    ? "a function; toJSON is not called: return what it would give"
    : "a function, which JSON cannot carry";
}

/** Refuses what is neither a plain object nor a plain list, what lies too deep, and cycles. */
function checkContainer({ value, step, around, depth }: Container): void {
  if (depth > MAX_DEPTH) {
    throw refusal(step, around, `is nested more than ${MAX_DEPTH} levels deep; return a flatter model`);
  }
  for (let outer = around; outer !== null; outer = outer.around) {
    if (outer.value === value) throw refusal(step, around, "is an object that contains itself");
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value)
    ? prototype === Array.prototype
    : prototype === Object.prototype || prototype === null;
  if (!isPlain) throw refusal(step, around, `is ${problemOfClass(value)}`);
  if (Object.getOwnPropertySymbols(value).length > 0) {
    throw refusal(step, around, "has a member named by a symbol, which JSON cannot carry");
  }
}

function objectText(value: object, container: Container): string {
  const record = value as Readonly<Record<string, unknown>>;
  let text = "";
  for (const name of Object.keys(record).sort()) {
    const member = `${stringText(name, name, container)}:${textOf(record[name], name, container)}`;
    text += text === "" ? member : `,${member}`;
  }
  return `{${text}}`;
}

function listText(values: readonly unknown[], container: Container): string {
  let text = "";
  for (let i = 0; i < values.length; i++) {
    const element = textOf(values[i], i, container);
    text += i === 0 ? element : `,${element}`;
  }
  return `[${text}]`;
}

function refusal(step: Step, around: Container | null, problem: string): Refusal {
  let path = "";
  let last = step;
  for (let outer = around; outer !== null; outer = outer.around) {
    path = stepText(last) + path;
    last = outer.step;
  }
  // A path into what is very deep is longer than any message.
  const whole = String(last) + path;
  return new Refusal(`${whole.length > MAX_PATH ? `${whole.slice(0, MAX_PATH)}…` : whole} ${problem}`);
}

function stepText(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  if (IDENTIFIER.test(step)) return `.${step}`;
  return `[${JSON.stringify(step.length > 60 ? `${step.slice(0, 60)}…` : step)}]`;
}

function problemOfClass(value: object): string {
  const name = classNameOf(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    const article = name.startsWith("A") || name.startsWith("I") ? "an" : "a";
    return `${article} ${name}, which JSON cannot carry; use Array.from, or return a Uint8Array as the whole model`;
  }
  if (value instanceof Date) return "a Date, which JSON cannot carry; use toISOString() or getTime()";
  if (value instanceof Map) return "a Map, which JSON cannot carry; use Object.fromEntries(map) or [...map]";
  if (value instanceof Set) return "a Set, which JSON cannot carry; use [...set]";
  if (value instanceof Promise) return "a Promise; await it";
  return `an instance of ${name}, which JSON cannot carry; use a plain object or array of its values`;
}

function classNameOf(value: object): string {
  const maker = (value as { readonly constructor?: unknown }).constructor;
  return typeof maker === "function" && maker.name !== "" ? maker.name : "a class without a name";
}
