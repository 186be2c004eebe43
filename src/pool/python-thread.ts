import { Worker } from "node:worker_threads";
import type {
  EngineMessage,
  HoldMessage,
  LeaveMessage,
  PrestartMessage,
  PythonHostMessage,
  WorkerMessage,
} from "../protocol/message.ts";
import { threadOptions } from "../thread-options.ts";
import { startOf, type WorkerEntry } from "../worker/worker-entry.ts";

/** Milliseconds that a thread has to see its child end, before it is ended itself. */
const LEAVE_WITHIN_MS = 5000;

/** Who a thread belongs to, and is told what it says. */
export interface PythonThreadOwner {
  onMessage(message: WorkerMessage | PythonHostMessage): void;
  /** The thread itself is of no use any more: `problem` is such as `ended early, with code 1`. */
  onProblem(problem: string, cause?: Error): void;
}

/** A thread with a Python child, which it starts when it is told to. Nothing is told of it once it was ended. */
export class PythonThread {
  readonly #thread: Worker;
  readonly #gone: Promise<void>;
  #owner: PythonThreadOwner;
  #pid: number | null = null;
  #isOver = false;

  constructor(entry: WorkerEntry, owner: PythonThreadOwner) {
    this.#owner = owner;
    const { path, argv } = startOf(entry);
    this.#thread = new Worker(path, { argv, ...threadOptions() });
    // A thread that ended by itself tells it once, to those who listened then.
    this.#gone = new Promise((gone) => this.#thread.once("exit", () => gone()));
    const fail = (problem: string, cause?: Error): void => {
      if (!this.#isOver) this.#owner.onProblem(problem, cause);
    };
    this.#thread.on("message", (message: WorkerMessage | PythonHostMessage) => this.#hear(message));
    this.#thread.on("error", (cause: Error) => fail(`failed: ${cause.message}`, cause));
    this.#thread.on("messageerror", (cause: Error) =>
      fail(`sent what cannot be read: ${cause.message}`, cause),
    );
    this.#thread.on("exit", (code) => fail(`ended early, with code ${code}`));
  }

  /** Process of its child; null where it is not known yet, or gone. */
  get pid(): number | null {
    return this.#pid;
  }

  /** Whoever else it belonged to is told nothing from now on. */
  belongTo(owner: PythonThreadOwner): void {
    this.#owner = owner;
  }

  /** Tells it something. */
  post(message: EngineMessage | HoldMessage | PrestartMessage): void {
    this.#thread.postMessage(message);
  }

  /** Ends the child with all that it started, whatever it is at. Its end is told. */
  endChild(): void {
    if (this.#pid !== null) killGroup(this.#pid);
  }

  /** Ends the thread, whose child is gone. */
  async terminate(): Promise<void> {
    this.#isOver = true;
    await this.#thread.terminate();
  }

  /** Ends child and thread, and waits until both are gone: nobody but the thread can see the child end. */
  async leave(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.endChild();
    this.#thread.postMessage({ type: "leave" } satisfies LeaveMessage);
    const tooLate = setTimeout(() => void this.#thread.terminate(), LEAVE_WITHIN_MS);
    await this.#gone;
    clearTimeout(tooLate);
  }

  #hear(message: WorkerMessage | PythonHostMessage): void {
    if (message.type === "child") {
      this.#pid = message.pid;
      // It was started while its thread was being ended.
      if (this.#isOver) this.endChild();
      return;
    }
    if (message.type === "ended") this.#pid = null;
    if (!this.#isOver) this.#owner.onMessage(message);
  }
}

/** Ends a Python child with all that it started and that did not leave its group. */
function killGroup(pid: number): void {
  try {
    // Where there are groups it leads one: its bare number may be another process's by now.
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}
