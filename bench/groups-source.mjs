import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/**
 * An unsorted Parquet file with `groups` keys of `rows` rows each, made where it is missing: every round of `groups` rows
 * visits all keys, each round in another scrambled order. Key `key`, target `y`, features `x1` (mean 105), `x2`, `x3`.
 * @param {import("@duckdb/node-api").DuckDBConnection} duckdb
 * @param {number} groups
 * @param {number} rows
 */
export async function groupsSource(duckdb, groups, rows) {
  const folder = join(import.meta.dirname, "data");
  const source = join(folder, `groups-${groups}x${rows}.parquet`);
  if (existsSync(source)) return source;
  mkdirSync(folder, { recursive: true });
  const uniform = (/** @type {number} */ salt) => `(hash(i + ${salt}) % 1000003) / 1000003.0::double`;
  await duckdb.run(`copy (
    select key, x1, x2, x3, (key % 7) * x1 - 0.5 * x2 + (1 + key / ${groups}) * x3 + noise as y from (
      select ((i % ${groups}) * 387420489 + (i // ${groups}) * 104729) % ${groups} as key, 100 + 10 * ${uniform(1)} as x1,
        10 * ${uniform(2_000_000_011)} as x2, ${uniform(4_000_000_007)} - 0.5 as x3, ${uniform(6_000_000_011)} as noise
      from range(${groups * rows}) t(i))) to '${source}'`);
  return source;
}
