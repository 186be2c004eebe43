import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** Key, target and features of the source. */
export const COLUMNS = /** @type {const} */ (["key", "y", "a", "b", "c"]);

/**
 * An unsorted Parquet file with `partitions` keys of `rows` rows each, made where it is missing: every round of
 * `partitions` rows visits all keys, each round in another scrambled order. Feature `a` has a mean of 1000.
 * @param {import("@duckdb/node-api").DuckDBConnection} duckdb
 * @param {number} partitions
 * @param {number} rows
 */
export async function linearSource(duckdb, partitions, rows) {
  const folder = join(import.meta.dirname, "data");
  const source = join(folder, `linear-${partitions}x${rows}.parquet`);
  if (existsSync(source)) return source;
  mkdirSync(folder, { recursive: true });
  await duckdb.run(`copy (
    select ((i % ${partitions}) * 387420489 + (i // ${partitions}) * 104729) % ${partitions} as key,
      1000 + sin(i) as a, cos(i * 1.7) * 10 as b, (hash(i) % 100003) / 1000.0 as c,
      2 * sin(i) - 0.5 * cos(i * 1.7) * 10 + 0.1 * ((hash(i) % 100003) / 1000.0) + (hash(i + 7) % 1009) / 1009.0 as y
    from range(${partitions * rows}) t(i)) to '${source}'`);
  return source;
}
