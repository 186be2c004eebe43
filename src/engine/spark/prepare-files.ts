import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { ManyfitError } from "../../errors.ts";
import type { Inventory } from "../../job/inventory.ts";
import type { Job } from "../../job/job.ts";
import type { SourceFile } from "../../job/resolved-job.ts";
import { planFileReading } from "../../protocol/plan-file-reading.ts";
import { settleJob } from "../../settle-job.ts";
import { type CommonFormat, commonFormat } from "../../source/file-format.ts";
import { fileKeys } from "../../source/file-keys.ts";
import { inspectLargest, ofLargest } from "../../source/inspect-files.ts";
import { inspectAll, withToldTypes } from "../../source/inspect-source.ts";
import type { SourceSchema } from "../../source/source-schema.ts";
import { copyFile } from "./copy-file.ts";
import { listSparkFiles } from "./list-spark-files.ts";
import type { SparkPrepareContext } from "./prepare-context.ts";
import type { SparkFiles } from "./prepared.ts";
import { fileRows, projected } from "./relations.ts";
import { sparkFileNames } from "./spark-file-names.ts";
import { literalPath, parseSparkSource } from "./spark-source.ts";

/** Bytes that the rows of one file may take on an executor; its content a quarter of it. */
const PARTITION_BYTES = 2 ** 30;

/** Larger files are no row of Spark's. */
const MOST_FILE_BYTES = 2 ** 31 - 1;

/**
 * Settles a job in which each file of the cluster is a partition: the largest that can be read is copied here, and its dialect and
 * types are found as for a local run. No other is opened.
 */
export async function prepareSparkFiles(job: Job, context: SparkPrepareContext): Promise<SparkFiles> {
  const source = parseSparkSource(job.source);
  if (source.kind !== "files") {
    const text = `--per-file: ${job.source.paths[0]} has no files; name columns with --by`;
    throw new ManyfitError("invalid_option", text);
  }
  const all = await listSparkFiles(source.paths, context);
  const common = commonFormat(
    all.map((file) => file.path),
    job.source.dialect.delimiter,
  );
  const schema = await inspectLargest(all, (file) => inspectCopy(file, common, job, context));
  context.signal.throwIfAborted();
  const told = { ...schema, columns: withToldTypes(schema.columns, job.source.types) };
  const resolved = await settleJob(job, told, { ...context, partitions: all.length }).catch(
    (error: unknown) => {
      throw ofLargest(error, schema.files[0]!);
    },
  );
  const files = all.slice(0, job.limit ?? all.length);
  checkSizes(files);
  const plan = planFileReading(resolved, PARTITION_BYTES);
  if (plan.mustDecline !== null) {
    const text = `--per-file: ${plan.mustDecline}; that takes DuckDB, which executors do not have; train without --spark`;
    throw new ManyfitError("invalid_option", text);
  }
  const unknown = new Float64Array(files.length).fill(Number.NaN);
  const inventory: Inventory = {
    job: { ...resolved, files },
    partitionCount: files.length,
    keys: fileKeys(sparkFileNames(files, source.paths)),
    ...{ rows: unknown, usableRows: unknown, rowCount: null, fileRows: null },
  };
  const contents = fileRows(
    "binaryFile",
    files.map(({ path }) => literalPath(path)),
  );
  return {
    ...{ kind: "files", inventory, plan },
    contents: projected(contents, ["path", "length", "content"]),
    partitionOf: new Map(files.map(({ path }, i) => [path, i])),
  };
}

/** What is found in a copy of a file, in words of the file. */
async function inspectCopy(
  file: SourceFile,
  common: CommonFormat,
  job: Job,
  context: SparkPrepareContext,
): Promise<SourceSchema> {
  await mkdir(context.tempFolder, { recursive: true });
  const folder = await mkdtemp(join(context.tempFolder, "file-"));
  try {
    const copy = await copyFile(file, folder, context);
    const schema = await inspectAll([copy], common, job.source, context.connection).catch(
      (error: unknown) => {
        throw ofOriginal(error, copy, file);
      },
    );
    return { ...schema, files: [file] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function ofOriginal(error: unknown, copy: SourceFile, file: SourceFile): unknown {
  if (!(error instanceof ManyfitError)) return error;
  return new ManyfitError(error.code, error.message.replaceAll(copy.path, file.path), { cause: error });
}

function checkSizes(files: readonly SourceFile[]): void {
  const large = files.find(({ bytes }) => bytes > MOST_FILE_BYTES);
  if (large === undefined) return;
  const text = `${large.path}: has ${large.bytes} bytes, and Spark reads files whole up to ${MOST_FILE_BYTES}; train without --spark, or by a column of Parquet`;
  throw new ManyfitError("source_unreadable", text);
}
