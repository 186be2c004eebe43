import { fileURLToPath } from "node:url";

/** A line of a stack: `at fit (trainer.ts:12:7)` or `at trainer.ts:12:7`. */
const FRAME = /^\s*at (?:.*? \((.+:\d+:\d+)\)|(.+:\d+:\d+))$/;

/** Where a stack begins in the user's own code, such as `trainer.ts:12:7`; null for a stack without such a line. */
export function userPlace(stack: string): string | null {
  for (const line of stack.split("\n")) {
    const frame = FRAME.exec(line);
    const place = frame?.[1] ?? frame?.[2];
    if (place === undefined || place.startsWith("node:")) continue;
    return place.startsWith("file:") ? withoutScheme(place) : place;
  }
  return null;
}

function withoutScheme(place: string): string {
  try {
    return fileURLToPath(place);
  } catch {
    return place;
  }
}
