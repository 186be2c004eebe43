import type { AppendColumn } from "../duckdb/append-column.ts";
import type { Connection } from "../duckdb/duckdb.ts";
import type { PredictionBatch } from "../protocol/prediction-batch.ts";
import type { PredictedColumn, PredictedValues } from "../run/predicted.ts";
import type { RowValues } from "./predicted-rows.ts";
import { PREDICT_FAILED } from "./prediction-summary.ts";
import { BROKEN_PROMISE } from "./typed-column.ts";

/** Rows that wait until they are written together: a batch may be as small as its partition. */
const FLUSH_ROWS = 65_536;

/** Tables of what trainers predicted, and of partitions that could not be predicted. */
const VALUES = "module_values";
const FAILURES = "module_failures";

/** DuckDB's type for each type of predictions, as it is appended. */
const APPENDED = { double: "DOUBLE", text: "VARCHAR", boolean: "UTINYINT" } as const;

/** What the columns of all predictions are: those of the first batch. */
type Shape = readonly { readonly name: string; readonly type: PredictedValues["type"] }[];

/**
 * Keeps what trainers predict in tables, until it is joined to the rows by position. All partitions need the columns
 * of the first that was predicted: another one's rows have no prediction, and say so.
 */
export class PredictionTables {
  readonly #connection: Connection;
  readonly #checkNames: (names: readonly string[]) => void;
  readonly #waiting: PredictionBatch[] = [];
  readonly #failures: { readonly partition: number; readonly message: string }[] = [];
  #waitingRows = 0;
  #shape: Shape | null = null;

  /** `checkNames` throws when the source has columns of these names itself. */
  constructor(connection: Connection, checkNames: (names: readonly string[]) => void) {
    this.#connection = connection;
    this.#checkNames = checkNames;
  }

  /** Takes one batch. Batches must be added one after the other. */
  async add(batch: PredictionBatch): Promise<void> {
    const { partition, result } = batch;
    if ("failure" in result) {
      this.#failures.push({ partition, message: result.failure.message });
      return;
    }
    this.#shape ??= await this.#open(shapeOf(result.columns));
    const problem = problemOf(batch, result.columns, this.#shape);
    if (problem !== null) {
      this.#failures.push({ partition, message: problem });
      return;
    }
    this.#waiting.push(batch);
    this.#waitingRows += batch.position.length;
    if (this.#waitingRows >= FLUSH_ROWS) await this.#flush();
  }

  /** Writes what waits, and says how rows find their values. */
  async finish(): Promise<RowValues> {
    const shape = this.#shape ?? (await this.#open([]));
    await this.#flush();
    await this.#connection.run(`create or replace table ${FAILURES} (partition INTEGER, message VARCHAR)`);
    const columns: AppendColumn[] = [
      { type: "INTEGER", values: Int32Array.from(this.#failures, (failure) => failure.partition) },
      { type: "VARCHAR", values: this.#failures.map((failure) => failure.message) },
    ];
    await this.#connection.append(FAILURES, columns, this.#failures.length);
    const failures = `(select partition, first(message order by message) as message from ${FAILURES} group by partition)`;
    return {
      join: `left join ${failures} f on f.partition = d.partition left join ${VALUES} m on m.position = r.position`,
      reason: `case when f.partition is not null then '${PREDICT_FAILED}: ' || f.message
        when m.position is null then error('${BROKEN_PROMISE}a row was not predicted') end`,
      values: shape.map(({ name, type }, i) => ({
        name,
        sql: type === "boolean" ? `m.v${i}::BOOLEAN` : `m.v${i}`,
      })),
    };
  }

  async #open(shape: Shape): Promise<Shape> {
    this.#checkNames(shape.map((column) => column.name));
    const columns = shape.map(({ type }, i) => `v${i} ${APPENDED[type]}`);
    await this.#connection.run(
      `create or replace table ${VALUES} (${["position DOUBLE", ...columns].join(", ")})`,
    );
    return shape;
  }

  async #flush(): Promise<void> {
    if (this.#waitingRows === 0) return;
    const batches = this.#waiting.splice(0);
    const rowCount = this.#waitingRows;
    this.#waitingRows = 0;
    const position = joined(
      batches.map((batch) => batch.position),
      new Float64Array(rowCount),
    );
    const columns = this.#shape!.map((_, i) =>
      joinedColumn(
        batches.map((batch) => valuesOf(batch, i)),
        rowCount,
      ),
    );
    await this.#connection.append(VALUES, [{ type: "DOUBLE", values: position }, ...columns], rowCount);
  }
}

function shapeOf(columns: readonly PredictedColumn[]): Shape {
  return columns.map(({ name, values }) => ({ name, type: values.type }));
}

/** Why a batch cannot stand beside the others; null when it can. */
function problemOf(batch: PredictionBatch, columns: readonly PredictedColumn[], shape: Shape): string | null {
  const [found, expected] = [shapeText(shapeOf(columns)), shapeText(shape)];
  if (found !== expected) {
    return `predict gave the columns ${found}, for another partition it gave ${expected}; all need the same`;
  }
  const rows = batch.position.length;
  const other = columns.find((column) => column.values.values.length !== rows);
  if (other === undefined) return null;
  return `column "${other.name}" has ${other.values.values.length} predictions for ${rows} rows`;
}

function shapeText(shape: Shape): string {
  return shape.map(({ name, type }) => `${JSON.stringify(name)} (${type})`).join(", ") || "none";
}

function valuesOf({ result }: PredictionBatch, index: number): PredictedValues {
  return (result as { readonly columns: readonly PredictedColumn[] }).columns[index]!.values;
}

/** Columns of one type, one behind the other. */
function joinedColumn(parts: readonly PredictedValues[], rowCount: number): AppendColumn {
  const [first] = parts;
  if (first!.type === "text") {
    return { type: "VARCHAR", values: parts.flatMap((part) => (part.type === "text" ? part.values : [])) };
  }
  const numbers = parts.filter((part) => part.type !== "text");
  const isValid = joined(
    numbers.map((part) => part.isValid),
    new Uint8Array(rowCount),
  );
  const arrays = numbers.map((part) => part.values);
  return first!.type === "double"
    ? { type: "DOUBLE", values: joined(arrays, new Float64Array(rowCount)), isValid }
    : { type: "UTINYINT", values: joined(arrays, new Uint8Array(rowCount)), isValid };
}

function joined<A extends Float64Array | Uint8Array>(parts: readonly ArrayLike<number>[], into: A): A {
  let at = 0;
  for (const part of parts) {
    into.set(part, at);
    at += part.length;
  }
  return into;
}
