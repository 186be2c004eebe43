import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { errorFrom, ManyfitError } from "../../errors.ts";
import { encodeFrame } from "../../protocol/frame.ts";
import { FrameDecoder } from "../../protocol/frame-decoder.ts";
import type { EngineMessage, WorkerMessage } from "../../protocol/message.ts";
import { heapFlags } from "./heap-flags.ts";
import { endText, type WorkerEnd } from "./worker-end.ts";
import type { WorkerDeath } from "./worker-pool.ts";

/** Who is told what a worker process does. */
export interface WorkerProcessListener {
  onMessage(message: WorkerMessage): void;
  /** The process has ended without being asked to, and all that it said was told. */
  onDeath(death: WorkerDeath): void;
  /** There is no process, because the machine would not start one, or a message that cannot be sent. */
  onFailure(error: ManyfitError): void;
}

/** Characters of standard error that are kept for the day on which the worker dies, and of these that are told. */
const HEARD_WORDS = 10_000;
const LAST_WORDS = 2000;

/**
 * Milliseconds that are given to what a dead worker said to arrive: its own pipe ends with it, standard error may be
 * held open by processes that the trainer started.
 */
const LAST_MESSAGES_MS = 5000;
const LAST_WORDS_MS = 250;

/** Milliseconds that a process may go on without its pipe: what closed it is mostly that it ends. */
const WITHOUT_PIPE_MS = 250;

/** What V8 writes when its heap is full, before it ends the process by a signal. */
const HEAP_FULL = /^(?:FATAL ERROR|# ?Fatal|Fatal).* out of memory/m;

/** What Node writes below that is no use to whoever wrote the trainer. */
const NATIVE_STACK = /-+ Native stack trace -+.*$/s;

/**
 * One worker in a process of its own. It is spoken to by frames on its file descriptors 3 (to it) and 4 (from it);
 * what anything in it writes to standard output and error becomes `logged` messages of no partition. It leads a group
 * of processes, so that what its trainer starts is ended with it.
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
  #hasExited = false;
  /** What it did that nobody can go on from, such as `sent what cannot be read`. */
  #offence: string | null = null;
  #end: WorkerEnd | null = null;
  readonly #memoryBytes: number | null;
  #heardWords = "";

  /**
   * Starts `entry` with the Node that runs this. `name` is how messages call it, such as `worker 1`. `memoryBytes` is
   * what V8 is told to keep below; null: what V8 takes by itself. Whoever gives it has to see to the rest.
   * @throws ManyfitError `worker_failed` where the system has no descriptors for its pipes.
   */
  constructor(
    name: string,
    entry: string,
    listener: WorkerProcessListener,
    memoryBytes: number | null = null,
  ) {
    this.#name = name;
    this.#listener = listener;
    this.#memoryBytes = memoryBytes;
    this.#child = startProcess(name, entry, heapFlags(memoryBytes));
    const [, stdout, stderr, toWorker, fromWorker] = this.#child.stdio as unknown as Duplex[];
    this.#toWorker = toWorker!;
    this.#fromWorker = fromWorker!;
    // Whoever writes to a worker that has just died hears of the death by its exit.
    toWorker!.on("error", () => undefined);
    // Nothing comes from there, but without reading nobody hears that the other end was closed.
    toWorker!.resume();
    toWorker!.on("drain", () => this.#sendWaiting());
    fromWorker!.on("data", (bytes: Uint8Array) => this.#receive(bytes));
    fromWorker!.on("error", () => undefined);
    for (const pipe of [toWorker!, fromWorker!]) pipe.once("close", () => this.#missPipe());
    this.#log(stdout!, "stdout");
    this.#log(stderr!, "stderr");
    this.#exited = this.#awaitEnd(fromWorker!, stderr!);
  }

  /** Its process; null where there is none any more, or where it is about to end. */
  get pid(): number | null {
    return this.#hasExited || this.#isGivenUp ? null : (this.#child.pid ?? null);
  }

  /** Ends the process, whatever it is at. Its death is told with this reason. */
  end(end: WorkerEnd): void {
    if (this.#hasExited || this.#isGivenUp) return;
    this.#end = end;
    this.#killGroup();
  }

  /**
   * Ends the process because of what it said or did, which is told as the cause of its death. Nothing that it says is heard
   * any more, even where it is gone already, or was ended for something else, and only its last messages are left.
   */
  giveUp(offence: string, details: string): void {
    if (this.#isEnding || this.#offence !== null) return;
    const isAlive = this.pid !== null;
    this.#offence = offence;
    this.#remember(`\n${details}\n`);
    if (isAlive) this.#killGroup();
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
    if (!this.#hasExited) this.#killGroup();
    await this.#exited;
    for (const stream of this.#child.stdio) stream?.destroy();
  }

  /** Whether it was ended and has only to be gone. */
  get #isGivenUp(): boolean {
    return this.#isEnding || this.#end !== null || this.#offence !== null;
  }

  /** Ends the process with all that it started and that did not leave its group. */
  #killGroup(): void {
    const { pid } = this.#child;
    try {
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // It leads no group: Windows has none, or it is gone already.
      this.#child.kill("SIGKILL");
    }
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

  /** Tells the messages that are complete with these bytes, until one of them, or the stream, is nonsense. */
  #receive(bytes: Uint8Array): void {
    if (this.#isEnding || this.#offence !== null) return;
    try {
      for (const message of this.#decoder.push(bytes)) {
        this.#tell(message as WorkerMessage);
        if (this.#offence !== null) return;
      }
    } catch (thrown) {
      this.giveUp("sent what cannot be read", errorFrom(thrown).message);
    }
  }

  #tell(message: WorkerMessage): void {
    if (this.#isEnding) return;
    if (message.type === "logged" && message.stream === "stderr") this.#remember(message.text);
    this.#listener.onMessage(message);
  }

  /** Whoever has closed a pipe to the engine and goes on will never be heard again, or never hear. */
  #missPipe(): void {
    const giveUp = (): void => {
      if (this.pid !== null) this.giveUp("closed the pipe to its engine", "");
    };
    setTimeout(giveUp, WITHOUT_PIPE_MS).unref();
  }

  #log(stream: Readable, name: "stdout" | "stderr"): void {
    stream.setEncoding("utf8");
    stream.on("error", () => undefined);
    stream.on("data", (text: string) =>
      this.#tell({ type: "logged", task: null, partition: null, stream: name, text }),
    );
  }

  #remember(text: string): void {
    this.#heardWords = (this.#heardWords + text).slice(-HEARD_WORDS);
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
        // At once: as long as one is left of the group, nobody else can have its number.
        this.#killGroup();
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
    const name = this.#name;
    const end = this.#endBy(signal);
    if (end !== null) {
      this.#listener.onDeath({ cause: endText(name, end), name, lastWords: "", end });
      return;
    }
    const how =
      signal === null ? `ended by process.exit(${code}) or exit code ${code}` : `ended by signal ${signal}`;
    const cause = `${name} ${this.#offence ?? how}`;
    const lastWords = this.#heardWords.replace(NATIVE_STACK, "").trim().slice(-LAST_WORDS);
    this.#listener.onDeath({ cause, name, lastWords, end: null });
  }

  /** Why the process was ended; null where it did so by itself, if only a moment before it was ended. */
  #endBy(signal: NodeJS.Signals | null): WorkerEnd | null {
    if (signal === "SIGKILL" && this.#offence === null) return this.#end;
    if (signal === null || !HEAP_FULL.test(this.#heardWords)) return null;
    return { kind: "memory_exceeded", usedBytes: null, allowedBytes: this.#memoryBytes };
  }
}

function startProcess(name: string, entry: string, flags: readonly string[]): ChildProcess {
  const stdio = ["ignore", "pipe", "pipe", "pipe", "pipe"] as const;
  const child = spawn(process.execPath, ["--enable-source-maps", ...flags, entry], {
    stdio: [...stdio],
    // The leader of a group of its own; on Windows it would be a window of its own.
    detached: process.platform !== "win32",
  });
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
