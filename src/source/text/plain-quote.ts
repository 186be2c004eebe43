import type { Buffer } from "node:buffer";
import type { PlainSyntax } from "./plain-syntax.ts";

/**
 * Where the quote stands that closes a field whose content begins at `start`; -1 where there is none. A quote that is
 * doubled closes nothing.
 */
export function closingQuote(
  bytes: Buffer,
  start: number,
  { quote, hasDoubledQuotes }: Pick<PlainSyntax, "quote" | "hasDoubledQuotes">,
): number {
  for (let at = start; at < bytes.length; at++) {
    if (bytes[at] !== quote) continue;
    if (!hasDoubledQuotes || bytes[at + 1] !== quote) return at;
    at++;
  }
  return -1;
}
