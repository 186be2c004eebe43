import { ManyfitError } from "../../errors.ts";
import type { BatchColumn, RowBatch } from "../../source/stream-rows.ts";
import { type ColumnValues, MAX_TEXT_BYTES } from "../../table/column.ts";
import type { PartitionRows } from "../../trainer/trainer.ts";

/** A partition with all its rows: views that are valid until the next partition is asked for. */
export interface SortedPartition {
  readonly partition: number;
  readonly rows: PartitionRows;
}

/** Takes the rows of one partition, one batch after the other. */
export interface PartitionSink<Found> {
  /** The rows `from .. to` (exclusive) of a batch, which is valid until the promise is settled. */
  append(batch: RowBatch, from: number, to: number): void | Promise<void>;
  /** What the partition came to. */
  finish(): Found | Promise<Found>;
}

/**
 * Cuts rows that come sorted by partition wherever the partition changes. `sinkOf` says who takes the rows of a partition
 * that is not to be in memory, and null for all others. Default: null for all.
 */
export async function* sortedPartitions<Found = never>(
  batches: AsyncIterable<RowBatch>,
  sinkOf: (partition: number) => PartitionSink<Found> | null = () => null,
): AsyncGenerator<SortedPartition | Found, undefined, undefined> {
  const gathered = new GatheredRows();
  let sink: PartitionSink<Found | SortedPartition> | null = null;
  let partition = -1;
  for await (const batch of batches) {
    let from = 0;
    while (from < batch.rowCount) {
      const current = batch.partition[from]!;
      if (current !== partition && sink !== null) {
        yield await sink.finish();
        sink = null;
      }
      partition = current;
      sink ??= sinkOf(partition) ?? gatheringSink(gathered, partition);
      const to = endOfRun(batch, from);
      await sink.append(batch, from, to);
      from = to;
    }
  }
  if (sink !== null) yield await sink.finish();
  return undefined;
}

/** Gathers a partition in memory that the next one overwrites. */
function gatheringSink(gathered: GatheredRows, partition: number): PartitionSink<SortedPartition> {
  gathered.clear();
  return {
    append: (batch, from, to) => gathered.append(batch.columns, from, to),
    finish: () => ({ partition, rows: gathered.rows() }),
  };
}

function endOfRun({ partition, rowCount }: RowBatch, from: number): number {
  let to = from + 1;
  while (to < rowCount && partition[to] === partition[from]) to++;
  return to;
}

/** Columns that rows are appended to. */
class GatheredRows {
  rowCount = 0;
  readonly #columns: GatheredColumn[] = [];

  append(columns: readonly BatchColumn[], from: number, to: number): void {
    const { rowCount } = this;
    for (const [i, column] of columns.entries()) {
      this.#columns[i] ??= column.kind === "numbers" ? new GatheredNumbers() : new GatheredTexts();
      this.#columns[i].append(column, { from, to, rowCount });
    }
    this.rowCount += to - from;
  }

  rows(): PartitionRows {
    const { rowCount } = this;
    return { rowCount, columns: this.#columns.map((column) => column.values(rowCount)) };
  }

  clear(): void {
    this.rowCount = 0;
  }
}

/** Rows `from .. to` (exclusive) of a batch, to be put behind `rowCount` others. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly rowCount: number;
}

interface GatheredColumn {
  append(column: BatchColumn, span: Span): void;
  values(rowCount: number): ColumnValues;
}

class GatheredNumbers implements GatheredColumn {
  #values = new Float64Array(1024);
  #isValid = new Uint8Array(1024);
  #hasNull = false;

  append(column: BatchColumn, { from, to, rowCount }: Span): void {
    if (column.kind !== "numbers") return;
    if (rowCount === 0) this.#hasNull = false;
    this.#values = grown(this.#values, rowCount + to - from);
    this.#isValid = grown(this.#isValid, this.#values.length);
    this.#values.set(column.values.subarray(from, to), rowCount);
    this.#isValid.fill(1, rowCount, rowCount + to - from);
    for (let row = from; row < to; row++) {
      if (column.isValid === null || column.isValid[row] === 1) continue;
      this.#values[rowCount + row - from] = Number.NaN;
      this.#isValid[rowCount + row - from] = 0;
      this.#hasNull = true;
    }
  }

  values(rowCount: number): ColumnValues {
    const isValid = this.#hasNull ? this.#isValid.subarray(0, rowCount) : null;
    return { kind: "numbers", values: this.#values.subarray(0, rowCount), isValid };
  }
}

class GatheredTexts implements GatheredColumn {
  readonly #texts: (Uint8Array | null)[] = [];

  append(column: BatchColumn, { from, to, rowCount }: Span): void {
    if (column.kind !== "texts") return;
    this.#texts.length = rowCount;
    for (const text of column.values.slice(from, to)) this.#texts.push(text?.slice() ?? null);
  }

  values(rowCount: number): ColumnValues {
    const texts = this.#texts.slice(0, rowCount);
    const size = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
    if (size > MAX_TEXT_BYTES) throw tooMuchText(size);
    let end = 0;
    const ends = Uint32Array.from(texts, (text) => (end += text?.length ?? 0));
    const bytes = new Uint8Array(end);
    for (const [row, text] of texts.entries()) if (text !== null) bytes.set(text, ends[row]! - text.length);
    const isValid = texts.includes(null) ? Uint8Array.from(texts, (text) => (text === null ? 0 : 1)) : null;
    return { kind: "texts", bytes, ends, start: 0, isValid };
  }
}

function tooMuchText(bytes: number): ManyfitError {
  return new ManyfitError(
    "memory_exceeded",
    `partition has texts of ${bytes} bytes in one column, at most ${MAX_TEXT_BYTES} are allowed; name fewer columns in the trainer, or filter rows with --where`,
  );
}

function grown<T extends Float64Array | Uint8Array>(column: T, needed: number): T {
  if (needed <= column.length) return column;
  const Constructor = column.constructor as new (length: number) => T;
  const larger = new Constructor(Math.max(needed, 2 * column.length));
  larger.set(column);
  return larger;
}
