import { ManyfitError, suggestName } from "../errors.ts";
import type { Job } from "../job/job.ts";
import type { ResolvedJob, SourceColumn, SourceFile } from "../job/resolved-job.ts";
import type { KeyField, KeyType } from "../key/key-type.ts";
import { familyOf } from "./create-trainer.ts";
import type { EstimatorFamily } from "./estimator-family.ts";

/** What was found out about a job's source. */
export interface FoundSource {
  readonly format: "csv" | "parquet";
  readonly files: readonly SourceFile[];
  readonly columns: readonly SourceColumn[];
}

/**
 * Settles a job against what its source has: key columns with their types and the columns the trainer reads.
 * `keyTypeOf` gives the key type of a column's SQL type, null where it cannot be a key.
 */
export function resolveJob(
  job: Job,
  source: FoundSource,
  families: readonly EstimatorFamily[],
  keyTypeOf: (sqlType: string) => KeyType | null,
): ResolvedJob {
  const keyFields = job.partitioning.kind === "pooled" ? [] : keyFieldsOf(job, source, keyTypeOf);
  const keyNames = keyFields.map((field) => field.name);
  const trainerColumns = familyOf(job.trainer, families).resolveColumns(
    job.trainer.params,
    source.columns,
    keyNames,
  );
  const { format, files, columns } = source;
  return { ...job, format, files, columns, keyFields, trainerColumns };
}

function keyFieldsOf(
  job: Job,
  source: FoundSource,
  keyTypeOf: (sqlType: string) => KeyType | null,
): KeyField[] {
  const names = job.partitioning.kind === "by" ? job.partitioning.columns : [];
  if (names.length === 0)
    throw new ManyfitError("invalid_option", "--by names no column; at least one is needed");
  return names.map((name, i) => {
    if (names.indexOf(name) !== i) {
      throw new ManyfitError("invalid_option", `--by names column "${name}" twice`);
    }
    const column = source.columns.find((candidate) => candidate.name === name);
    if (column === undefined) {
      const known = source.columns.map((candidate) => candidate.name);
      throw new ManyfitError(
        "unknown_column",
        `--by column "${name}" is not a column of the source; ${suggestName(name, known)}`,
      );
    }
    return { name, type: keyFieldType(job, source, column, keyTypeOf) };
  });
}

/** Keys of text sources are text, so that `001` is not `1`, unless the user told their type. */
function keyFieldType(
  job: Job,
  source: FoundSource,
  column: SourceColumn,
  keyTypeOf: (sqlType: string) => KeyType | null,
): KeyType {
  const { name, sqlType } = column;
  if (Object.hasOwn(job.source.types, name)) return job.source.types[name]!;
  if (source.format === "csv") return "text";
  const type = keyTypeOf(sqlType);
  if (type !== null) return type;
  throw new ManyfitError(
    "unsupported_type",
    `--by column "${name}" is ${sqlType}, which cannot be a key; tell another type, such as --type ${name}=text`,
  );
}
