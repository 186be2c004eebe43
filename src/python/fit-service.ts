import { ManyfitError } from "../errors.ts";
import type { Params } from "../job/job.ts";
import type { KeyField } from "../key/key-type.ts";
import type { ProcessEnd } from "../protocol/framed-process.ts";
import {
  type FromPython,
  PYTHON_PROTOCOL_VERSION,
  type PythonFits,
  type PythonTrainerSpec,
} from "../protocol/python-message.ts";
import type { PredictionResult } from "../run/predicted.ts";
import type { ReadColumn } from "../table/read-column.ts";
import type { AtWork } from "../trainer/trainer.ts";
import { ModelPack } from "./model-pack.ts";
import { predictionsOf } from "./predictions-of.ts";
import { ProgressCell } from "./progress-cell.ts";
import { PythonChild, type PythonChildListener, type PythonCommand } from "./python-child.ts";
import type { WaitingChild } from "./waiting-child.ts";
import { type PythonPartition, WorkBuilder } from "./work-builder.ts";

/** What a service runs, and where. */
export interface FitServiceOptions extends PythonCommand {
  readonly trainer: PythonTrainerSpec;
  readonly params: Params;
  readonly columns: readonly ReadColumn[];
  readonly keyFields: readonly KeyField[];
  /** Where the progress cell lies. */
  readonly folder: string;
}

/** Who is told what a service does. */
export interface FitServiceListener {
  /** A partition has been at work for a while, or printed something, or was at work when the child died. */
  onStarted(atWork: AtWork): void;
  onPrinted(atWork: AtWork | null, stream: "stdout" | "stderr", text: string): void;
  /** The child is gone, and whatever was not answered will never be. */
  onEnd(end: ProcessEnd): void;
  /** The service cannot go on, which is no fault of a partition. */
  onFailure(error: ManyfitError): void;
}

/** What became of one partition. */
export interface PythonFit {
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly outcome:
    | {
        readonly model: Uint8Array;
        readonly className: string;
        readonly readable: string | null;
        readonly metrics: Readonly<Record<string, number | null>>;
        readonly warnings: readonly { readonly code: string; readonly message: string }[];
      }
    | { readonly code: string; readonly message: string; readonly stack: string | null };
}

/** A message takes this many partitions, or bytes, and leaves then. */
const MESSAGE_PARTITIONS = 64;
const MESSAGE_BYTES = 2 ** 20;

/** Partitions, and bytes of their rows, that are with the child at a time: enough that it never waits. */
const MOST_PARTITIONS = 256;
const MOST_BYTES = 2 ** 25;

/** Messages with the child at a time, the one at work among them, beyond which only full ones are sent. */
const MESSAGES_AHEAD = 2;

/** Milliseconds between two looks at what the child is at. */
const LOOK_EVERY_MS = 50;

interface Waiting {
  readonly atWork: AtWork;
  readonly bytes: number;
  readonly rowCount: number;
  readonly resolve: (answer: PythonFit | PredictionResult) => void;
}

/**
 * A Python child that fits partition after partition, in the order in which they are given, many in a message. What is
 * given is copied at once. Where the child dies, promises of what it had not answered stay open: `onEnd` says so.
 */
export class FitService {
  readonly #options: FitServiceOptions;
  readonly #listener: FitServiceListener;
  readonly #cell: ProgressCell;
  readonly #child: PythonChild;
  readonly #ready: Promise<void>;
  readonly #tellReady: () => void;
  readonly #timer: NodeJS.Timeout;
  #builder: WorkBuilder;
  /** Models of the builder's partitions; null where these are to be fitted. */
  #models: ModelPack | null = null;
  /** Those of the builder. */
  #gathered: Waiting[] = [];
  /** Those with the child, by message. */
  readonly #sent = new Map<number, Waiting[]>();
  #nextId = 0;
  #count = 0;
  #bytes = 0;
  #isFlushing = false;
  #told: AtWork | null = null;
  #room: (() => void) | null = null;

  /**
   * Takes over a child that was started before, or starts one.
   * @throws ManyfitError `worker_failed` where the system has no descriptors for its pipes.
   */
  constructor(options: FitServiceOptions, listener: FitServiceListener, waiting: WaitingChild | null = null) {
    this.#options = options;
    this.#listener = listener;
    this.#cell = new ProgressCell(options.folder);
    this.#builder = new WorkBuilder(options.columns);
    let tellReady = (): void => undefined;
    this.#ready = new Promise((ready) => (tellReady = ready));
    this.#tellReady = () => tellReady();
    const heard: PythonChildListener = {
      onMessage: (message) => this.#receive(message),
      onPrinted: (stream, text) => this.#print(this.#look(), stream, text),
      onEnd: (end) => this.#end(end),
      onFailure: (error) => listener.onFailure(error),
    };
    this.#child = waiting === null ? new PythonChild(options, heard) : waiting.take(heard);
    const { trainer, params, columns, keyFields } = options;
    const init = { trainer, params, columns, keys: keyFields, cell: this.#cell.path, frame: null };
    this.#child.send({ type: "init", version: PYTHON_PROTOCOL_VERSION, ...init });
    // What takes longer than a look is told, so that it can be timed.
    this.#timer = setInterval(() => this.#tellAtWork(this.#look()), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Its process; null where there is none any more. */
  get pid(): number | null {
    return this.#child.pid;
  }

  /** Resolves when the trainer is loaded and set up. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Gives a partition to the child; resolves when it is answered. */
  fit(partition: PythonPartition, atWork: AtWork): Promise<PythonFit> {
    if (this.#models !== null) this.#flush();
    return this.#give(partition, atWork) as Promise<PythonFit>;
  }

  /** Gives a partition and the bytes of its model to the child; resolves when its rows are predicted, or failed. */
  predict(partition: PythonPartition, model: Uint8Array, atWork: AtWork): Promise<PredictionResult> {
    if (this.#models === null) this.#flush();
    this.#models ??= new ModelPack();
    this.#models.add(model);
    return this.#give(partition, atWork, model.length) as Promise<PredictionResult>;
  }

  #give(partition: PythonPartition, atWork: AtWork, modelBytes = 0): Promise<PythonFit | PredictionResult> {
    const before = this.#builder.bytes;
    this.#builder.add(partition);
    const bytes = this.#builder.bytes - before + modelBytes;
    this.#count++;
    this.#bytes += bytes;
    const { rowCount } = partition.used;
    const answered = new Promise<PythonFit | PredictionResult>((resolve) =>
      this.#gathered.push({ atWork, bytes, rowCount, resolve }),
    );
    const messageBytes = this.#builder.bytes + (this.#models?.length ?? 0);
    if (this.#gathered.length >= MESSAGE_PARTITIONS || messageBytes >= MESSAGE_BYTES) this.#flush();
    else this.#flushSoon();
    return answered;
  }

  /** Resolves when the child could be given more. */
  async untilRoom(): Promise<void> {
    while (this.#count >= MOST_PARTITIONS || this.#bytes >= MOST_BYTES)
      await new Promise<void>((room) => (this.#room = room));
  }

  /** Whether what the child says is left in its pipe. */
  hold(isHeld: boolean): void {
    this.#child.hold(isHeld);
  }

  /** Ends the child, whatever it is at. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#child.kill();
    this.#cell.close();
  }

  /**
   * As soon as whoever gives partitions waits for more than a promise that is settled, and the child could run out of work.
   * Until then they gather: a message of one partition costs as much as a quick fit.
   */
  #flushSoon(): void {
    if (this.#isFlushing || this.#sent.size >= MESSAGES_AHEAD) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#gathered.length === 0) return;
    const id = this.#nextId++;
    this.#sent.set(id, this.#gathered);
    const partitions = this.#builder.finish();
    const models = this.#models?.finish();
    this.#child.send(
      models === undefined ? { type: "fit", id, partitions } : { type: "predict", id, partitions, ...models },
    );
    this.#gathered = [];
    this.#models = null;
    this.#builder = new WorkBuilder(this.#options.columns);
  }

  #receive(message: FromPython): void {
    if (message.type === "fitted") this.#answer(message, () => fitsOf(message));
    else if (message.type === "predicted") this.#answer(message, (rows) => predictionsOf(message, rows));
    else if (message.type === "ready") this.#tellReady();
    else if (message.type === "logged") {
      const { id, index, stream, text } = message;
      this.#print(id === null || index === null ? null : this.#atWorkOf(id, index), stream, text);
    } else if (message.type === "broken")
      this.#listener.onFailure(new ManyfitError(message.code, message.message));
  }

  #answer({ id, first, count, last }: PythonAnswer, open: (rowCounts: readonly number[]) => Answers): void {
    const waiting = this.#sent.get(id);
    if (waiting === undefined)
      throw new ManyfitError("worker_failed", `answer to message ${id}, which was not asked`);
    const answered = waiting.slice(first, first + count);
    for (const [i, answer] of open(answered.map(({ rowCount }) => rowCount)).entries()) {
      const { bytes, resolve } = answered[i]!;
      this.#count--;
      this.#bytes -= bytes;
      resolve(answer);
    }
    if (last) {
      this.#sent.delete(id);
      if (this.#gathered.length > 0) this.#flushSoon();
    }
    this.#room?.();
    this.#room = null;
  }

  #print(atWork: AtWork | null, stream: "stdout" | "stderr", text: string): void {
    this.#tellAtWork(atWork);
    this.#listener.onPrinted(atWork, stream, text);
  }

  /** What the child is at; null between partitions. */
  #look(): AtWork | null {
    const progress = this.#cell.read();
    return progress === null ? null : this.#atWorkOf(progress.id, progress.index);
  }

  #atWorkOf(id: number, index: number): AtWork | null {
    return this.#sent.get(id)?.[index]?.atWork ?? null;
  }

  #tellAtWork(atWork: AtWork | null): void {
    const told = this.#told;
    if (atWork === null || (told?.task === atWork.task && told.partition === atWork.partition)) return;
    this.#told = atWork;
    this.#listener.onStarted(atWork);
  }

  #end(end: ProcessEnd): void {
    clearInterval(this.#timer);
    this.#tellAtWork(this.#look());
    this.#cell.close();
    this.#listener.onEnd(end);
  }
}

/** Which partitions of which message are answered. */
type PythonAnswer = Pick<PythonFits, "id" | "first" | "count"> & { readonly last: boolean };

type Answers = readonly (PythonFit | PredictionResult)[];

/** The results of a message, one by one. */
function fitsOf(fits: PythonFits): PythonFit[] {
  const { first, count, state, startedAtMs, durationMs, models, metrics, classes, readable } = fits;
  const errors = new Map(fits.errors.map((error) => [error.index - first, error]));
  let fitted = 0;
  return Array.from({ length: count }, (_, i) => {
    const time = { startedAtMs: startedAtMs[i]!, durationMs: durationMs[i]! };
    const error = errors.get(i);
    if (state[i] !== 0 && error !== undefined) {
      const { code, message, stack } = error;
      return { ...time, outcome: { code, message, stack } };
    }
    const at = fitted++;
    const model = models.bytes.slice(at === 0 ? 0 : models.ends[at - 1]!, models.ends[at]!);
    const warnings = fits.warnings.filter(({ index }) => index === first + i);
    const outcome = {
      ...{ model, className: classes[at]!, readable: readable[at] ?? null },
      ...{ metrics: metrics[at] ?? {}, warnings },
    };
    return { ...time, outcome };
  });
}
