import { parentPort } from "node:worker_threads";
import { errorFrom, ManyfitError } from "../errors.ts";
import type {
  EngineMessage,
  HoldMessage,
  LeaveMessage,
  PrestartMessage,
  WorkerInit,
} from "../protocol/message.ts";
import type { WaitingChild } from "../python/waiting-child.ts";
import { createTrainer } from "../trainer/create-trainer.ts";
import type { EstimatorFamily } from "../trainer/estimator-family.ts";
import { checkProtocol } from "./check-protocol.ts";
import { type HostedPython, hostPython, prestartPython, type SendFromHost } from "./host-python.ts";
import { createWorkerLoop, type WorkerLoop } from "./worker-loop.ts";

/**
 * Answers an engine's messages in a worker thread, one after the other, until the thread is ended. The families are
 * those that jobs may name; a thread entry of one's own passes others. Where the trainer is Python, the thread has a child
 * process that fits, which is to be ended by whoever ends the thread.
 */
export function runWorker(families: readonly EstimatorFamily[]): void {
  if (parentPort === null) throw new ManyfitError("internal", "worker was started outside a worker thread");
  const port = parentPort;
  const worker = new ThreadWorker(families, (message, transfer = []) => port.postMessage(message, transfer));
  let last = Promise.resolve();
  port.on("message", (received: EngineMessage | HoldMessage | LeaveMessage | PrestartMessage) => {
    if (received.type === "hold") worker.hold(received.isHeld);
    else if (received.type === "leave") void worker.leave();
    else if (received.type === "prestart") worker.prestart(received);
    else last = last.then(() => worker.answer(received));
  });
}

type SendFromThread = (message: Parameters<SendFromHost>[0], transfer?: ArrayBuffer[]) => void;

class ThreadWorker {
  readonly #families: readonly EstimatorFamily[];
  readonly #send: SendFromThread;
  #loop: WorkerLoop | null = null;
  #python: HostedPython | null = null;
  /** A child whose work is not known yet. */
  #waiting: WaitingChild | null = null;

  constructor(families: readonly EstimatorFamily[], send: SendFromThread) {
    this.#families = families;
    this.#send = send;
  }

  /** Never rejects: what goes wrong is told. */
  async answer(message: EngineMessage): Promise<void> {
    try {
      if (message.type === "init") this.#start(message);
      else await this.#work(message);
    } catch (thrown) {
      const { code, message: text } = errorFrom(thrown);
      this.#send({ type: "broken", code, message: text });
    }
  }

  /** Starts the Python child before `init` tells its work. */
  prestart(message: PrestartMessage): void {
    try {
      this.#waiting = prestartPython(message, this.#send);
    } catch (thrown) {
      const { code, message: text } = errorFrom(thrown);
      this.#send({ type: "broken", code, message: text });
    }
  }

  hold(isHeld: boolean): void {
    this.#python?.hold(isHeld);
  }

  /** Whoever started a child has to see it end: nobody else can, and it would stay in the system's table. */
  async leave(): Promise<void> {
    await this.#waiting?.child.kill();
    await this.#python?.close();
    process.exit();
  }

  #start(init: WorkerInit): void {
    checkProtocol(init.version);
    const { trainer } = init;
    if (trainer.kind === "module")
      throw new ManyfitError("internal", "worker thread was given a module, which only processes run");
    if (trainer.kind === "python") this.#python = hostPython(init, trainer, this.#waiting, this.#send);
    this.#waiting = null;
    const fitting =
      trainer.kind === "python"
        ? this.#python!.trainer
        : createTrainer(trainer.spec, trainer.columns, this.#families, init);
    this.#loop = createWorkerLoop(init, fitting, this.#send);
  }

  async #work(message: Exclude<EngineMessage, { type: "init" }>): Promise<void> {
    const loop = this.#loop;
    if (loop === null) throw new ManyfitError("internal", "worker was given data before its trainer");
    if (message.type === "data") await loop.data(message);
    else if (message.type === "files") await loop.files(message);
    else if (message.type === "stored") await loop.stored(message);
    else if (message.type === "score") await loop.score(message);
    else
      throw new ManyfitError(
        "internal",
        `worker thread was asked to ${message.type}, which only processes do`,
      );
  }
}
