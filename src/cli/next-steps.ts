import type { KeyField, KeyValue, Manifest } from "../index.ts";
import { displayKey } from "../key/display-key.ts";
import { type FitRow, onlyFeature } from "./highlights.ts";
import { parseKeyArguments } from "./key-argument.ts";
import { DEFAULT_RUNS, type RunArgument } from "./run-argument.ts";
import { shellQuote } from "./shell-quote.ts";

/** Names that stand in SQL within single quotes without a second thought. */
const PLAIN = /^[\w .-]+$/;

/** What commands to try next depend on. */
export interface NextSteps extends RunArgument {
  /** Fits of note. */
  readonly fits: readonly FitRow[];
  /** Whether the run has just been shown. */
  readonly isShown: boolean;
}

/** How this program was called: from a checkout or by npx it is not on the PATH. */
const COMMAND = ["start", "npx"].includes(process.env["npm_lifecycle_event"] ?? "")
  ? "npx manyfit"
  : "manyfit";

/** Three commands to try next, ready to be copied. */
export function nextSteps(manifest: Manifest, { run, out, fits, isShown }: NextSteps): string[] {
  const where = out === DEFAULT_RUNS ? "" : ` --out ${shellQuote(out)}`;
  const name = shellQuote(run);
  const key = fits.map((fit) => keyArgument(manifest.keys, fit.key)).find((text) => text !== null);
  const models = key === undefined ? "" : ` --key ${shellQuote(key)}`;
  return [
    `${COMMAND} show ${name}${isShown ? " --verify" : ""}${where}`,
    `${COMMAND} models ${name}${models}${where}`,
    `${COMMAND} query ${name} ${shellQuote(exampleQuery(manifest))}${where}`,
  ];
}

/** A key as `--key` takes it; null for a key that is too long to be shown whole, and for that of a pooled run. */
function keyArgument(fields: readonly KeyField[], key: readonly KeyValue[]): string | null {
  if (fields.length === 0) return null;
  const text = displayKey(fields, key);
  try {
    const read = parseKeyArguments([text], fields);
    return displayKey(fields, read) === text && !text.includes("…") ? text : null;
  } catch {
    return null;
  }
}

function exampleQuery(manifest: Manifest): string {
  const { counts, resultSchema } = manifest;
  if (counts.states.fitted === 0 || resultSchema.terms.length === 0) {
    return "select state, reason, count(*) as n from ledger group by all";
  }
  const feature = onlyFeature(manifest);
  if (counts.partitions > 1 && feature !== null && PLAIN.test(feature)) {
    return `select * from terms where term = '${feature}' order by estimate desc limit 5`;
  }
  return counts.partitions > 1
    ? "select term, min(estimate), median(estimate), max(estimate) from terms group by term"
    : "select term, estimate, p_value from terms order by p_value";
}
