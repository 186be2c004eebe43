import { FIT_STATES } from "../run/fit-state.ts";
import type { ResultBatch } from "../run/result-batch.ts";

const FITTED = FIT_STATES.indexOf("fitted");

/**
 * What is wrong with the results of a worker in which code of the user's runs; null where nothing is. A trainer may have
 * changed what all code of its process uses, and what is answered then must be nobody's model: every state is one of
 * ours, and there is a model if and only if the partition is fitted.
 */
export function brokenResult({ partition, state, documents }: ResultBatch): string | null {
  for (let row = 0; row < partition.length; row++) {
    const code = state[row];
    if (code === undefined || code >= FIT_STATES.length)
      return `partition ${partition[row]} has state ${code}`;
    if (documents === null) continue;
    const hasJson = typeof documents.json[row] === "string";
    const models = (hasJson ? 1 : 0) + (documents.bytes[row] instanceof Uint8Array ? 1 : 0);
    if (models === (code === FITTED ? 1 : 0)) continue;
    return `partition ${partition[row]} is ${FIT_STATES[code]} and has ${models} models`;
  }
  return null;
}
