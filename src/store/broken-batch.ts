import { ManyfitError } from "../errors.ts";

/** The error for a result batch that does not keep to its contract. */
export function brokenBatch(text: string): ManyfitError {
  return new ManyfitError("internal", `result batch ${text}`);
}
