import { endText, type WorkerEnd } from "../../src/pool/worker-end.ts";
import type { PoolMessage, TaskMessage, WorkerPool, WorkerPoolListener } from "../../src/pool/worker-pool.ts";
import { DOCUMENT_SCHEMA } from "../../src/run/result-schema.ts";
import { BatchBuilder } from "../../src/worker/batch-builder.ts";

/** What the worker does next: nothing bad, or one of the ways to die or to hand back. */
export type Fate = "work" | "die" | "flush" | "decline";

/** Who decides what a worker does, asked once before every step. */
export type NextFate = (step: MortalStep) => Fate;

/** Where a worker stands when its fate is asked for. */
export interface MortalStep {
  readonly worker: number;
  /** Null before the first partition of a task and after the last. */
  readonly partition: number | null;
  /** `idle`: it has nothing to do; `begun`: it told that it begins the partition. */
  readonly at: "idle" | "task" | "begun" | "fitted" | "end";
  readonly message: TaskMessage | null;
}

interface Lane {
  isDead: boolean;
  readonly inbox: TaskMessage[];
  /** Steps of the task at work that are not made yet. */
  steps: (() => void)[];
  /** Why it was ended, though it is not dead yet, and how many steps it makes all the same. */
  end?: { readonly end: WorkerEnd; stepsLeft: number };
}

/**
 * Workers that keep to the protocol and die when they are told to: one step of one worker at a time, so that every
 * order of events can be tried. It stands for the processes alone; what is tested is the dispatcher.
 */
export class MortalPool implements WorkerPool {
  readonly size: number;
  readonly sent: { readonly worker: number; readonly message: TaskMessage }[] = [];
  deaths = 0;
  isHeld = false;
  /** Steps that a worker makes after it was ended. */
  stepsAfterEnd: () => number = () => 0;
  readonly #listener: WorkerPoolListener;
  readonly #fate: NextFate;
  readonly #lanes: Lane[];

  constructor(size: number, listener: WorkerPoolListener, fate: NextFate) {
    this.size = size;
    this.#listener = listener;
    this.#fate = fate;
    this.#lanes = Array.from({ length: size }, () => ({ isDead: false, inbox: [], steps: [] }));
  }

  send(worker: number, message: TaskMessage): void {
    if (this.#lanes[worker]!.isDead) throw new Error(`worker ${worker} is dead`);
    this.sent.push({ worker, message });
    this.#lanes[worker]!.inbox.push(message);
  }

  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
  }

  restart(worker: number): void {
    this.#lanes[worker] = { isDead: false, inbox: [], steps: [] };
  }

  pidOf(worker: number): number {
    return 1000 + worker;
  }

  isLoading(): boolean {
    return false;
  }

  /** Ends the worker when it has made some steps more, as one does that is killed while it talks. */
  end(worker: number, end: WorkerEnd): void {
    this.#lanes[worker]!.end ??= { end, stepsLeft: this.stepsAfterEnd() };
  }

  giveUp(): boolean {
    return false;
  }

  async close(): Promise<void> {}

  /** Workers that have something to do. */
  get busy(): number[] {
    return this.#lanes.flatMap(({ inbox, steps, end }, worker) =>
      inbox.length + steps.length > 0 || end !== undefined ? [worker] : [],
    );
  }

  /** One step of one worker. */
  step(worker: number): void {
    const lane = this.#lanes[worker]!;
    if (lane.end !== undefined && (lane.end.stepsLeft === 0 || lane.inbox.length + lane.steps.length === 0)) {
      this.#die(worker);
      return;
    }
    if (lane.end !== undefined) lane.end.stepsLeft--;
    if (lane.steps.length === 0) {
      const message = lane.inbox[0] ?? null;
      if (this.#dies({ worker, partition: null, at: message ? "task" : "idle", message })) return;
      if (message !== null) this.#begin(worker, lane, message);
      return;
    }
    lane.steps.shift()!();
  }

  #begin(worker: number, lane: Lane, message: TaskMessage): void {
    lane.inbox.shift();
    if (message.type === "stored") throw new Error("these workers have no file to read rows from");
    const isFiles = message.type === "files";
    const partitions = isFiles
      ? message.files.map((file) => file.partition)
      : Array.from(
          { length: message.to - message.from },
          (_, i) => message.bucket.firstPartition + message.from + i,
        );
    const tell = (said: PoolMessage): void => this.#listener.onMessage(worker, said);
    let unsaid: number[] = [];
    const flush = (isLast: boolean): void => {
      const identity = { task: message.task, worker, attempt: message.attempt };
      const builder = new BatchBuilder(DOCUMENT_SCHEMA, identity, Int32Array.from(unsaid));
      for (const _ of unsaid) builder.add(FITTED, { startedAtMs: 1, durationMs: 1 });
      unsaid = [];
      tell({ type: "result", batch: builder.finish(), isLast });
    };
    for (const partition of partitions) {
      lane.steps.push(() => {
        tell({ type: "started", task: message.task, partition });
        if (this.#dies({ worker, partition, at: "begun", message })) return;
        const fate = this.#fate({ worker, partition, at: "fitted", message });
        if (fate === "decline" && isFiles) {
          if (unsaid.length > 0) flush(false);
          tell({ type: "declined", task: message.task, partition, reason: "odd" });
        } else unsaid.push(partition);
        if (fate === "flush") flush(false);
        if (fate === "die") this.#die(worker);
      });
    }
    lane.steps.push(() => {
      if (!this.#dies({ worker, partition: null, at: "end", message })) flush(true);
    });
  }

  #dies(step: MortalStep): boolean {
    if (this.#fate(step) !== "die") return false;
    this.#die(step.worker);
    return true;
  }

  #die(worker: number): void {
    this.deaths++;
    const end = this.#lanes[worker]!.end?.end ?? null;
    this.#lanes[worker] = { isDead: true, inbox: [], steps: [] };
    const name = `worker ${worker}`;
    this.#listener.onDeath(
      worker,
      end === null
        ? { cause: `${name} ended by signal SIGKILL`, name, lastWords: "last words", end }
        : { cause: endText(name, end), name, lastWords: "", end },
    );
  }
}

const FITTED = {
  state: "fitted",
  document: { model: "1", metrics: {}, warnings: [] },
  rowsRead: 1,
  rowsUsed: 1,
  rowsDropped: 0,
  rowsHeldOut: 0,
} as const;
