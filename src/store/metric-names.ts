import type { Connection } from "../duckdb/duckdb.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { MetricsColumn } from "./manifest.ts";

/** More fields make a struct that nobody reads by name. */
const MOST_FIELDS = 1000;

/** A schema whose metrics have their names, and the column in which the ledger has them. */
export interface NamedMetrics {
  readonly resultSchema: ResultSchema;
  readonly metricsColumn: MetricsColumn;
}

/**
 * The result schema with the names of all metrics that the documents of some parts have; `parts` is a relation. Of
 * models that are fields nothing has to be found.
 */
export async function nameMetrics(
  connection: Connection,
  resultSchema: ResultSchema,
  parts: string,
): Promise<NamedMetrics> {
  if (resultSchema.form === "fields") {
    return { resultSchema, metricsColumn: resultSchema.metrics.length > 0 ? "struct" : "map" };
  }
  // DuckDB's binding drops a byte order mark at the beginning of a text, so that none may begin with one.
  const rows = await connection.rows<{ name: string }>(
    `select distinct '.' || unnest(map_keys(metrics)) as name from ${parts}`,
  );
  const names = rows.map(({ name }) => name.slice(1)).sort(compareUtf8);
  const metrics = names.map((name) => ({ name, better: null }));
  return { resultSchema: { ...resultSchema, metrics }, metricsColumn: columnFor(names) };
}

/** DuckDB's fields differ in more than case, have at least one sign, and none that ends a text in C. */
function columnFor(names: readonly string[]): MetricsColumn {
  const folded = new Set(names.map((name) => name.toLowerCase()));
  const canBeFields = names.every((name) => name !== "" && !name.includes("\0"));
  const isStruct = names.length > 0 && names.length <= MOST_FIELDS && folded.size === names.length;
  return isStruct && canBeFields ? "struct" : "map";
}

function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
