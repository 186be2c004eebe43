import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { errorFrom, ManyfitError } from "../../errors.ts";
import { encodeFrame } from "../../protocol/frame.ts";
import { FrameDecoder } from "../../protocol/frame-decoder.ts";
import type { EngineMessage, WorkerMessage } from "../../protocol/message.ts";
import type { WorkerDeath } from "./worker-pool.ts";

/** Who is told what a worker process does. */
export interface WorkerProcessListener {
  onMessage(message: WorkerMessage): void;
  /** The process has ended without being asked to, and all that it said was told. */
  onDeath(death: WorkerDeath): void;
  /** There is no process, because the machine would not start one, or a message that cannot be sent. */
  onFailure(error: ManyfitError): void;
}

/** Characters of standard error that are kept for the day on which the worker dies. */
const LAST_WORDS = 2000;

/**
 * Milliseconds that are given to what a dead worker said to arrive: its own pipe ends with it, standard error may be
 * held open by processes that the trainer started.
 */
const LAST_MESSAGES_MS = 5000;
const LAST_WORDS_MS = 250;

/**
 * One worker in a process of its own. It is spoken to by frames on its file descriptors 3 (to it) and 4 (from it);
 * what anything in it writes to standard output and error becomes `logged` messages of no partition.
 */
export class WorkerProcess {
  readonly #name: string;
  readonly #listener: WorkerProcessListener;
  readonly #child: ChildProcess;
  readonly #toWorker: Duplex;
  readonly #fromWorker: Readable;
  readonly #decoder = new FrameDecoder();
  readonly #exited: Promise<void>;
  readonly #unsent: EngineMessage[] = [];
  #isEnding = false;
  #isDamaged = false;
  #hasExited = false;
  #lastWords = "";

  /**
   * Starts `entry` with the Node that runs this. `name` is how messages call it, such as `worker 1`.
   * @throws ManyfitError `worker_failed` where the system has no descriptors for its pipes.
   */
  constructor(name: string, entry: string, listener: WorkerProcessListener) {
    this.#name = name;
    this.#listener = listener;
    this.#child = startProcess(name, entry);
    const [, stdout, stderr, toWorker, fromWorker] = this.#child.stdio as unknown as Duplex[];
    this.#toWorker = toWorker!;
    this.#fromWorker = fromWorker!;
    // Whoever writes to a worker that has just died hears of the death by its exit.
    toWorker!.on("error", () => undefined);
    toWorker!.on("drain", () => this.#sendWaiting());
    fromWorker!.on("data", (bytes: Uint8Array) => this.#receive(bytes));
    fromWorker!.on("error", () => undefined);
    this.#log(stdout!, "stdout");
    this.#log(stderr!, "stderr");
    this.#exited = this.#awaitEnd(fromWorker!, stderr!);
  }

  /** Gives the worker a message: at once, or when it has taken those before. */
  send(message: EngineMessage): void {
    this.#unsent.push(message);
    if (!this.#toWorker.writableNeedDrain) this.#sendWaiting();
  }

  /** Whether what the worker says is left in its pipe, so that it has to wait with saying more. */
  hold(isHeld: boolean): void {
    if (this.#isEnding || this.#hasExited) return;
    if (isHeld) this.#fromWorker.pause();
    else this.#fromWorker.resume();
  }

  /** Ends the process, whatever it is at, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#isEnding = true;
    this.#unsent.length = 0;
    this.#child.kill("SIGKILL");
    await this.#exited;
    for (const stream of this.#child.stdio) stream?.destroy();
  }

  #sendWaiting(): void {
    try {
      while (this.#unsent.length > 0 && !this.#toWorker.writableNeedDrain && this.#toWorker.writable) {
        this.#toWorker.cork();
        for (const piece of encodeFrame(this.#unsent.shift())) this.#toWorker.write(piece);
        this.#toWorker.uncork();
      }
    } catch (thrown) {
      this.#listener.onFailure(errorFrom(thrown));
    }
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isEnding || this.#isDamaged) return;
    const messages = this.#decoder.push(bytes);
    for (let next = this.#next(messages); next !== null; next = this.#next(messages)) this.#tell(next);
  }

  /** The next message; null when there is none, or never again because the stream is damaged. */
  #next(messages: Generator<unknown, void, undefined>): WorkerMessage | null {
    try {
      const { done, value } = messages.next();
      return done === true ? null : (value as WorkerMessage);
    } catch (thrown) {
      this.#isDamaged = true;
      this.#remember(`\n${errorFrom(thrown).message}\n`);
      this.#child.kill("SIGKILL");
      return null;
    }
  }

  #tell(message: WorkerMessage): void {
    if (this.#isEnding) return;
    if (message.type === "logged" && message.stream === "stderr") this.#remember(message.text);
    this.#listener.onMessage(message);
  }

  #log(stream: Readable, name: "stdout" | "stderr"): void {
    stream.setEncoding("utf8");
    stream.on("error", () => undefined);
    stream.on("data", (text: string) =>
      this.#tell({ type: "logged", task: null, partition: null, stream: name, text }),
    );
  }

  #remember(text: string): void {
    this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
  }

  #awaitEnd(fromWorker: Readable, stderr: Readable): Promise<void> {
    const [messages, words] = [closeOf(fromWorker), closeOf(stderr)];
    return new Promise((done) => {
      this.#child.once("error", (cause) => {
        // One that was started will be heard of by its exit.
        if (this.#child.pid !== undefined) return;
        done();
        const text = `${this.#name} could not be started: ${cause.message}`;
        if (!this.#isEnding) this.#listener.onFailure(new ManyfitError("worker_failed", text, { cause }));
      });
      this.#child.once("exit", (code, signal) => {
        done();
        // What it has said is heard in any case; it is no more than a pipe holds.
        this.#hasExited = true;
        fromWorker.resume();
        const isHeard = [within(LAST_MESSAGES_MS, messages), within(LAST_WORDS_MS, words)];
        void Promise.all(isHeard).then(() => this.#tellDeath(code, signal));
      });
    });
  }

  #tellDeath(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    for (const stream of this.#child.stdio) stream?.destroy();
    const cause = this.#isDamaged
      ? "sent what cannot be read"
      : signal === null
        ? `ended by process.exit(${code}) or exit code ${code}`
        : `ended by signal ${signal}`;
    this.#listener.onDeath({ cause: `${this.#name} ${cause}`, lastWords: this.#lastWords.trim() });
  }
}

function startProcess(name: string, entry: string): ChildProcess {
  const stdio = ["ignore", "pipe", "pipe", "pipe", "pipe"] as const;
  const child = spawn(process.execPath, ["--enable-source-maps", entry], { stdio: [...stdio] });
  // Node gives a child without any stream then, whatever its types say.
  if ((child.stdio as unknown) !== undefined) return child;
  child.on("error", () => undefined);
  const text = `${name} could not be started: no file descriptors are left for its pipes; use fewer --workers, or raise the limit (ulimit -n)`;
  throw new ManyfitError("worker_failed", text);
}

function closeOf(stream: Readable): Promise<void> {
  return new Promise((closed) => {
    stream.once("close", closed);
  });
}

/** When the promise is settled, or so many milliseconds from now. */
function within(milliseconds: number, promise: Promise<void>): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    void promise.then(() => {
      clearTimeout(timer);
      done();
    });
  });
}
