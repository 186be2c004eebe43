import { ManyfitError, suggestName } from "../errors.ts";
import type { ColumnType } from "../job/job.ts";
import type { SourceColumn } from "../job/resolved-job.ts";
import type { KeyField } from "../key/key-type.ts";
import { fieldTypeOf, isIntegerType, keyTypeOf, sqlTypeOf } from "../source/sql-type.ts";
import type { FieldType } from "../table/field.ts";
import type { ReadColumn } from "../table/read-column.ts";
import type { TrainedRun } from "./trained-run.ts";
import { type TypedColumn, typedColumn, type ValueForm } from "./typed-column.ts";

/** The key fields of a run that are columns of its source: none for pooled runs and those with a model per file. */
export function columnKeys({ manifest }: TrainedRun): readonly KeyField[] {
  return manifest.job.partitioning.kind === "by" ? manifest.keys : [];
}

/** Names of the columns that every source needs: those of the keys, and what the models read. */
export function neededNames(trained: TrainedRun): string[] {
  const keys = columnKeys(trained).map((field) => field.name);
  return [...new Set([...keys, ...trained.model.reads.map((column) => column.name)])];
}

/** What is known of the source before its rows are read. */
export interface FoundColumns {
  readonly form: ValueForm;
  readonly columns: readonly SourceColumn[];
  /** Types that the user told. */
  readonly types: Readonly<Record<string, ColumnType>>;
}

/**
 * Every column of the source with the type in which it is read: keys in the types of the run's keys, what the model
 * reads as it was read when it was trained, the rest as it was told or found.
 * @throws ManyfitError `unknown_column` when the source lacks what the model needs; `unsupported_type` when it can
 * never be of the type; `invalid_option` for a told type that contradicts the run.
 */
export function neededColumns(trained: TrainedRun, found: FoundColumns): TypedColumn[] {
  const keys = new Map(columnKeys(trained).map((field) => [field.name, field]));
  const reads = new Map(trained.model.reads.map((column) => [column.name, column]));
  checkPresent(trained, found.columns);
  return found.columns.map((column) => {
    const key = keys.get(column.name);
    if (key !== undefined) return keyColumn(column, key, found);
    const told = Object.hasOwn(found.types, column.name) ? found.types[column.name]! : null;
    const read = reads.get(column.name);
    if (told !== null) return toldColumn(column, told, { read, form: found.form });
    if (read !== undefined) return readColumn(column, read, { trained, form: found.form });
    return otherColumn(column, found.form);
  });
}

function checkPresent(trained: TrainedRun, columns: readonly SourceColumn[]): void {
  const { id, manifest } = trained;
  const keys = columnKeys(trained).map((field) => field.name);
  const names = columns.map((column) => column.name);
  const needed = neededNames(trained);
  const missing = needed.filter((name) => !names.includes(name));
  const [first] = missing;
  if (first === undefined) return;
  const role = keys.includes(first) ? "key" : manifest.job.trainerColumns === null ? "column" : "feature";
  const more = missing.length === 1 ? "" : ` and ${missing.length - 1} more`;
  throw new ManyfitError(
    "unknown_column",
    `${role} "${first}"${more} is not in the source; the models of run ${id} need ${needed.join(", ")}; in the source, ${suggestName(first, names)}`,
  );
}

function keyColumn(column: SourceColumn, { type }: KeyField, { form, types }: FoundColumns): TypedColumn {
  const told = Object.hasOwn(types, column.name) ? types[column.name]! : type;
  if (told !== type) {
    const text = `--type ${column.name}=${told}: it is a key of the run, and ${type} there; leave the option out`;
    throw new ManyfitError("invalid_option", text);
  }
  if (type !== "text" && form.format === "parquet" && keyTypeOf(column.foundType) === null) {
    throw new ManyfitError(
      "unsupported_type",
      `key "${column.name}" is ${column.foundType}, which cannot be ${type} as the keys of the run are`,
    );
  }
  return typedColumn(column, { form, sqlType: sqlTypeOf(type), exactly: type, role: "key" });
}

interface ReadAs {
  readonly read: ReadColumn | undefined;
  readonly form: ValueForm;
}

function toldColumn(column: SourceColumn, told: ColumnType, { read, form }: ReadAs): TypedColumn {
  const sqlType = sqlTypeOf(told);
  if (read !== undefined) checkFieldType(column.name, sqlType, read.type);
  return typedColumn(column, { form, sqlType, exactly: told, role: read === undefined ? "told" : "read" });
}

function readColumn(
  column: SourceColumn,
  read: ReadColumn,
  { trained, form }: { readonly trained: TrainedRun; readonly form: ValueForm },
): TypedColumn {
  if (form.format !== "parquet") {
    const before = trained.manifest.job.columns.find(({ name }) => name === column.name)?.sqlType;
    const sqlType = sqlTypeOfRead(read.type, before ?? column.sqlType);
    return typedColumn(column, { form, sqlType, exactly: null, role: "read" });
  }
  checkFieldType(column.name, column.foundType, read.type);
  return typedColumn(column, { form, sqlType: column.foundType, exactly: null, role: "read" });
}

/** Whole numbers found in a sample of text may be fractions further down, and a cast would round them. */
function otherColumn(column: SourceColumn, form: ValueForm): TypedColumn {
  const { sqlType } = column;
  const isFoundInteger = form.format !== "parquet" && isIntegerType(sqlType);
  const exactly = isFoundInteger ? keyTypeOf(sqlType) : null;
  return typedColumn(column, {
    form,
    sqlType: exactly === null ? sqlType : sqlTypeOf(exactly),
    exactly,
    role: "other",
  });
}

/** How the text of a CSV is read: instants in the type that the training source had. */
function sqlTypeOfRead(type: FieldType, before: string): string {
  switch (type) {
    case "double":
      return before === "BOOLEAN" ? "BOOLEAN" : "DOUBLE";
    case "boolean":
      return "BOOLEAN";
    case "text":
      return "VARCHAR";
    default:
      return fieldTypeOf(before) === type ? before : type.toUpperCase();
  }
}

/** A truth value may stand for a number, as 0 and 1, and anything for a text; else a type is read as itself only. */
function checkFieldType(name: string, sqlType: string, wanted: FieldType): void {
  const found = fieldTypeOf(sqlType);
  if (found === wanted || wanted === "text" || (found === "boolean" && wanted === "double")) return;
  const word = wanted === "double" ? "a number" : `a ${wanted}`;
  const advice = sqlType === "VARCHAR" ? `; with --type ${name}=${wanted} its texts are read as such` : "";
  throw new ManyfitError(
    "unsupported_type",
    `column "${name}" is ${sqlType}, the models need ${word} there${advice}`,
  );
}
