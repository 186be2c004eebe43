import { errorFrom, ManyfitError } from "../errors.ts";
import type { EngineMessage, WorkerInit, WorkerMessage } from "../protocol/message.ts";
import { createTrainer } from "../trainer/create-trainer.ts";
import type { EstimatorFamily } from "../trainer/estimator-family.ts";
import { describeTrainer, loadTrainer } from "../trainer/load-trainer.ts";
import { createModuleTrainer } from "../trainer/module-trainer.ts";
import type { PredictingTrainer, Trainer } from "../trainer/trainer.ts";
import { userFailure } from "../trainer/user-failure.ts";
import type { UserFrames } from "../trainer/user-frames.ts";
import { captureOutput } from "./capture-output.ts";
import { checkProtocol } from "./check-protocol.ts";
import { receiveFromEngine, sendToEngine } from "./engine-pipe.ts";
import { OutputLimit } from "./output-limit.ts";
import { PartitionGuard } from "./partition-guard.ts";
import { watchParent } from "./watch-parent.ts";
import type { WorkerEntry } from "./worker-entry.ts";
import { createWorkerLoop, type WorkerLoop } from "./worker-loop.ts";

/**
 * Answers an engine's messages in a process of its own, one after the other, until the engine is gone. The families are
 * those that jobs may name; a process entry of one's own passes others, and `parentWatch` where it is not this package's
 * thread that watches the parent.
 *
 * Code of the user's runs here, so nothing it does may be taken for an answer: what it prints becomes `logged`
 * messages, and errors that nobody caught fail the partition at work (see {@link PartitionGuard}) or, between
 * partitions, become a line on standard error. Either way the process goes on.
 */
export function runProcess(families: readonly EstimatorFamily[], parentWatch?: WorkerEntry): void {
  process.setSourceMapsEnabled(true);
  watchParent(parentWatch);
  const worker = new ProcessWorker(families);
  captureOutput((stream, text) => worker.output.print({ stream, text }));
  process.on("exit", () => worker.output.tellTail());
  const takeStray = (thrown: unknown): void => worker.takeStray(thrown);
  // Ctrl-C goes to every process of a terminal; it is the engine that decides what becomes of its workers.
  process.on("SIGINT", () => undefined);
  process.on("uncaughtException", takeStray);
  process.on("unhandledRejection", takeStray);
  let last = Promise.resolve();
  receiveFromEngine({
    onMessage: (message) => {
      last = last.then(() => worker.answer(message));
    },
    onDamage: ({ code, message }) => sendToEngine({ type: "broken", code, message }),
  });
}

/** What the process is at; both null between partitions. */
interface AtWork {
  readonly task: number | null;
  readonly partition: number | null;
}

const NOTHING: AtWork = { task: null, partition: null };

class ProcessWorker {
  /** Where what is printed goes. */
  readonly output = new OutputLimit(({ stream, text, isOutside }) => {
    const { task, partition } = isOutside === true ? NOTHING : this.#atWork;
    sendToEngine({ type: "logged", task, partition, stream, text });
  });
  readonly #families: readonly EstimatorFamily[];
  readonly #guard = new PartitionGuard();
  #loop: WorkerLoop | null = null;
  #frames: UserFrames = () => [];
  #atWork: AtWork = NOTHING;

  constructor(families: readonly EstimatorFamily[]) {
    this.#families = families;
  }

  /** Never rejects: what goes wrong is told. */
  async answer(message: EngineMessage): Promise<void> {
    try {
      if (message.type === "init") await this.#start(message);
      else if (message.type === "describe") {
        const loaded = await loadTrainer(message.path, message.params);
        this.#send({ type: "described", ...describeTrainer(loaded, message.schema) });
      } else await this.#work(message);
    } catch (thrown) {
      const { code, message: text } = errorFrom(thrown);
      this.#send({ type: "broken", code, message: text });
    }
  }

  takeStray(thrown: unknown): void {
    if (this.#guard.take(thrown)) return;
    const { message, stack } = userFailure(thrown, this.#frames);
    const text = `error that nobody caught, of no partition at work: ${stack ?? message}\n`;
    this.output.print({ stream: "stderr", text, isOutside: true });
  }

  async #start(init: WorkerInit): Promise<void> {
    checkProtocol(init.version);
    const trainer = await this.#createTrainer(init);
    this.#loop = createWorkerLoop(init, trainer, (message) => this.#send(message));
    this.#send({ type: "ready" });
  }

  async #createTrainer(init: WorkerInit): Promise<Trainer | PredictingTrainer> {
    const { trainer, readColumns, keyFields, seed, rowPolicy } = init;
    if (trainer.kind === "estimator")
      return createTrainer(trainer.spec, trainer.columns, this.#families, init);
    if (trainer.kind === "python")
      throw new ManyfitError("internal", "worker process was given Python, which threads have a child for");
    const loaded = await loadTrainer(trainer.path, trainer.params);
    this.#frames = loaded.frames;
    const { signal } = new AbortController();
    const created = createModuleTrainer(loaded, { readColumns, keyFields, seed, rowPolicy, signal });
    return this.#guard.wrap(created, loaded.frames, rowPolicy);
  }

  async #work(
    message: Extract<EngineMessage, { type: "data" | "stored" | "files" | "score" }>,
  ): Promise<void> {
    const loop = this.#loop;
    if (loop === null) throw new ManyfitError("internal", "worker was given data before its trainer");
    if (message.type === "data") await loop.data(message);
    else if (message.type === "files") await loop.files(message);
    else if (message.type === "score") await loop.score(message);
    else throw new ManyfitError("worker_failed", "worker was sent a message that it does not know");
  }

  #send(message: WorkerMessage): void {
    if (message.type === "started") {
      this.output.beginPartition();
      this.#atWork = { task: message.task, partition: message.partition };
    } else this.#atWork = NOTHING;
    sendToEngine(message);
  }
}
