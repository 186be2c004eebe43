import { isDeepStrictEqual } from "node:util";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Params } from "../job/job.ts";

/** Stands where a param was given: no schema that looks at the param makes the same of it. */
const PROBE = { "manyfit asks whether anybody looks here": [true] };

/**
 * The names among params that a schema takes no notice of: whatever stands there, it makes the same `value`. Schemas
 * that strip what they do not know, as many do, would let a misspelt name pass and train with a default.
 */
export async function ignoredParams(
  schema: StandardSchemaV1,
  params: Params,
  value: unknown,
): Promise<string[]> {
  const ignored: string[] = [];
  for (const name of Object.keys(params)) {
    const probed = { ...structuredClone(params), [name]: structuredClone(PROBE) };
    const isIgnored = await makes(schema, probed, value).catch(() => false);
    if (isIgnored) ignored.push(name);
  }
  return ignored;
}

async function makes(schema: StandardSchemaV1, params: Params, value: unknown): Promise<boolean> {
  const result = await schema["~standard"].validate(params);
  return result.issues === undefined && isDeepStrictEqual(result.value, value);
}
