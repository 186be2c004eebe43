import { inspect, types } from "node:util";
import type { UserFrames } from "./user-frames.ts";

/** What was thrown by a user's code, as text. */
export interface UserFailure {
  readonly message: string;
  /** Its name and message, the user's own frames, and the same of what caused it; null for what is no error. */
  readonly stack: string | null;
}

/** A message is a cell of the ledger, not a dump of the data. */
const MAX_MESSAGE = 2_000;
const MAX_CAUSES = 3;

/**
 * The text of anything that user code can throw, `undefined`, proxies and errors with hostile getters included. Never
 * throws.
 */
export function userFailure(thrown: unknown, frames: UserFrames): UserFailure {
  const error = readError(thrown);
  if (error === null) return { message: cellText(`threw ${shown(thrown)}, which is no Error`), stack: null };
  return { message: error.message, stack: stackText(error, frames, MAX_CAUSES) };
}

/** Text that any store can keep: cut where it is long, and without lone surrogates, which have no UTF-8 form. */
export function cellText(text: string): string {
  const cut = text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text;
  return cut.replace(/\p{Cs}/gu, "\ufffd");
}

interface ReadError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly cause: unknown;
}

/** The members of an error, each read once; null for what is none. */
function readError(thrown: unknown): ReadError | null {
  if (typeof thrown === "string") return { name: "", message: cellText(thrown), stack: "", cause: undefined };
  if ((typeof thrown !== "object" && typeof thrown !== "function") || thrown === null) return null;
  const message = readMember(thrown, "message");
  const stack = readMember(thrown, "stack");
  if (!types.isNativeError(thrown) && typeof message !== "string" && typeof stack !== "string") return null;
  const name = readMember(thrown, "name");
  const nameText = typeof name === "string" ? cellText(name) : "Error";
  const hasMessage = typeof message === "string" && message !== "";
  return {
    name: nameText,
    message: hasMessage ? cellText(message) : `${nameText} without a message`,
    stack: typeof stack === "string" ? stack : "",
    cause: readMember(thrown, "cause"),
  };
}

function readMember(object: object, name: string): unknown {
  try {
    return (object as Readonly<Record<string, unknown>>)[name];
  } catch {
    // A getter or proxy that throws: what it hides cannot be told, the rest can.
    return undefined;
  }
}

function stackText(error: ReadError, frames: UserFrames, causes: number): string | null {
  if (error.stack === "") return null;
  const head = `${error.name}: ${error.message}`;
  const lines = [head, ...frames(error.stack).map((frame) => `    ${frame}`)];
  const cause = causes === 0 ? null : readError(error.cause);
  if (cause !== null) lines.push(`caused by ${stackText(cause, frames, causes - 1) ?? cause.message}`);
  return lines.join("\n");
}

function shown(value: unknown): string {
  try {
    return inspect(value, { customInspect: false, depth: 1, breakLength: Number.POSITIVE_INFINITY });
  } catch {
    return `a value of type ${typeof value} that cannot be shown`;
  }
}
