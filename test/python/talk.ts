import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { JsonValue } from "../../src/job/job.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { FrameDecoder } from "../../src/protocol/frame-decoder.ts";
import type {
  FromPython,
  PythonFits,
  PythonRemark,
  PythonTrainerSpec,
} from "../../src/protocol/python-message.ts";
import type { Field } from "../../src/table/field.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type Cells, columnsOf, type TestPartition, workOf } from "./work-of.ts";

const HOST = fileURLToPath(new URL("../../python/manyfit_host/__main__.py", import.meta.url));

/** What a child has predicted for some partitions of a message. */
export interface Predicted {
  readonly type: "predicted";
  readonly id: number;
  readonly first: number;
  readonly count: number;
  readonly last: boolean;
  readonly failures: readonly PythonRemark[];
  readonly columns: readonly (readonly PredictedColumn[] | null)[];
}

interface PredictedColumn {
  readonly name: string;
  readonly type: "double" | "text" | "boolean";
  readonly values: Float64Array | Uint8Array | { readonly bytes: Uint8Array; readonly ends: Float64Array };
  readonly valid: Uint8Array;
}

/** Whatever a child tells. */
export type Told = FromPython | Predicted;

/** What became of one partition. */
export interface Fit {
  readonly model: Uint8Array | null;
  readonly className: string | null;
  readonly readable: unknown;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly warnings: readonly string[];
  readonly error: { readonly code: string; readonly message: string; readonly stack: string | null } | null;
  readonly durationMs: number;
  readonly startedAtMs: number;
}

/** How a child is started. */
export interface TalkOptions {
  readonly python: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

/** How a child is made ready. Default: no params, no key, columns that are doubles x and y. */
export interface InitOptions {
  readonly params?: Readonly<Record<string, JsonValue>>;
  readonly columns?: readonly ReadColumn[];
  readonly keys?: readonly string[];
  readonly frame?: string | null;
}

/** The real Python child, spoken to as its host does, over the real descriptors. */
export class PythonTalk {
  readonly python: string;
  readonly cellPath: string;
  readonly process: ChildProcess;
  /** What C code has printed. */
  printed = "";
  /** What was told of partitions, or outside of them. */
  readonly logged: Extract<FromPython, { type: "logged" }>[] = [];
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly #toChild: Writable;
  readonly #life: Writable;
  readonly #decoder = new FrameDecoder();
  readonly #heard: Told[] = [];
  #wake: () => void = () => undefined;
  #hasEnded = false;
  #columns: readonly ReadColumn[] = [];
  #nextId = 0;

  constructor({ python, env = {}, folder = temporaryFolder() }: TalkOptions) {
    this.python = python;
    this.cellPath = join(folder, "cell");
    writeFileSync(this.cellPath, new Uint8Array(32));
    this.process = spawn(python, ["-X", "utf8", HOST], {
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, ...HOST_ENVIRONMENT, ...env },
    });
    const [, stdout, stderr, toChild, fromChild, life] = this.process.stdio as unknown as [
      null,
      ...(Readable & Writable)[],
    ];
    this.#toChild = toChild!;
    this.#life = life!;
    for (const stream of [toChild!, life!]) stream.on("error", () => undefined);
    for (const stream of [stdout!, stderr!]) stream.on("data", (bytes) => (this.printed += String(bytes)));
    fromChild!.on("error", () => undefined);
    fromChild!.on("data", (bytes: Uint8Array) => {
      for (const message of this.#decoder.push(bytes)) this.#hear(message as Told);
    });
    this.ended = new Promise((resolve) => {
      this.process.once("close", (code, signal) => {
        this.#hasEnded = true;
        this.#wake();
        resolve({ code, signal });
      });
    });
  }

  /** Sends a message of any kind. */
  send(message: unknown): void {
    for (const piece of encodeFrame(message)) this.#toChild.write(piece);
  }

  /** The next message that is no `logged`; rejects when the child has ended without one. */
  async next(): Promise<Told> {
    for (;;) {
      const message = this.#heard.shift();
      if (message !== undefined) return message;
      if (this.#hasEnded) throw new Error(`the child has ended: ${this.printed}`);
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** Asks what a trainer says of itself. */
  describe(
    trainer: PythonTrainerSpec,
    { params = {}, schema = XY }: { params?: InitOptions["params"]; schema?: readonly Field[] } = {},
  ): Promise<Told> {
    this.send({ type: "describe", trainer, params, schema });
    return this.next();
  }

  /** Makes the child ready, and gives its answer. */
  init(trainer: PythonTrainerSpec, options: InitOptions = {}): Promise<Told> {
    const {
      params = {},
      columns = columnsOf({ x: "double", y: "double" }),
      keys = [],
      frame = null,
    } = options;
    this.#columns = columns;
    const named = keys.map((name) => ({ name, type: "text" }));
    this.send({
      type: "init",
      version: 1,
      cell: this.cellPath,
      trainer,
      params,
      columns,
      keys: named,
      frame,
    });
    return this.next();
  }

  /** Gives partitions in one message, without waiting for the answer. Gives the message's id. */
  sendFit(partitions: readonly TestPartition[]): number {
    const id = this.#nextId++;
    this.send({ type: "fit", id, partitions: workOf(this.#columns, partitions) });
    return id;
  }

  /** Fits partitions in one message, and gives what became of each. */
  async fit(...partitions: readonly TestPartition[]): Promise<Fit[]> {
    const id = this.sendFit(partitions);
    const fits: Fit[] = [];
    for (;;) {
      const message = await this.next();
      if (message.type !== "fitted" || message.id !== id || message.first !== fits.length)
        throw new Error(`expected fits of message ${id} from ${fits.length}: ${JSON.stringify(message)}`);
      fits.push(...fitsOf(message));
      if (message.last) break;
    }
    if (fits.length !== partitions.length) throw new Error(`${fits.length} of ${partitions.length} fits`);
    return fits;
  }

  /** Predicts partitions in one message: columns as lists of cells, or the failure. */
  async predict(
    models: readonly Uint8Array[],
    modelOf: readonly number[],
    partitions: readonly TestPartition[],
  ): Promise<(Cells | PythonRemark)[]> {
    const id = this.#nextId++;
    let end = 0;
    const ends = Float64Array.from(models, ({ length }) => (end += length));
    this.send({
      ...{ type: "predict", id, partitions: workOf(this.#columns, partitions) },
      models: { bytes: new Uint8Array(Buffer.concat(models)), ends },
      modelOf: Int32Array.from(modelOf),
    });
    const found: (Cells | PythonRemark)[] = [];
    for (;;) {
      const message = await this.next();
      if (message.type !== "predicted" || message.id !== id || message.first !== found.length)
        throw new Error(`expected predictions of message ${id}: ${JSON.stringify(message)}`);
      for (const [i, columns] of message.columns.entries()) {
        const failure = message.failures.find(({ index }) => index === message.first + i);
        found.push(columns === null ? failure! : cellsOf(columns));
      }
      if (message.last) return found;
    }
  }

  /** What a partition printed, or what was printed outside of all. */
  textOf(id: number | null, index: number | null, stream: "stdout" | "stderr" = "stdout"): string {
    const told = this.logged.filter(
      (line) => line.id === id && line.index === index && line.stream === stream,
    );
    return told.map(({ text }) => text).join("");
  }

  /** Waits until something holds, for ten seconds at most. */
  async until(holds: () => boolean): Promise<void> {
    for (let i = 0; i < 1000 && !holds(); i++) await sleep(10);
    if (!holds()) throw new Error(`did not come to pass: ${holds}\n${this.printed}`);
  }

  /** Closes the life line, as the end of the host does. */
  cutLifeLine(): void {
    this.#life.destroy();
  }

  /** Ends the child. */
  async kill(): Promise<void> {
    try {
      process.kill(-this.process.pid!, "SIGKILL");
    } catch {
      // It is gone already.
    }
    for (const stream of this.process.stdio) stream?.destroy();
    await this.ended;
  }

  #hear(message: Told): void {
    if (message.type === "logged") this.logged.push(message);
    else this.#heard.push(message);
    this.#wake();
  }
}

const XY: readonly Field[] = [
  { name: "x", type: "double" },
  { name: "y", type: "double" },
];

/** What the contract says of the environment. */
const HOST_ENVIRONMENT = {
  MPLBACKEND: "Agg",
  OMP_NUM_THREADS: "1",
  OPENBLAS_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  NUMEXPR_NUM_THREADS: "1",
  VECLIB_MAXIMUM_THREADS: "1",
  BLIS_NUM_THREADS: "1",
  LOKY_MAX_CPU_COUNT: "1",
  PYTHONHASHSEED: "0",
  PYTHONUNBUFFERED: "1",
};

function fitsOf({ first, count, state, models, errors, warnings, ...told }: PythonFits): Fit[] {
  let fitted = 0;
  return Array.from({ length: count }, (_, i) => {
    const error = errors.find(({ index }) => index === first + i) ?? null;
    const at = state[i] === 0 ? fitted++ : null;
    if ((at === null) === (error === null))
      throw new Error(`partition ${first + i} is neither fitted nor failed`);
    const start = at === null || at === 0 ? 0 : models.ends[at - 1]!;
    const readable = at === null ? null : told.readable[at]!;
    return {
      model: at === null ? null : models.bytes.slice(start, models.ends[at]!),
      className: at === null ? null : told.classes[at]!,
      readable: readable === null ? null : (JSON.parse(readable) as unknown),
      metrics: (at === null ? null : told.metrics[at]) ?? {},
      warnings: warnings
        .filter(({ index }) => index === first + i)
        .map(({ code, message }) => `${code}: ${message}`),
      error: error === null ? null : { code: error.code, message: error.message, stack: error.stack },
      durationMs: told.durationMs[i]!,
      startedAtMs: told.startedAtMs[i]!,
    };
  });
}

function cellsOf(columns: readonly PredictedColumn[]): Cells {
  return Object.fromEntries(
    columns.map(({ name, type, values, valid }) => [
      name,
      Array.from(valid, (isValid, row) => {
        if (isValid === 0) return null;
        if ("ends" in values)
          return Buffer.from(
            values.bytes.subarray(row === 0 ? 0 : values.ends[row - 1]!, values.ends[row]!),
          ).toString();
        return type === "boolean" ? values[row] === 1 : values[row]!;
      }),
    ]),
  );
}
