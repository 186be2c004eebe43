import type { FromPython } from "../protocol/python-message.ts";
import { PythonChild, type PythonChildListener, type PythonCommand } from "./python-child.ts";

/** A Python child that is started before its work is known. Whoever takes it over is told all that was said until then. */
export class WaitingChild {
  readonly child: PythonChild;
  #listener: PythonChildListener;
  readonly #kept: ((listener: PythonChildListener) => void)[] = [];
  #isTaken = false;

  /**
   * `first` is told what it does meanwhile; of what it prints nothing.
   * @throws ManyfitError `worker_failed` where the system has no descriptors for its pipes.
   */
  constructor(command: PythonCommand, first: Omit<PythonChildListener, "onPrinted">) {
    this.#listener = { ...first, onPrinted: () => undefined };
    this.child = new PythonChild(command, {
      onMessage: (message) => this.#hear(message),
      onPrinted: (stream, text) => {
        this.#listener.onPrinted(stream, text);
        this.#keep((listener) => listener.onPrinted(stream, text));
      },
      onEnd: (end) => this.#listener.onEnd(end),
      onFailure: (error) => this.#listener.onFailure(error),
    });
  }

  /** Gives the child to somebody who is told what it does from now on, and first what it has printed. */
  take(listener: PythonChildListener): PythonChild {
    this.#isTaken = true;
    this.#listener = listener;
    for (const tell of this.#kept.splice(0)) tell(listener);
    return this.child;
  }

  #hear(message: FromPython): void {
    this.#listener.onMessage(message);
    if (message.type === "logged") this.#keep((listener) => listener.onMessage(message));
  }

  #keep(tell: (listener: PythonChildListener) => void): void {
    if (!this.#isTaken) this.#kept.push(tell);
  }
}
