import type { ResolvedJob } from "../job/resolved-job.ts";
import type { FilePlan } from "./file-plan.ts";
import { workerRowBytes } from "./worker-row-bytes.ts";

/** Share of what rows may take that a file's bytes may have, and those it is unpacked to: rows are several times larger. */
const CONTENT_SHARE = 1 / 4;

/** Larger files are read faster by DuckDB. */
const MOST_CONTENT_BYTES = 2 ** 28;

/**
 * How workers read the files of a job of which each is a partition. `partitionBytes` is what the rows of one may take in a
 * worker.
 */
export function planFileReading(job: ResolvedJob, partitionBytes: number): FilePlan {
  const { format, dialect, readColumns } = job;
  const limits = {
    contentBytes: Math.min(MOST_CONTENT_BYTES, Math.floor(partitionBytes * CONTENT_SHARE)),
    rowsBytes: partitionBytes,
    rowBytes: workerRowBytes(readColumns),
  };
  return { format, dialect, columns: readColumns, mustDecline: whyDecline(job), limits };
}

/** What a worker reads as a number or as text is one in any file; of all other types DuckDB knows whether a value is. */
const PLAIN_TYPES: readonly string[] = ["DOUBLE", "VARCHAR"];

/** Why only DuckDB reads the files of a job as it must; null where workers do. */
function whyDecline(job: ResolvedJob): string | null {
  if (job.source.where !== null) return "rows are filtered";
  if (job.orderBy.length > 0) return `rows are ordered by ${job.orderBy.join(", ")}`;
  for (const { name, type } of job.readColumns) {
    const { sqlType } = job.columns.find((column) => column.name === name)!;
    const isTold = Object.hasOwn(job.source.types, name);
    if (isTold && !PLAIN_TYPES.includes(sqlType)) return `the type of column "${name}" was told`;
    if (sqlType === "BOOLEAN" && type === "double") return `column "${name}" holds truth values`;
  }
  return null;
}
