import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Connection } from "../duckdb/duckdb.ts";
import { copyToParquet, readStoredParquet } from "./parquet-sql.ts";
import { RUN_FILE, UNFINISHED } from "./run-files.ts";
import { type PartitionRange, selectModels, type TableSources } from "./table-sql.ts";

const SORTED_AT_ONCE = 2 ** 28;

const ROW_GROUP_BYTES = 2 ** 26;

/** Rows of a row group at most, as DuckDB has it. */
const ROW_GROUP_ROWS = 122_880;

/** Where models go. */
export interface CopyModelsTarget {
  readonly folder: string;
  readonly path: string;
  /** Models of at most this many bytes in all are sorted at once; by default 256 MiB. */
  readonly sortedAtOnce?: number;
  /** Bytes of models that are sorted together where there are more, and of a row group; by default 64 MiB. */
  readonly rowGroupBytes?: number;
}

/**
 * Writes `models.parquet` from the parts, in key order. DuckDB sorts and writes in units of 2,048 rows, which have to
 * fit into memory: large documents are sorted range by range into files of their own, and those are then copied one
 * behind the other, so that no more than some row groups are in memory, here and for whoever reads the table.
 */
export async function copyModels(
  connection: Connection,
  sources: TableSources,
  target: CopyModelsTarget,
): Promise<void> {
  const { folder, path, rowGroupBytes = ROW_GROUP_BYTES, sortedAtOnce = SORTED_AT_ONCE } = target;
  const [total] = await connection.rows<{ models: number; bytes: number }>(
    `select count(*)::DOUBLE as models, coalesce(sum(model_bytes), 0)::DOUBLE as bytes
     from ${sources.parts} where state = 'fitted'`,
  );
  const { models, bytes } = total!;
  if (sources.resultSchema.form === "fields" || bytes <= sortedAtOnce) {
    await connection.run(copyToParquet(selectModels(sources), path, "compression zstd"));
    return;
  }
  const rows = Math.max(1, Math.min(ROW_GROUP_ROWS, Math.floor((rowGroupBytes * models) / bytes)));
  const sorted: string[] = [];
  try {
    for (const range of await rangesOf(connection, sources.parts, rowGroupBytes)) {
      sorted.push(join(folder, RUN_FILE.parts, `models-${sorted.length + 1}.parquet${UNFINISHED}`));
      await connection.run(copyToParquet(selectModels(sources, range), sorted.at(-1)!));
    }
    const inOrder = `from ${readStoredParquet(sorted)}`;
    await connection.run(copyToParquet(inOrder, path, `compression zstd, row_group_size ${rows}`));
  } finally {
    for (const file of sorted) await rm(file, { force: true });
  }
}

/** Ranges of partitions, in order, whose models have about as many bytes. */
async function rangesOf(
  connection: Connection,
  parts: string,
  rangeBytes: number,
): Promise<PartitionRange[]> {
  const sql = `select partition, model_bytes::DOUBLE from ${parts} where state = 'fitted' order by partition`;
  const ranges: PartitionRange[] = [];
  let from = 0;
  let to = 0;
  let bytes = 0;
  for await (const batch of connection.batches(sql)) {
    const [partition, modelBytes] = [batch.int32s(0), batch.doubles(1)];
    for (let i = 0; i < batch.rowCount; i++) {
      if (bytes > 0 && bytes + modelBytes[i]! > rangeBytes) {
        ranges.push({ from, to });
        [from, bytes] = [to, 0];
      }
      bytes += modelBytes[i]!;
      to = partition[i]! + 1;
    }
  }
  ranges.push({ from, to });
  return ranges;
}
