import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { Connection, Duckdb } from "../duckdb/duckdb.ts";
import type { ResultBatch } from "../run/result-batch.ts";
import type { ResultSchema } from "../run/result-schema.ts";
import { removedUnlessWhole, syncFile, syncFolder } from "./disk.ts";
import { copyToParquet } from "./parquet-sql.ts";
import { createResultTables, selectPart } from "./part-sql.ts";
import { ResultBuffer } from "./result-buffer.ts";
import { numberNames } from "./result-columns.ts";
import { partName, UNFINISHED } from "./run-files.ts";
import { SerialQueue } from "./serial-queue.ts";
import type { WritePoint } from "./write-point.ts";

/** Bytes of numbers, and of documents and remarks, that are collected before they are written, where rows are not told. */
const WAITING_BYTES = 2 ** 26;

/** Results are collected while others are written, in buffers that double, and written from a copy in DuckDB. */
const COPIES = 6;

/** A part has at least this many rows before it is written for its size alone: one chunk of DuckDB. */
const LEAST_ROWS = 2048;

/** What a {@link PartWriter} needs to know. */
export interface PartWriterOptions {
  readonly duckdb: Duckdb;
  /** Folder of the parts, which exists. */
  readonly folder: string;
  readonly resultSchema: ResultSchema;
  /** Begins the names of this writer's tables in DuckDB. */
  readonly tablePrefix: string;
  /** Results older than this are written, in milliseconds. */
  readonly flushEveryMs: number;
  /** As many results as this are written at once; null: as many as hold 2^23 numbers, and at least 2,048. */
  readonly flushEveryRows: number | null;
  /** What results may take while they are collected and written; null: 384 MiB. */
  readonly resultBytes: number | null;
  readonly onWritePoint: (point: WritePoint) => Promise<void>;
}

/**
 * Collects results and writes them to numbered part files, each whole and on disk before it has its name. While a
 * part is written, the next results are collected; a writer slower than its callers makes them wait.
 */
export class PartWriter {
  readonly #options: PartWriterOptions;
  readonly #flushRows: number;
  readonly #waitingBytes: number;
  readonly #connection: Connection;
  readonly #writes = new SerialQueue();
  readonly #timer: NodeJS.Timeout;
  #buffer: ResultBuffer;
  #parts = 0;
  /** The first failure of a write, which nobody may have waited for. */
  #failure: { readonly error: unknown } | null = null;

  private constructor(options: PartWriterOptions, connection: Connection) {
    const numbers = numberNames(options.resultSchema).length;
    const waitingBytes = Math.min(WAITING_BYTES, (options.resultBytes ?? WAITING_BYTES * COPIES) / COPIES);
    this.#waitingBytes = waitingBytes;
    this.#options = options;
    this.#flushRows = options.flushEveryRows ?? Math.max(LEAST_ROWS, Math.floor(waitingBytes / 8 / numbers));
    this.#connection = connection;
    this.#buffer = new ResultBuffer(options.resultSchema);
    this.#timer = setInterval(() => {
      // Else buffers would wait for a slow disk one behind the other, and `append` never.
      if (this.#writes.isIdle) this.#startWrite();
    }, options.flushEveryMs);
    this.#timer.unref();
  }

  /** A writer with a connection of its own; it must be closed. */
  static async open(options: PartWriterOptions): Promise<PartWriter> {
    return new PartWriter(options, await options.duckdb.connect());
  }

  /** Takes the results of a batch. Rejects when they, or earlier ones, could not be written. */
  async append(batch: ResultBatch): Promise<void> {
    this.#throwFailure();
    this.#buffer.add(batch);
    if (!this.#isFull()) return;
    // Not more than one full buffer waits while the one before it is written.
    await this.#writes.idle();
    this.#throwFailure();
    if (this.#isFull()) this.#startWrite();
  }

  /** Resolves when everything appended so far is on disk. */
  async flush(): Promise<void> {
    this.#startWrite();
    await this.#writes.idle();
    this.#throwFailure();
  }

  /** Frees what it holds; what was not flushed is gone. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writes.idle();
    this.#connection.close();
  }

  #isFull(): boolean {
    return this.#buffer.rowCount >= this.#flushRows || this.#buffer.looseLength >= this.#waitingBytes;
  }

  /** Hands what is collected on to be written, and collects anew. */
  #startWrite(): void {
    const buffer = this.#buffer;
    if (buffer.rowCount === 0) return;
    this.#buffer = new ResultBuffer(this.#options.resultSchema);
    const number = ++this.#parts;
    this.#writes
      .run(() => this.#write(buffer, number))
      .catch((error: unknown) => {
        this.#failure ??= { error };
      });
  }

  async #write(buffer: ResultBuffer, number: number): Promise<void> {
    const { tablePrefix } = this.#options;
    const { shape } = buffer;
    const tables = {
      results: `${tablePrefix}_results_${number}`,
      remarks: `${tablePrefix}_remarks_${number}`,
    };
    await this.#connection.run(createResultTables(shape, tables));
    await this.#connection.append(tables.results, buffer.columns(), buffer.rowCount);
    await this.#connection.append(tables.remarks, buffer.remarkColumns(), buffer.remarkCount);
    await this.#writeFile(selectPart(shape, tables), number);
    await this.#connection.run(`drop table ${tables.results}; drop table ${tables.remarks}`);
  }

  async #writeFile(select: string, number: number): Promise<void> {
    const { folder, onWritePoint } = this.#options;
    const path = join(folder, partName(number));
    const unfinished = path + UNFINISHED;
    await removedUnlessWhole(unfinished, async () => {
      await this.#connection.run(copyToParquet(select, unfinished));
      await syncFile(unfinished);
      await onWritePoint("part.written");
      await rename(unfinished, path);
      await syncFolder(folder);
    });
    await onWritePoint("part.renamed");
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
