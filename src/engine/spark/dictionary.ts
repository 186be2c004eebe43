import type { Table } from "@uwdata/flechette";
import type { Relation } from "#spark-connect/relations";
import { ManyfitError } from "../../errors.ts";
import type { ResolvedJob } from "../../job/resolved-job.ts";
import { type KeyList, sliceKeys } from "../../key/key-list.ts";
import { createKeyListBuilder } from "../../key/key-list-builder.ts";
import { isAscending, keyOrder, reorderKeys } from "../../key/key-order.ts";
import { collectTables } from "./collect-tables.ts";
import { finiteCondition } from "./column-expressions.ts";
import { keyColumnsFrom, keyTable, type WireValue } from "./key-columns.ts";
import type { Asking } from "./list-spark-files.ts";
import type { SparkDictionary } from "./prepared.ts";
import { grouped } from "./relations.ts";

/** Every partition of a source with its counts, in key order. */
export interface CountedKeys {
  readonly dictionary: SparkDictionary;
  readonly keys: KeyList;
  readonly rows: Float64Array;
  /** Rows that the trainer can use. */
  readonly usableRows: Float64Array;
  /** Rows of all partitions, also of those beyond the limit. */
  readonly allRows: number;
  /** Whether a used column has a NULL in any row. */
  readonly hasNulls: boolean;
}

/**
 * One pass over the source on the cluster: every key once, numbered in key order here, with its rows and usable rows. Of
 * `limit` only the first so many stay. `used` are the columns that {@link usedColumns} gives, beside `lacks`: whether one of
 * them is NULL in the source.
 */
export async function countKeys(
  used: Relation,
  job: Pick<ResolvedJob, "keyFields" | "readColumns" | "rowPolicy" | "limit">,
  { session, signal }: Asking,
): Promise<CountedKeys> {
  const { keyFields } = job;
  const names = keyFields.map((_, i) => `k${i}`);
  const counts = grouped(used, names, aggregates(job));
  const collected = new Collected(job);
  for await (const table of collectTables(session, counts, signal)) collected.add(table);
  return collected.finish();
}

function aggregates({ readColumns, rowPolicy }: Pick<ResolvedJob, "readColumns" | "rowPolicy">): string[] {
  const usable = readColumns.map(({ type, hasValidity }, i) => {
    if (type !== "text") return finiteCondition(`c${i}`);
    return hasValidity ? `v${i} = 1` : "true";
  });
  const isUsable = rowPolicy.nulls === "keep" || usable.length === 0 ? "true" : usable.join(" and ");
  return [
    "cast(count(*) as double) as n",
    "bool_or(lacks) as lacks",
    `cast(count_if(${isUsable}) as double) as usable`,
    ...textColumns(readColumns).map((i) => `cast(coalesce(sum(octet_length(c${i})), 0) as double) as t${i}`),
    // Looked at once, so that what is not exact fails here and not while others are fitted.
    ...readColumns.flatMap(({ isInteger }, i) => (isInteger ? [`max(c${i}) as m${i}`] : [])),
  ];
}

function textColumns(columns: ResolvedJob["readColumns"]): number[] {
  return columns.flatMap(({ type }, i) => (type === "text" ? [i] : []));
}

/** Partitions as they come, in any order. */
class Collected {
  readonly #job: Pick<ResolvedJob, "keyFields" | "readColumns" | "limit">;
  readonly #texts: readonly number[];
  readonly #builder: ReturnType<typeof createKeyListBuilder>;
  readonly #values: WireValue[][];
  readonly #rows: number[] = [];
  readonly #usable: number[] = [];
  readonly #textBytes: number[][];
  #hasNulls = false;

  constructor(job: Pick<ResolvedJob, "keyFields" | "readColumns" | "limit">) {
    this.#job = job;
    this.#texts = textColumns(job.readColumns);
    this.#builder = createKeyListBuilder(job.keyFields.map((field) => field.type));
    this.#values = job.keyFields.map(() => []);
    this.#textBytes = this.#texts.map(() => []);
  }

  add(table: Table): void {
    const { keyFields } = this.#job;
    const values = keyFields.map((_, i) => valuesOf<WireValue>(table, `k${i}`));
    this.#builder.appendColumns(keyColumnsFrom(values, keyFields), table.numRows);
    for (const [i, column] of values.entries()) append(this.#values[i]!, column);
    append(this.#rows, valuesOf<number>(table, "n"));
    this.#hasNulls ||= valuesOf<boolean>(table, "lacks").includes(true);
    append(this.#usable, valuesOf<number>(table, "usable"));
    for (const [i, column] of this.#texts.entries())
      append(this.#textBytes[i]!, valuesOf<number>(table, `t${column}`));
  }

  finish(): CountedKeys {
    const { keyFields, readColumns, limit } = this.#job;
    const found = this.#builder.toKeyList();
    const order = keyOrder(found);
    const keys = reorderKeys(found, order);
    if (keyFields.length > 0 && !isAscending(keys))
      throw new ManyfitError("internal", "Spark counted a key twice");
    const kept = order.subarray(0, limit ?? order.length);
    const ordered = (values: readonly number[]): Float64Array =>
      Float64Array.from(kept, (row) => values[row]!);
    const texts = new Map(this.#texts.map((column, i) => [column, ordered(this.#textBytes[i]!)]));
    const table = keyTable(
      this.#values.map((values) => Array.from(kept, (row) => values[row]!)),
      keyFields,
    );
    return {
      dictionary: {
        keys: table,
        partition: Int32Array.from(kept, (_, i) => i),
        textBytes: readColumns.map((_, i) => texts.get(i) ?? null),
      },
      keys: sliceKeys(keys, 0, kept.length),
      rows: ordered(this.#rows),
      usableRows: ordered(this.#usable),
      allRows: this.#rows.reduce((sum, rows) => sum + rows, 0),
      hasNulls: this.#hasNulls,
    };
  }
}

function valuesOf<T>(table: Table, name: string): T[] {
  const column = table.getChild(name);
  return Array.from({ length: table.numRows }, (_, row) => column.at(row) as T);
}

function append<T>(to: T[], values: readonly T[]): void {
  for (const value of values) to.push(value);
}
