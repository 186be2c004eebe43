import { columnFromArray, float64, tableFromColumns, tableToIPC, utf8 } from "@uwdata/flechette";
import type { Relation } from "#spark-connect/relations";
import { ManyfitError } from "../../errors.ts";
import type { Job } from "../../job/job.ts";
import type { ResolvedJob, SourceFile } from "../../job/resolved-job.ts";
import { settleJob } from "../../settle-job.ts";
import { checkNames } from "../../source/check-names.ts";
import { commonFormat } from "../../source/file-format.ts";
import type { SourceSchema } from "../../source/source-schema.ts";
import { selected, type UsedColumn, usedColumns } from "./column-expressions.ts";
import { type CountedFiles, checkParquetColumns, countParquetRows, usedNames } from "./count-parquet-rows.ts";
import { countKeys } from "./dictionary.ts";
import { type Asking, listSparkFiles } from "./list-spark-files.ts";
import type { SparkPrepareContext } from "./prepare-context.ts";
import type { SparkKeys } from "./prepared.ts";
import {
  broadcast,
  fileRows,
  joined,
  localRows,
  named,
  projected,
  queryRows,
  quoteName,
  tableRows,
} from "./relations.ts";
import { sparkReadError } from "./spark-read-error.ts";
import { sourceColumns, sparkType } from "./spark-schema.ts";
import { literalPath, parseSparkSource, type SparkSource } from "./spark-source.ts";

/** Rows whose columns are known. */
interface FoundRows {
  readonly relation: Relation;
  /** Of a source of files; else none. */
  readonly files: readonly SourceFile[];
  /** How messages call the source. */
  readonly what: string;
}

/** Settles a job against a source of which Spark reads the rows, and counts its partitions there. */
export async function prepareSparkKeys(job: Job, context: SparkPrepareContext): Promise<SparkKeys> {
  const { onStep } = context;
  onStep(0, 10);
  const found = await findRows(parseSparkSource(job.source), job, context);
  try {
    const resolved = await settle(job, found, context);
    onStep(10, 100);
    return await countPartitions(resolved, found, context);
  } catch (error) {
    throw sparkReadError(error, found.what);
  }
}

async function findRows(source: SparkSource, job: Job, asking: Asking): Promise<FoundRows> {
  if (source.kind === "table")
    return { relation: tableRows(source.name), files: [], what: `table:${source.name}` };
  if (source.kind === "query")
    return { relation: queryRows(source.query), files: [], what: `sql:${source.query}` };
  const files = await listSparkFiles(source.paths, asking);
  const paths = files.map((file) => file.path);
  const { format } = commonFormat(paths, job.source.dialect.delimiter);
  if (format !== "parquet") {
    const text = `${source.paths[0]}: is ${format}, which Spark reads in another way than this machine; train with --per-file, or write Parquet, or name table:… or sql:…`;
    throw new ManyfitError("invalid_option", text);
  }
  const [first] = source.paths;
  const what = files.length === 1 ? paths[0]! : source.paths.length > 1 ? `${first} and others` : first!;
  return { relation: parquetRows(files), files, what };
}

function parquetRows(files: readonly SourceFile[], columns?: string): Relation {
  const paths = files.map(({ path }) => literalPath(path));
  return columns === undefined
    ? fileRows("parquet", paths, { mergeSchema: "true" })
    : fileRows("parquet", paths, {}, columns);
}

async function settle(
  job: Job,
  { relation, files, what }: FoundRows,
  context: SparkPrepareContext,
): Promise<ResolvedJob> {
  const type = await context.session.schemaOf(relation, context.signal).catch((error: unknown) => {
    throw unresolved(error, what);
  });
  const columns = sourceColumns(type);
  const names = columns.map(({ name }) => name);
  checkNames(names, what);
  const schema: SourceSchema = { format: "parquet", files, columns, differences: [], fileRows: null };
  const partitions = job.partitioning.kind === "pooled" ? 1 : Number.POSITIVE_INFINITY;
  return settleJob(job, schema, { ...context, partitions });
}

/** Spark's word that a source is none. */
function unresolved(error: unknown, what: string): unknown {
  if (!(error instanceof ManyfitError) || error.code !== "spark_failed") return error;
  const { message } = error;
  const text = `${what}: ${message.replace(/^spark: /, "")}`;
  if (/_NOT_FOUND\]/.test(message)) return new ManyfitError("source_not_found", text, { cause: error });
  if (/PARSE_SYNTAX_ERROR|UNRESOLVED_/.test(message))
    return new ManyfitError("invalid_option", text, { cause: error });
  if (!/CANNOT_MERGE_SCHEMA/.test(message)) return error;
  const advice = "all files have to have the same types; convert them, or name a query sql:…";
  return new ManyfitError("source_unreadable", `${text}; ${advice}`, { cause: error });
}

async function countPartitions(
  job: ResolvedJob,
  { relation, files, what }: FoundRows,
  context: SparkPrepareContext,
): Promise<SparkKeys> {
  const used = usedNames(job);
  const isFiles = files.length > 0;
  const raw = isFiles ? parquetRows(files, ddlOf(used, job)) : relation;
  const values = usedColumns(job);
  const lacks = used.map((name) => `${quoteName(name)} is null`).join(" or ") || "false";
  const [counted, found] = await Promise.all([
    isFiles ? countParquetRows(raw, files, context) : null,
    countKeys(projected(raw, [...values.map(selected), `${lacks} as lacks`]), job, context),
  ]);
  const { dictionary, keys, rows, usableRows, allRows } = found;
  if (allRows === 0)
    throw new ManyfitError("source_empty", `${what}: the source has no row; there is nothing to train on`);
  // The columns of one file are those of the source.
  if (found.hasNulls && files.length > 1) await checkParquetColumns(raw, files, used, context);
  const listed = counted?.rows.reduce((sum, count) => sum + count, 0) ?? allRows;
  if (listed !== allRows) {
    const text = `${what}: has ${allRows} rows by key and ${listed} by file; run again when nothing writes to it`;
    throw new ManyfitError("source_changed", text);
  }
  const isWhole = job.limit === null || rows.reduce((sum, count) => sum + count, 0) === allRows;
  const inventory = {
    ...{ job, partitionCount: rows.length, keys, rows, usableRows },
    rowCount: rows.reduce((sum, count) => sum + count, 0),
    fileRows: isWhole ? (counted?.rows ?? []) : null,
  };
  const order = job.orderBy.map((_, i) => `o${i}`);
  return { kind: "keys", inventory, rows: numberedRows(raw, values, counted), dictionary, order };
}

/** The columns that a job uses, as Spark's DDL has them; one that is there for none, so that rows can be counted. */
function ddlOf(used: readonly string[], { columns }: ResolvedJob): string {
  return used
    .map((name) => {
      const { sqlType } = columns.find((column) => column.name === name)!;
      return `${quoteName(name)} ${sparkType(sqlType)}`;
    })
    .join(", ");
}

/** The used columns beside `position`: of files by file and row in it, else as Spark numbers rows while it reads them. */
function numberedRows(raw: Relation, values: readonly UsedColumn[], counted: CountedFiles | null): Relation {
  const columns = values.map(selected);
  if (counted === null)
    return projected(raw, [...columns, "cast(monotonically_increasing_id() as double) as position"]);
  const { starts } = counted;
  if (starts.length === 1)
    return projected(raw, [...columns, "cast(_metadata.row_index as double) as position"]);
  const files = tableFromColumns({
    file: columnFromArray(
      starts.map(({ file }) => file),
      utf8(),
    ),
    start: columnFromArray(
      starts.map(({ start }) => start),
      float64(),
    ),
  });
  const place = ["_metadata.file_path as source_file", "_metadata.row_index as source_row"];
  const rows = joined(
    named(projected(raw, [...columns, ...place]), "r"),
    broadcast(named(localRows(tableToIPC(files, { format: "stream" })!), "f")),
    "r.source_file = f.file",
  );
  const position = "f.start + cast(r.source_row as double) as position";
  return projected(rows, [...values.map(({ name }) => name), position]);
}
