import { ManyfitError } from "../errors.ts";
import { referenceOf, type Section, type SectionReference, sectionOf } from "./section.ts";

/** Texts of so many UTF-16 units get a section: bytes are cheaper to write and to read than JSON's escapes. */
const LONG_TEXT = 1024;

/** What UTF-8 cannot say and JSON's escapes can. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The name of the one member of an object that stands for something JSON cannot say. */
const MARK = "$";

/** A message without its memory. */
export interface FrameHeader {
  /** The message as JSON can carry it. */
  readonly message: unknown;
  readonly sections: readonly SectionReference[];
}

/**
 * Splits a message into what JSON carries and its memory. A section stands in the header as `{"$": index}`, minus zero
 * as `{"$": "-0"}`; members of the message whose name begins with `$` get one `$` more.
 * @throws ManyfitError `internal` for what would arrive as something else: numbers that are not finite (they belong
 * into typed arrays), undefined, functions, symbols, bigints, and objects that are neither plain nor arrays.
 */
export function splitMessage(message: unknown): { header: FrameHeader; sections: readonly Section[] } {
  const sections: Section[] = [];
  const plain = plainOf(message, sections);
  return { header: { message: plain, sections: sections.map(referenceOf) }, sections };
}

/** Puts a message together again: `values` are those of the header's sections. The header's message is used up. */
export function joinMessage(plain: unknown, values: readonly unknown[]): unknown {
  if (typeof plain !== "object" || plain === null) return plain;
  if (Array.isArray(plain)) {
    for (const [i, item] of plain.entries()) {
      if (typeof item === "object" && item !== null) plain[i] = joinMessage(item, values);
    }
    return plain;
  }
  const members = plain as Record<string, unknown>;
  if (Object.hasOwn(members, MARK)) return markedValue(members[MARK], values);
  let hasEscape = false;
  for (const name of Object.keys(members)) {
    hasEscape ||= name.startsWith(MARK);
    const value = members[name];
    if (typeof value === "object" && value !== null) setMember(members, name, joinMessage(value, values));
  }
  if (!hasEscape) return members;
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name.startsWith(MARK) ? name.slice(1) : name, value]),
  );
}

function plainOf(value: unknown, sections: Section[]): unknown {
  switch (typeof value) {
    case "boolean":
      return value;
    case "string":
      if (value.length < LONG_TEXT || LONE_SURROGATE.test(value)) return value;
      return referTo({ kind: "text", bytes: Buffer.from(value, "utf8") }, sections);
    case "number":
      if (!Number.isFinite(value)) throw cannotSend(`the number ${value} outside of a typed array`);
      return Object.is(value, -0) ? { [MARK]: "-0" } : value;
    case "object":
      return value === null ? null : plainObjectOf(value, sections);
    default:
      throw cannotSend(typeof value);
  }
}

function plainObjectOf(value: object, sections: Section[]): unknown {
  // Array.from, because holes are undefined to it and nothing at all to map.
  if (Array.isArray(value)) return Array.from(value, (item) => plainOf(item, sections));
  const section = sectionOf(value);
  if (section !== null) return referTo(section, sections);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw cannotSend(
      `an object of class ${(value as { constructor?: { name?: string } }).constructor?.name}`,
    );
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.startsWith(MARK) ? MARK + name : name,
      plainOf(member, sections),
    ]),
  );
}

function referTo(section: Section, sections: Section[]): unknown {
  sections.push(section);
  return { [MARK]: sections.length - 1 };
}

function markedValue(mark: unknown, values: readonly unknown[]): unknown {
  if (mark === "-0") return -0;
  if (typeof mark === "number" && Number.isInteger(mark) && mark >= 0 && mark < values.length)
    return values[mark];
  throw new ManyfitError("worker_failed", `frame names section ${String(mark)}, it has ${values.length}`);
}

/** Assignment to `__proto__` would change what the object is. */
function setMember(members: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") members[name] = value;
  else Object.defineProperty(members, name, { value, writable: true, enumerable: true, configurable: true });
}

function cannotSend(what: string): ManyfitError {
  return new ManyfitError("internal", `message holds ${what}, which does not arrive as it was sent`);
}
