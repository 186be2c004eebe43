import { fileURLToPath } from "node:url";
import type { Engine } from "../../src/engine/engine.ts";
import type { BucketLimits } from "../../src/engine/local/bucket-plan.ts";
import { createLocalEngine } from "../../src/engine/local/local-engine.ts";
import type { FitMemory } from "../../src/engine/local/memory-budget.ts";
import { BUILT_IN_ESTIMATORS } from "../../src/trainer/built-in-estimators.ts";
import type { EngineMember } from "../conformance/check-engine.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { probeFamily } from "./probe-family.mjs";

/** The conformance suite knows it as a member; other tests may tell where rows are spilled. */
interface LocalMember extends EngineMember {
  create(told?: { readonly tempFolder?: string }): Promise<Engine>;
}

/** The local engine with the order probe among its estimators. */
export function localMember(
  workers: number,
  bucketLimits?: BucketLimits,
  fitMemory: Partial<FitMemory> = {},
): LocalMember {
  return {
    create: async ({ tempFolder = temporaryFolder() } = {}) =>
      createLocalEngine({
        duckdb: await openTestDuckdb(),
        workers,
        tempFolder,
        families: [...BUILT_IN_ESTIMATORS, probeFamily],
        threadEntry: fileURLToPath(new URL("probe-thread.mjs", import.meta.url)),
        fitMemory,
        ...(bucketLimits === undefined ? {} : { bucketLimits }),
      }),
  };
}
