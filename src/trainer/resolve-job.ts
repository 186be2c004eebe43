import { ManyfitError, suggestName } from "../errors.ts";
import type { EstimatorSpec, Job } from "../job/job.ts";
import type {
  ResolvedJob,
  SourceColumn,
  SourceFile,
  SourceFormat,
  TrainerColumns,
  TrainerModule,
} from "../job/resolved-job.ts";
import type { KeyField, KeyType } from "../key/key-type.ts";
import type { Field } from "../table/field.ts";
import type { ReadColumn } from "../table/read-column.ts";
import { familyOf } from "./create-trainer.ts";
import type { EstimatorFamily } from "./estimator-family.ts";
import { namesOfParts } from "./resolve-parts.ts";

/** What was found out about a job's source. */
export interface FoundSource {
  readonly format: SourceFormat;
  readonly files: readonly SourceFile[];
  readonly columns: readonly SourceColumn[];
}

/** The column that holds the key of a partition that is a file. */
const FILE_KEY: KeyField = { name: "file", type: "text" };

/** The key columns of a job with their types. `keyTypeOf` gives the key type of an SQL type, null where it cannot be a key. */
export function resolveKeys(
  job: Job,
  source: FoundSource,
  keyTypeOf: (sqlType: string) => KeyType | null,
): KeyField[] {
  if (job.partitioning.kind === "by") return keyFieldsOf(job, source, keyTypeOf);
  return job.partitioning.kind === "file" ? [FILE_KEY] : [];
}

/** What is said of the trainer of a resolved job. */
export type ResolvedTrainer = Pick<ResolvedJob, "readColumns" | "trainerColumns" | "module">;

/** The columns that an estimator reads, by the part that each plays: doubles, without rows in which one is NULL. */
export function resolveEstimator(
  spec: EstimatorSpec,
  source: FoundSource,
  keyFields: readonly KeyField[],
  families: readonly EstimatorFamily[],
): ResolvedTrainer {
  const keyNames = keyFields.map((field) => field.name);
  const trainerColumns = familyOf(spec, families).resolveColumns(spec.params, source.columns, keyNames);
  const readColumns = namesOfParts(trainerColumns).map(
    (name): ReadColumn => ({ name, type: "double", hasValidity: false, isInteger: false }),
  );
  return { readColumns, trainerColumns, module: null };
}

/** The columns that a module or a class of the user's asks for, NULL told apart from NaN. They are known to exist. */
export function resolveModule(
  names: readonly string[],
  source: FoundSource,
  module: TrainerModule,
  trainerColumns: TrainerColumns | null,
): ResolvedTrainer {
  const readColumns = names.map((name): ReadColumn => {
    const column = source.columns.find((candidate) => candidate.name === name)!;
    if (column.fieldType === null) {
      throw new ManyfitError(
        "unsupported_type",
        `column "${name}" is ${column.sqlType}, which trainers cannot read; let the trainer name the columns it needs, or tell another type, such as --type ${name}=text`,
      );
    }
    const isInteger = /^U?(SMALL|TINY|BIG|HUGE)?INT(EGER)?$/.test(column.sqlType);
    return { name, type: column.fieldType, hasValidity: true, isInteger };
  });
  return { readColumns, trainerColumns, module };
}

/** What a module may choose its columns from: all that trainers can read, but for the keys. */
export function fieldsOf(source: Pick<FoundSource, "columns">, keyFields: readonly KeyField[]): Field[] {
  const keys = new Set(keyFields.map((field) => field.name));
  return source.columns.flatMap(({ name, fieldType }) =>
    fieldType === null || keys.has(name) ? [] : [{ name, type: fieldType }],
  );
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
  if (source.format !== "parquet") return "text";
  const type = keyTypeOf(sqlType);
  if (type !== null) return type;
  throw new ManyfitError(
    "unsupported_type",
    `--by column "${name}" is ${sqlType}, which cannot be a key; tell another type, such as --type ${name}=text`,
  );
}
