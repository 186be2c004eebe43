import { quoteIdentifier, quoteTextList } from "../duckdb/quote.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import type { StoredKeyField } from "./manifest.ts";
import { readStoredParquet } from "./parquet-sql.ts";
import { PART_TERM_COLUMNS, partModelColumn } from "./part-sql.ts";
import { LEDGER_COLUMNS, TERM_COLUMNS } from "./stored-keys.ts";

/** What the tables of a run are made of. */
export interface TableSources {
  readonly keyFields: readonly StoredKeyField[];
  readonly resultSchema: ResultSchema;
  /** Path of `keys.parquet`. */
  readonly keysPath: string;
  /** Paths of all parts. */
  readonly partPaths: readonly string[];
}

/** The rows of `ledger.parquet`: one per partition, in key order. */
export function selectLedger(sources: TableSources): string {
  const [partition, ...others] = LEDGER_COLUMNS;
  const columns = others.map((name) => {
    return name === "seed" ? "k.seed" : `p.${name}`;
  });
  return `select ${[partition, ...keyColumns(sources), ...columns].join(", ")} ${fromParts(sources)} order by partition`;
}

/** The rows of `models.parquet`: one per fitted partition, in key order. */
export function selectModels(sources: TableSources): string {
  const fields = sources.resultSchema.model.map(({ name }) => {
    return `p.${quoteIdentifier(partModelColumn(name))} as ${quoteIdentifier(name)}`;
  });
  const columns = ["partition", ...keyColumns(sources), ...fields];
  return `select ${columns.join(", ")} ${fromParts(sources)} where p.state = 'fitted' order by partition`;
}

/** The rows of `terms.parquet`: one per fitted partition and term, in key order and the schema's order of terms. */
export function selectTerms(sources: TableSources): string {
  const [term, ...numbers] = TERM_COLUMNS;
  const lists = numbers.map((name, i) => `p.${PART_TERM_COLUMNS[i]} as ${name}`);
  const fitted = `select ${["partition", ...keyColumns(sources), ...lists].join(", ")} ${fromParts(sources)} where p.state = 'fitted' order by partition`;
  const keys = sources.keyFields.map(({ column }) => quoteIdentifier(column));
  const columns = [
    `unnest(${quoteTextList(sources.resultSchema.terms)}) as ${term}`,
    ...numbers.map((name) => `unnest(${name}) as ${name}`),
  ];
  return `select ${["partition", ...keys, ...columns].join(", ")} from (${fitted})`;
}

function fromParts({ keysPath, partPaths }: TableSources): string {
  return `from ${readStoredParquet(partPaths)} p join ${readStoredParquet([keysPath])} k using (partition)`;
}

function keyColumns({ keyFields }: TableSources): string[] {
  return keyFields.map(({ column }) => `k.${quoteIdentifier(column)}`);
}
