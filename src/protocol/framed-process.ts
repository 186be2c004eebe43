import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { errorFrom, ManyfitError } from "../errors.ts";
import { encodeFrame } from "./frame.ts";
import { FrameDecoder } from "./frame-decoder.ts";

/** What is started, and what messages call it, such as `worker 1`. */
export interface ProcessCommand {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

/** How a process ended. */
export interface ProcessEnd {
  /** Such as `worker 1 ended by signal SIGKILL`. */
  readonly cause: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether it was given up for what it did, which is the cause then. */
  readonly isGivenUp: boolean;
  /** The last 10,000 characters that it wrote to standard error, and of these the last 2,000 as they are told. */
  readonly heardWords: string;
  readonly lastWords: string;
}

/** Who is told what a process does. */
export interface FramedProcessListener {
  onMessage(message: unknown): void;
  /** Something was written to standard output or error. */
  onPrinted(stream: "stdout" | "stderr", text: string): void;
  /** The process has ended, by itself or because of `end` or `giveUp`, and all that it said was told. */
  onEnd(end: ProcessEnd): void;
  /** There is no process, because the machine would not start one, or a message that cannot be sent. */
  onFailure(error: ManyfitError): void;
}

/** Characters of standard error that are kept for the day on which the process dies, and of these that are told. */
const HEARD_WORDS = 10_000;
const LAST_WORDS = 2000;

/**
 * Milliseconds that are given to what a dead process said to arrive: its own pipe ends with it, standard error may be
 * held open by processes that it started.
 */
const LAST_MESSAGES_MS = 5000;
const LAST_WORDS_MS = 250;

/** Milliseconds that a process may go on without its pipe: what closed it is mostly that it ends. */
const WITHOUT_PIPE_MS = 250;

/**
 * A process that is spoken to by frames on its file descriptors 3 (to it) and 4 (from it). Descriptor 5 is a pipe that
 * closes when this process is gone. It leads a group of processes, so that what it starts is ended with it.
 */
export class FramedProcess {
  readonly #name: string;
  readonly #listener: FramedProcessListener;
  readonly #child: ChildProcess;
  readonly #toChild: Duplex;
  readonly #fromChild: Readable;
  readonly #decoder = new FrameDecoder();
  readonly #exited: Promise<void>;
  readonly #unsent: unknown[] = [];
  #isEnding = false;
  #hasExited = false;
  /** Whether `end` was called. */
  #isEnded = false;
  /** What it did that nobody can go on from, such as `sent what cannot be read`. */
  #offence: string | null = null;
  #heardWords = "";

  /** @throws ManyfitError `worker_failed` where the system has no descriptors for its pipes. */
  constructor(command: ProcessCommand, listener: FramedProcessListener) {
    this.#name = command.name;
    this.#listener = listener;
    this.#child = startProcess(command);
    const [, stdout, stderr, toChild, fromChild, life] = this.#child.stdio as unknown as Duplex[];
    this.#toChild = toChild!;
    this.#fromChild = fromChild!;
    // Whoever writes to a process that has just died hears of the death by its exit.
    toChild!.on("error", () => undefined);
    life!.on("error", () => undefined);
    // Nothing comes from there, but without reading nobody hears that the other end was closed.
    toChild!.resume();
    toChild!.on("drain", () => this.#sendWaiting());
    fromChild!.on("data", (bytes: Uint8Array) => this.#receive(bytes));
    fromChild!.on("error", () => undefined);
    for (const pipe of [toChild!, fromChild!]) pipe.once("close", () => this.#missPipe());
    this.#listen(stdout!, "stdout");
    this.#listen(stderr!, "stderr");
    this.#exited = this.#awaitEnd(fromChild!, stderr!);
  }

  /** Its process; null where there is none any more, or where it is about to end. */
  get pid(): number | null {
    return this.#hasExited || this.#isGivenUp ? null : (this.#child.pid ?? null);
  }

  /** Ends the process, whatever it is at. Its end is told. */
  end(): void {
    if (this.pid === null) return;
    this.#isEnded = true;
    this.#killGroup();
  }

  /**
   * Ends the process because of what it said or did, which is told as the cause of its end. Nothing that it says is heard
   * any more, even where it is gone already, or was ended for something else, and only its last messages are left.
   */
  giveUp(offence: string, details: string): void {
    if (this.#isEnding || this.#offence !== null) return;
    const isAlive = this.pid !== null;
    this.#offence = offence;
    this.remember(`\n${details}\n`);
    if (isAlive) this.#killGroup();
  }

  /** Adds to the words that are told when it dies. */
  remember(text: string): void {
    this.#heardWords = (this.#heardWords + text).slice(-HEARD_WORDS);
  }

  /** Gives the process a message: at once, or when it has taken those before. */
  send(message: unknown): void {
    this.#unsent.push(message);
    if (!this.#toChild.writableNeedDrain) this.#sendWaiting();
  }

  /** Whether what the process says is left in its pipe, so that it has to wait with saying more. */
  hold(isHeld: boolean): void {
    if (this.#isEnding || this.#hasExited) return;
    if (isHeld) this.#fromChild.pause();
    else this.#fromChild.resume();
  }

  /** Ends the process, whatever it is at, and waits until it is gone. Nothing is told of it. */
  async kill(): Promise<void> {
    this.#isEnding = true;
    this.#unsent.length = 0;
    if (!this.#hasExited) this.#killGroup();
    await this.#exited;
    for (const stream of this.#child.stdio) stream?.destroy();
  }

  /** Whether it was ended and has only to be gone. */
  get #isGivenUp(): boolean {
    return this.#isEnding || this.#isEnded || this.#offence !== null;
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
      while (this.#unsent.length > 0 && !this.#toChild.writableNeedDrain && this.#toChild.writable) {
        this.#toChild.cork();
        for (const piece of encodeFrame(this.#unsent.shift())) this.#toChild.write(piece);
        this.#toChild.uncork();
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
        this.#listener.onMessage(message);
        if (this.#isEnding || this.#offence !== null) return;
      }
    } catch (thrown) {
      this.giveUp("sent what cannot be read", errorFrom(thrown).message);
    }
  }

  /** Whoever has closed a pipe to this process and goes on will never be heard again, or never hear. */
  #missPipe(): void {
    const giveUp = (): void => {
      if (this.pid !== null) this.giveUp("closed the pipe to its engine", "");
    };
    setTimeout(giveUp, WITHOUT_PIPE_MS).unref();
  }

  #listen(stream: Readable, name: "stdout" | "stderr"): void {
    stream.setEncoding("utf8");
    stream.on("error", () => undefined);
    stream.on("data", (text: string) => {
      if (this.#isEnding) return;
      if (name === "stderr") this.remember(text);
      this.#listener.onPrinted(name, text);
    });
  }

  #awaitEnd(fromChild: Readable, stderr: Readable): Promise<void> {
    const [messages, words] = [closeOf(fromChild), closeOf(stderr)];
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
        fromChild.resume();
        const isHeard = [within(LAST_MESSAGES_MS, messages), within(LAST_WORDS_MS, words)];
        void Promise.all(isHeard).then(() => this.#tellEnd(code, signal));
      });
    });
  }

  #tellEnd(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    for (const stream of this.#child.stdio) stream?.destroy();
    const how = signal === null ? `ended with exit code ${code}` : `ended by signal ${signal}`;
    const cause = `${this.#name} ${this.#offence ?? how}`;
    const heardWords = this.#heardWords;
    const isGivenUp = this.#offence !== null;
    this.#listener.onEnd({ cause, code, signal, isGivenUp, heardWords, lastWords: lastWordsOf(heardWords) });
  }
}

/** What is told of the words that were heard of a process: their end. */
export function lastWordsOf(heardWords: string): string {
  return heardWords.trim().slice(-LAST_WORDS);
}

function startProcess({ name, file, args, env }: ProcessCommand): ChildProcess {
  const child = spawn(file, args, {
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe"],
    // The leader of a group of its own; on Windows it would be a window of its own.
    detached: process.platform !== "win32",
    ...(env === undefined ? {} : { env }),
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
