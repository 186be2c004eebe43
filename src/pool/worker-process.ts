import type { ManyfitError } from "../errors.ts";
import { FramedProcess, lastWordsOf, type ProcessEnd } from "../protocol/framed-process.ts";
import type { EngineMessage, WorkerMessage } from "../protocol/message.ts";
import { startOf, type WorkerEntry } from "../worker/worker-entry.ts";
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

/** What V8 writes when its heap is full, before it ends the process by a signal. */
const HEAP_FULL = /^(?:FATAL ERROR|# ?Fatal|Fatal).* out of memory/m;

/** What Node writes below that is no use to whoever wrote the trainer. */
const NATIVE_STACK = /-+ Native stack trace -+.*$/s;

/**
 * One worker in a process of its own, with the Node that runs this. What anything in it writes to standard output and
 * error becomes `logged` messages of no partition.
 */
export class WorkerProcess {
  readonly #name: string;
  readonly #listener: WorkerProcessListener;
  readonly #process: FramedProcess;
  readonly #memoryBytes: number | null;
  /** Why it was ended; null where nobody did. */
  #end: WorkerEnd | null = null;

  /**
   * Starts `entry` with the Node that runs this. `name` is how messages call it, such as `worker 1`. `memoryBytes` is
   * what V8 is told to keep below; null: what V8 takes by itself. Whoever gives it has to see to the rest.
   * @throws ManyfitError `worker_failed` where the system has no descriptors for its pipes.
   */
  constructor(
    name: string,
    entry: WorkerEntry,
    listener: WorkerProcessListener,
    memoryBytes: number | null = null,
  ) {
    this.#name = name;
    this.#listener = listener;
    this.#memoryBytes = memoryBytes;
    const { path, argv } = startOf(entry);
    const args = ["--enable-source-maps", ...heapFlags(memoryBytes), path, ...argv];
    this.#process = new FramedProcess(
      { name, file: process.execPath, args },
      {
        onMessage: (message) => this.#hear(message as WorkerMessage),
        onPrinted: (stream, text) =>
          listener.onMessage({ type: "logged", task: null, partition: null, stream, text }),
        onEnd: (end) => listener.onDeath(this.#deathOf(end)),
        onFailure: (error) => listener.onFailure(error),
      },
    );
  }

  /** Its process; null where there is none any more, or where it is about to end. */
  get pid(): number | null {
    return this.#process.pid;
  }

  /** Ends the process, whatever it is at. Its death is told with this reason. */
  end(end: WorkerEnd): void {
    if (this.#process.pid === null) return;
    this.#end = end;
    this.#process.end();
  }

  /**
   * Ends the process because of what it said or did, which is told as the cause of its death. Nothing that it says is heard
   * any more, even where it is gone already, or was ended for something else, and only its last messages are left.
   */
  giveUp(offence: string, details: string): void {
    this.#process.giveUp(offence, details);
  }

  /** Gives the worker a message: at once, or when it has taken those before. */
  send(message: EngineMessage): void {
    this.#process.send(message);
  }

  /** Whether what the worker says is left in its pipe, so that it has to wait with saying more. */
  hold(isHeld: boolean): void {
    this.#process.hold(isHeld);
  }

  /** Ends the process, whatever it is at, and waits until it is gone. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  #hear(message: WorkerMessage): void {
    if (message.type === "logged" && message.stream === "stderr") this.#process.remember(message.text);
    this.#listener.onMessage(message);
  }

  #deathOf(ended: ProcessEnd): WorkerDeath {
    const name = this.#name;
    const end = this.#endBy(ended);
    if (end !== null) return { cause: endText(name, end), name, lastWords: "", end };
    const { code, signal, isGivenUp, heardWords } = ended;
    const cause =
      signal === null && !isGivenUp
        ? `${name} ended by process.exit(${code}) or exit code ${code}`
        : ended.cause;
    return { cause, name, lastWords: lastWordsOf(heardWords.replace(NATIVE_STACK, "")), end: null };
  }

  /** Why the process was ended; null where it did so by itself, if only a moment before it was ended. */
  #endBy({ signal, isGivenUp, heardWords }: ProcessEnd): WorkerEnd | null {
    if (signal === "SIGKILL" && !isGivenUp) return this.#end;
    if (signal === null || !HEAP_FULL.test(heardWords)) return null;
    return { kind: "memory_exceeded", usedBytes: null, allowedBytes: this.#memoryBytes };
  }
}
