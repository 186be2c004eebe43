import { fileURLToPath } from "node:url";
import type { BucketLimits } from "../../src/engine/local/bucket-plan.ts";
import { createLocalEngine } from "../../src/engine/local/local-engine.ts";
import type { FitMemory } from "../../src/engine/local/memory-budget.ts";
import { BUILT_IN_ESTIMATORS } from "../../src/trainer/built-in-estimators.ts";
import type { EngineMember } from "../conformance/check-engine.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { probeFamily } from "./probe-family.mjs";

/** The local engine with the order probe among its estimators. */
export function localMember(
  workers: number,
  bucketLimits?: BucketLimits,
  fitMemory: Partial<FitMemory> = {},
): EngineMember {
  return {
    create: async () =>
      createLocalEngine({
        duckdb: await openTestDuckdb(),
        workers,
        tempFolder: temporaryFolder(),
        families: [...BUILT_IN_ESTIMATORS, probeFamily],
        threadEntry: fileURLToPath(new URL("probe-thread.mjs", import.meta.url)),
        fitMemory,
        ...(bucketLimits === undefined ? {} : { bucketLimits }),
      }),
  };
}
