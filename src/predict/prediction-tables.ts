import type { AppendColumn } from "../duckdb/append-column.ts";
import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import type { PredictionBatch } from "../protocol/prediction-batch.ts";
import type { PredictedColumn, PredictedValues } from "../run/predicted.ts";
import type { RowValues } from "./predicted-rows.ts";
import {
  commonShape,
  fitsShape,
  type PredictionShape,
  shapeOf,
  shapeText,
  sortedShape,
  type ValueColumn,
} from "./prediction-shape.ts";
import { PREDICT_FAILED } from "./prediction-summary.ts";
import { BROKEN_PROMISE } from "./typed-column.ts";

/** Rows that wait until they are written together: a batch may be as small as its partition. */
const FLUSH_ROWS = 65_536;

/** More are no slip in some partitions, but columns that depend on the key. */
const MOST_GROUPS = 64;

/** Tables of what trainers predicted, one for each list of names, and of partitions that could not be predicted. */
const VALUES = "module_values";
const FAILURES = "module_failures";

/** DuckDB's type for each type of predictions, as it is appended. */
const APPENDED = { double: "DOUBLE", text: "VARCHAR", boolean: "UTINYINT" } as const;

/** All predictions with columns of the same names. */
interface Group {
  readonly table: string;
  /** Names and types that occur in it, as the table has them: `v0 …`. One name may have several types. */
  readonly columns: ValueColumn[];
  readonly waiting: PredictionBatch[];
}

/** All partitions that were predicted in one shape. */
interface Kind {
  readonly group: Group;
  readonly partitions: number[];
  /** The first of the partitions, and the order in which that one has the columns. */
  first: number;
  shape: PredictionShape;
}

/**
 * Keeps what trainers predict in tables, until it is joined to the rows by position. All partitions need the columns that
 * most of them have (the first in key order where that is even; which was predicted first is of no matter): another one's
 * rows have no prediction, and say so. The order of columns is no difference, and nulls alone have any type.
 */
export class PredictionTables {
  readonly #connection: Connection;
  readonly #checkNames: (names: readonly string[]) => void;
  readonly #groups = new Map<string, Group>();
  readonly #kinds = new Map<string, Kind>();
  readonly #failures: { readonly partition: number; readonly message: string }[] = [];
  #waitingRows = 0;

  /** `checkNames` throws when these names cannot stand beside the source's columns. */
  constructor(connection: Connection, checkNames: (names: readonly string[]) => void) {
    this.#connection = connection;
    this.#checkNames = checkNames;
  }

  /**
   * Takes one batch. Batches must be added one after the other.
   * @throws ManyfitError `trainer_invalid` for more than 64 different lists of names.
   */
  async add(batch: PredictionBatch): Promise<void> {
    const { partition, result } = batch;
    if ("failure" in result) {
      this.#failures.push({ partition, message: result.failure.message });
      return;
    }
    const problem = lengthProblem(batch, result.columns);
    if (problem !== null) {
      this.#failures.push({ partition, message: problem });
      return;
    }
    const shape = shapeOf(result.columns);
    const kind = await this.#kindOf(shape, partition);
    if (partition < kind.first) [kind.first, kind.shape] = [partition, shape];
    kind.partitions.push(partition);
    kind.group.waiting.push(batch);
    this.#waitingRows += batch.position.length;
    if (this.#waitingRows >= FLUSH_ROWS) await this.#flush();
  }

  /** Writes what waits, and says how rows find their values. */
  async finish(): Promise<RowValues> {
    await this.#flush();
    const kinds = [...this.#kinds.values()].sort((a, b) => a.first - b.first);
    const common = commonShape(
      kinds.map(({ shape, partitions }) => ({ shape, partitionCount: partitions.length })),
    );
    const fitting = kinds.filter(({ shape }) => fitsShape(shape, common));
    for (const kind of kinds) if (!fitting.includes(kind)) this.#fail(kind, common);
    await this.#writeFailures();
    const failures = `(select partition, first(message order by message) as message from ${FAILURES} group by partition)`;
    const values = await this.#valuesSql(fitting[0]?.group ?? null, common);
    return {
      join: `left join ${failures} f on f.partition = d.partition left join ${values} m on m.position = r.position`,
      isPredicted: null,
      reason: `case when f.partition is not null then '${PREDICT_FAILED}: ' || f.message
        when m.position is null then error('${BROKEN_PROMISE}a row was not predicted') end`,
      values: common.map(({ name }, i) => ({ name, sql: `m.v${i}` })),
    };
  }

  async #kindOf(shape: PredictionShape, first: number): Promise<Kind> {
    const key = JSON.stringify(sortedShape(shape).map(({ name, type }) => [name, type]));
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const group = await this.#groupOf(shape);
    for (const { name, type } of shape) {
      if (type !== "none" && columnAt(group, { name, type }) < 0)
        await this.#addColumn(group, { name, type });
    }
    const kind = { group, partitions: [], first, shape };
    this.#kinds.set(key, kind);
    return kind;
  }

  async #groupOf(shape: PredictionShape): Promise<Group> {
    const names = shape.map((column) => column.name);
    const key = JSON.stringify(names.toSorted());
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    if (this.#groups.size === MOST_GROUPS) {
      const text = `predict gave more than ${MOST_GROUPS} different lists of columns, the last ${shapeText(shape)}; all partitions need the same`;
      throw new ManyfitError("trainer_invalid", text);
    }
    this.#checkNames(names);
    const table = `${VALUES}_${this.#groups.size}`;
    await this.#connection.run(`create or replace table ${table} (position DOUBLE)`);
    const group = { table, columns: [], waiting: [] };
    this.#groups.set(key, group);
    return group;
  }

  async #addColumn({ table, columns }: Group, column: ValueColumn): Promise<void> {
    const name = `v${columns.length}`;
    await this.#connection.run(`alter table ${table} add column ${name} ${APPENDED[column.type]}`);
    columns.push(column);
  }

  /** SQL for the values of a group in the columns of a shape; of none, for no values. */
  async #valuesSql(group: Group | null, common: readonly ValueColumn[]): Promise<string> {
    if (group === null) {
      await this.#connection.run(`create or replace table ${VALUES} (position DOUBLE)`);
      return VALUES;
    }
    const values = common.map((column, i) => {
      const at = columnAt(group, column);
      const type = column.type === "boolean" ? "BOOLEAN" : APPENDED[column.type];
      return `${at < 0 ? "null" : `v${at}`}::${type} as v${i}`;
    });
    return `(select ${["position", ...values].join(", ")} from ${group.table})`;
  }

  #fail({ partitions, shape }: Kind, common: PredictionShape): void {
    const message = `predict gave the columns ${shapeText(shape)}, for most partitions it gave ${shapeText(common)}; all need the same`;
    for (const partition of partitions) this.#failures.push({ partition, message });
  }

  async #writeFailures(): Promise<void> {
    await this.#connection.run(`create or replace table ${FAILURES} (partition INTEGER, message VARCHAR)`);
    const columns: AppendColumn[] = [
      { type: "INTEGER", values: Int32Array.from(this.#failures, (failure) => failure.partition) },
      { type: "VARCHAR", values: this.#failures.map((failure) => failure.message) },
    ];
    await this.#connection.append(FAILURES, columns, this.#failures.length);
  }

  async #flush(): Promise<void> {
    this.#waitingRows = 0;
    for (const { table, columns, waiting } of this.#groups.values()) {
      const batches = waiting.splice(0);
      const rowCount = batches.reduce((sum, batch) => sum + batch.position.length, 0);
      if (rowCount === 0) continue;
      const position = new Float64Array(rowCount);
      for (const { batch, from } of placed(batches)) position.set(batch.position, from);
      const values = columns.map((column) => joinedColumn(column, batches, rowCount));
      await this.#connection.append(table, [{ type: "DOUBLE", values: position }, ...values], rowCount);
    }
  }
}

/** Why a batch has not one value for each of its rows; null when it has. */
function lengthProblem({ position }: PredictionBatch, columns: readonly PredictedColumn[]): string | null {
  const rows = position.length;
  const other = columns.find((column) => column.values.values.length !== rows);
  if (other === undefined) return null;
  return `column "${other.name}" has ${other.values.values.length} predictions for ${rows} rows`;
}

function columnAt({ columns }: Group, { name, type }: ValueColumn): number {
  return columns.findIndex((column) => column.name === name && column.type === type);
}

/** Batches with the number of rows before each. */
function* placed(
  batches: readonly PredictionBatch[],
): Generator<{ readonly batch: PredictionBatch; readonly from: number }> {
  let from = 0;
  for (const batch of batches) {
    yield { batch, from };
    from += batch.position.length;
  }
}

/** A column of some batches, one behind the other; NULL for those that have it not in its type. */
function joinedColumn(
  { name, type }: ValueColumn,
  batches: readonly PredictionBatch[],
  rowCount: number,
): AppendColumn {
  const texts = new Array<string | null>(type === "text" ? rowCount : 0).fill(null);
  const numbers =
    type === "double" ? new Float64Array(rowCount) : new Uint8Array(type === "text" ? 0 : rowCount);
  const isValid = new Uint8Array(numbers.length);
  for (const { batch, from } of placed(batches)) {
    const values = valuesOf(batch, name);
    if (values.type !== type) continue;
    if (values.type === "text") {
      for (const [row, text] of values.values.entries()) texts[from + row] = text;
      continue;
    }
    numbers.set(values.values, from);
    isValid.set(values.isValid, from);
  }
  if (type === "text") return { type: "VARCHAR", values: texts };
  return numbers instanceof Float64Array
    ? { type: "DOUBLE", values: numbers, isValid }
    : { type: "UTINYINT", values: numbers, isValid };
}

function valuesOf({ result }: PredictionBatch, name: string): PredictedValues {
  const { columns } = result as { readonly columns: readonly PredictedColumn[] };
  return columns.find((column) => column.name === name)!.values;
}
