import { quoteIdentifier, quoteText, quoteTextList } from "../duckdb/quote.ts";
import type { StoredKeyField } from "./manifest.ts";
import type { NamedMetrics } from "./metric-names.ts";
import { PART_DOCUMENT_COLUMNS, PART_TERM_COLUMNS, partModelColumn } from "./part-sql.ts";
import { DOCUMENT_COLUMNS, LEDGER_COLUMNS, TERM_COLUMNS } from "./stored-keys.ts";

/** What the tables of a run are made of. */
export interface TableSources extends NamedMetrics {
  readonly keyFields: readonly StoredKeyField[];
  /** The rows of `keys.parquet`, as a relation. */
  readonly keys: string;
  /** The rows of all parts, as a relation. */
  readonly parts: string;
}

/** The rows of `ledger.parquet`: one per partition, in key order. */
export function selectLedger(sources: TableSources): string {
  const [partition, ...others] = LEDGER_COLUMNS;
  const columns = others.map((name) => {
    if (name === "metrics") return `${metricsColumn(sources)} as metrics`;
    return name === "seed" ? "k.seed" : `p.${name}`;
  });
  return `select ${[partition, ...keyColumns(sources), ...columns].join(", ")} ${fromParts(sources)} order by partition`;
}

/** Some neighbouring partitions. */
export interface PartitionRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** The rows of `models.parquet`: one per fitted partition, in key order; those of some partitions, where they are told. */
export function selectModels(sources: TableSources, range: PartitionRange | null = null): string {
  const isInRange = range === null ? "" : ` and p.partition >= ${range.from} and p.partition < ${range.to}`;
  return `${selectUnsortedModels(sources)}${isInRange} order by partition`;
}

/** The rows of `models.parquet` in any order. */
export function selectUnsortedModels(sources: TableSources): string {
  const columns = ["partition", ...keyColumns(sources), ...modelColumns(sources)];
  return `select ${columns.join(", ")} ${fromParts(sources)} where p.state = 'fitted'`;
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

function fromParts({ keys, parts }: TableSources): string {
  return `from ${parts} p join ${keys} k using (partition)`;
}

function keyColumns({ keyFields }: TableSources): string[] {
  return keyFields.map(({ column }) => `k.${quoteIdentifier(column)}`);
}

function modelColumns({ resultSchema }: TableSources): string[] {
  if (resultSchema.form === "document")
    return DOCUMENT_COLUMNS.map((name, i) => `p.${PART_DOCUMENT_COLUMNS[i]} as ${name}`);
  return resultSchema.model.map(({ name }) => {
    return `p.${quoteIdentifier(partModelColumn(name))} as ${quoteIdentifier(name)}`;
  });
}

/** Parts of documents have a map; of everything else what the ledger has. */
function metricsColumn({ resultSchema, metricsColumn: column }: TableSources): string {
  const { form, metrics } = resultSchema;
  if (form === "fields") return "p.metrics";
  if (metrics.length === 0) return "null::MAP(VARCHAR, DOUBLE)";
  if (column === "map") return "p.metrics";
  const fields = metrics.map(({ name }) => `${quoteIdentifier(name)} := p.metrics[${quoteText(name)}]`);
  return `case when p.state = 'fitted' then struct_pack(${fields.join(", ")}) end`;
}
