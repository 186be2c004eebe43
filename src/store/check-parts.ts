import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import { readStoredParquet } from "./parquet-sql.ts";

/** What the parts of a run must add up to. */
export interface ExpectedParts {
  readonly run: string;
  readonly partitionCount: number;
  /** Rows of each file that was read; null where they are not known. */
  readonly fileRows: readonly (number | null)[];
  /** Rows of all partitions as they were counted, for sources that are no files; null where they are not known. */
  readonly countedRows: number | null;
  /** Whether partition `i` is file `i`. */
  readonly isByFile: boolean;
}

/** How many partitions a message names. */
const NAMED_PARTITIONS = 5;

/**
 * Checks that the parts have exactly one row for each partition, and that no row of the source is missing: the rows
 * read of each partition are those it used, dropped and held out, and together they are the rows of the source (at
 * most those, where the rows of a lost partition are not known; where a partition is a file, they are its rows).
 * @throws ManyfitError `run_damaged`
 */
export async function checkParts(
  connection: Connection,
  partPaths: readonly string[],
  expected: ExpectedParts,
): Promise<void> {
  const seen = new Uint32Array(expected.partitionCount);
  if (partPaths.length > 0) {
    const rows = new RowSum(expected);
    const numbers = ["read", "used", "dropped", "held_out"].map(
      (name) => `coalesce(rows_${name}, 'NaN'::DOUBLE)::DOUBLE`,
    );
    const sql = `select partition, ${numbers.join(", ")} from ${readStoredParquet(partPaths)}`;
    for await (const batch of connection.batches(sql)) {
      const partition = batch.int32s(0);
      const [read, used, dropped] = [batch.doubles(1), batch.doubles(2), batch.doubles(3)];
      const heldOut = batch.doubles(4);
      for (let i = 0; i < batch.rowCount; i++) {
        const number = partition[i]!;
        if (number < 0 || number >= seen.length) throw strayPartition(expected, number);
        seen[number]!++;
        rows.add(number, read[i]!, used[i]! + dropped[i]! + heldOut[i]!);
      }
    }
    checkSeen(expected, seen);
    rows.check();
  } else checkSeen(expected, seen);
}

/** Adds up the rows of partitions as they come. */
class RowSum {
  readonly #expected: ExpectedParts;
  /** Of each file, or of all of a source without files; null where they are not known. */
  readonly #rows: readonly (number | null)[];
  readonly #rowCount: number;
  #sum = 0;
  #isComplete = true;

  constructor(expected: ExpectedParts) {
    this.#expected = expected;
    const { fileRows, countedRows } = expected;
    this.#rows = fileRows.length === 0 ? [countedRows] : fileRows;
    this.#rowCount = this.#rows.reduce<number>((sum, rows) => sum + (rows ?? 0), 0);
  }

  add(partition: number, read: number, accounted: number): void {
    if (this.#expected.isByFile) this.#checkFile(partition, read);
    if (Number.isNaN(read)) this.#isComplete = false;
    else this.#sum += read;
    if (read === accounted || Number.isNaN(read) || Number.isNaN(accounted)) return;
    const text = `partition ${partition}: ${read} rows read, but ${accounted} used, dropped or held out`;
    throw damaged(this.#expected.run, text);
  }

  check(): void {
    const { run, fileRows } = this.#expected;
    const rowCount = this.#rowCount;
    const areFilesComplete = !this.#rows.includes(null);
    const isRight =
      (this.#sum <= rowCount || !areFilesComplete) && (this.#sum >= rowCount || !this.#isComplete);
    if (isRight) return;
    throw damaged(
      run,
      `its partitions have ${this.#sum} rows in all, its ${fileRows.length === 0 ? "source" : "files"} ${rowCount}`,
    );
  }

  #checkFile(partition: number, read: number): void {
    const rows = this.#expected.fileRows[partition] ?? null;
    if (rows === null ? Number.isNaN(read) : read === rows) return;
    const found = Number.isNaN(read) ? "an unknown number of" : read;
    const text = `partition ${partition}: ${found} rows read, its file has ${rows ?? "an unknown number"}`;
    throw damaged(this.#expected.run, text);
  }
}

function checkSeen(expected: ExpectedParts, seen: Uint32Array): void {
  const missing: number[] = [];
  const repeated: number[] = [];
  for (let partition = 0; partition < seen.length; partition++) {
    if (seen[partition] === 0) missing.push(partition);
    else if (seen[partition]! > 1) repeated.push(partition);
  }
  if (missing.length > 0) throw damaged(expected.run, `${namesOf(missing)} without a result`);
  if (repeated.length > 0) throw damaged(expected.run, `${namesOf(repeated)} with more than one result`);
}

function namesOf(partitions: readonly number[]): string {
  const named = partitions.slice(0, NAMED_PARTITIONS).join(", ");
  if (partitions.length === 1) return `partition ${named}`;
  const others = partitions.length - NAMED_PARTITIONS;
  return `${partitions.length} partitions (${named}${others > 0 ? `, … ${others} more` : ""})`;
}

function strayPartition({ run, partitionCount }: ExpectedParts, partition: number): ManyfitError {
  return damaged(run, `a result for partition ${partition}, there are only 0 to ${partitionCount - 1}`);
}

function damaged(run: string, text: string): ManyfitError {
  return new ManyfitError("run_damaged", `run ${run}: ${text}; nothing is committed`);
}
