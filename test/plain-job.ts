import type { Dialect } from "../src/job/dialect.ts";
import { UNTOLD_DIALECT } from "../src/job/dialect.ts";
import type { Job, SourceSpec } from "../src/job/job.ts";
import { DEFAULT_POLICY } from "../src/job/policy.ts";
import type { FileLimits } from "../src/protocol/file-plan.ts";

/** Commas, doubled quotes, points, and nothing else that means anything. */
export const PLAIN_DIALECT: Dialect = {
  delimiter: ",",
  quote: '"',
  escape: '"',
  decimal: ".",
  comment: null,
  nullTexts: [],
};

/** Files of which nothing is told. */
export function plainSource(paths: readonly string[], told: Partial<SourceSpec> = {}): SourceSpec {
  return { paths, types: {}, where: null, dialect: UNTOLD_DIALECT, ...told };
}

/** A worker reads a file of any size. */
export const ANY_SIZE: FileLimits = {
  contentBytes: 2 ** 28,
  rowsBytes: Number.MAX_SAFE_INTEGER,
  rowBytes: 1,
};

/** What a job says when nobody says anything of it. */
export const PLAIN_JOB: Pick<Job, "orderBy" | "limit" | "policy"> = {
  orderBy: [],
  limit: null,
  policy: DEFAULT_POLICY,
};
