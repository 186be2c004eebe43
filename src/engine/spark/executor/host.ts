import { readFile } from "node:fs/promises";
import { Socket } from "node:net";
import { errorFrom, ManyfitError } from "../../../errors.ts";
import type { Dispatcher, DispatcherOptions, Happening } from "../../../pool/dispatcher.ts";
import { workOnPool } from "../../../pool/work-on-pool.ts";
import { encodeFrame } from "../../../protocol/frame.ts";
import { FrameDecoder } from "../../../protocol/frame-decoder.ts";
import type { WorkerEntry } from "../../../worker/worker-entry.ts";
import { FillBucket } from "./fill-bucket.ts";
import { GatherFiles, partitionsByPath, refuseDeclined } from "./gather-files.ts";
import {
  EXECUTOR_VERSION,
  type ExecutorJob,
  type FromHost,
  type JobSource,
  type ToHost,
} from "./job-file.ts";
import { TaskAnswers } from "./task-answers.ts";
import { initOnExecutor } from "./unpack-files.ts";

/** What a host starts. */
export interface HostEntries {
  /** The worker thread of estimators and of Python trainers. */
  readonly thread: WorkerEntry;
  /** The worker process of modules. */
  readonly process: WorkerEntry;
}

/** Where frames come from and where they go. */
const FROM_SHIM = 3;
const TO_SHIM = 4;

/**
 * Fits the partitions that are sent on descriptor 3, on one worker, and sends what happens on descriptor 4, until descriptor
 * 3 ends. What goes wrong is told as `failed`, and ends the process with code 1: a fresh one is better than one that is
 * half way.
 */
export async function runHost(entries: HostEntries): Promise<void> {
  const shim = new Shim();
  const stop = new AbortController();
  const host = new ExecutorHost(shim, entries, stop);
  try {
    await host.run();
  } catch (thrown) {
    if (shim.isGone) process.exit(0);
    const { code, message } = errorFrom(thrown);
    await shim.send({ type: "failed", task: host.task, code, message });
    process.exit(1);
  }
  process.exit(0);
}

/** The process that sends rows and takes results. */
class Shim {
  readonly #in = new Socket({ fd: FROM_SHIM, readable: true, writable: false });
  readonly #out = new Socket({ fd: TO_SHIM, readable: false, writable: true });
  /** Whether nobody is there to hear. */
  isGone = false;
  #sent: Promise<void> = Promise.resolve();

  constructor() {
    this.#out.on("error", () => {
      this.isGone = true;
      this.#in.destroy();
    });
  }

  /** The messages in order; the next bytes are read when those before are worked on. Ends with the descriptor. */
  async *messages(): AsyncGenerator<ToHost, void, undefined> {
    const decoder = new FrameDecoder();
    for await (const bytes of this.#in) {
      for (const message of decoder.push(bytes as Uint8Array)) yield message as ToHost;
    }
    decoder.end();
  }

  /** Resolves when the message has left, behind those before it, or nobody is there to hear it. */
  send(message: FromHost): Promise<void> {
    this.#sent = this.#sent.then(() => this.#write(message));
    return this.#sent;
  }

  async #write(message: FromHost): Promise<void> {
    for (const piece of encodeFrame(message)) {
      if (this.isGone) return;
      await new Promise<void>((left) => this.#out.write(piece, () => left()));
    }
  }
}

class ExecutorHost {
  /** The task at work; null between tasks. */
  task: number | null = null;
  readonly #shim: Shim;
  readonly #entries: HostEntries;
  readonly #stop: AbortController;
  #answers: TaskAnswers | null = null;

  constructor(shim: Shim, entries: HostEntries, stop: AbortController) {
    this.#shim = shim;
    this.#entries = entries;
    this.#stop = stop;
  }

  async run(): Promise<void> {
    const messages = this.#shim.messages();
    const first = await messages.next();
    if (first.done === true) return;
    if (first.value.type !== "job") throw unexpected(first.value.type, "the job");
    const { path, python } = first.value;
    const job = await readJob(path);
    let refuse: DispatcherOptions["onDeclined"];
    let stopProducing = (): void => undefined;
    const stopped = new Promise<void>((resolve) => (stopProducing = resolve));
    const happening = workOnPool({
      size: 1,
      threadEntry: this.#entries.thread,
      processEntry: this.#entries.process,
      init: await initOnExecutor(job, path, python),
      resultSchema: job.resultSchema,
      limits: job.limits,
      signal: this.#stop.signal,
      onDeclined: (...declined) => refuse?.(...declined),
      // The next bytes may never come; the process ends then, without them.
      produce: (dispatcher) => {
        refuse = (partition, path, reason) =>
          refuseDeclined(dispatcher, job.resultSchema, { partition, path, reason });
        const produced =
          job.source === null
            ? this.#produce(job, messages, dispatcher)
            : this.#produceFiles(job.source, messages, dispatcher);
        return Promise.race([produced, stopped]);
      },
      stopProducing,
    });
    for await (const item of happening) await this.#tell(item);
  }

  /** Makes work of the tasks that come, one after the other. */
  async #produce(job: ExecutorJob, messages: AsyncIterable<ToHost>, dispatcher: Dispatcher): Promise<void> {
    let filling: FillBucket | null = null;
    for await (const message of messages) {
      if (message.type === "job" || message.type === "file") throw unexpected(`a ${message.type}`, "rows");
      const { task } = message;
      const bucket = job.buckets[task];
      if (bucket === undefined) throw unexpected(`task ${task}`, `tasks below ${job.buckets.length}`);
      this.#beAt(task, message.type);
      if (bucket.isRefused) {
        if (message.type === "rows") throw unexpected("rows", `none of task ${task}`);
        await this.#endTask(task);
        continue;
      }
      filling ??= new FillBucket(bucket, job.init.readColumns);
      if (message.type === "rows") filling.add(message);
      else {
        const work = { kind: "bucket", bucket: filling.finish(), keys: bucket.keys } as const;
        filling = null;
        this.#answers = new TaskAnswers(bucket.partitionRows.length);
        dispatcher.add(work);
      }
    }
    this.#endProducing(dispatcher);
  }

  /** Makes work of the files that come: those of a task are one. */
  async #produceFiles(
    source: JobSource,
    messages: AsyncIterable<ToHost>,
    dispatcher: Dispatcher,
  ): Promise<void> {
    const partitionOf = partitionsByPath(source);
    let gathering = new GatherFiles(source, partitionOf);
    for await (const message of messages) {
      if (message.type === "job" || message.type === "rows") throw unexpected(message.type, "files");
      this.#beAt(message.task, message.type);
      if (message.type === "file") gathering.add(message);
      else if (gathering.count === 0) await this.#endTask(message.task);
      else {
        this.#answers = new TaskAnswers(gathering.count);
        dispatcher.add(gathering.finish());
        gathering = new GatherFiles(source, partitionOf);
      }
    }
    this.#endProducing(dispatcher);
  }

  #beAt(task: number, what: string): void {
    if (this.#answers !== null || task !== (this.task ?? task))
      throw unexpected(`${what} of task ${task}`, `nothing before task ${this.task} is done`);
    this.task = task;
  }

  #endProducing(dispatcher: Dispatcher): void {
    if (this.task === null) dispatcher.finish();
    else this.#stop.abort(new ManyfitError("interrupted", "whoever sent the rows has closed the pipe"));
  }

  async #endTask(task: number): Promise<void> {
    this.#answers = null;
    this.task = null;
    await this.#shim.send({ type: "done", task });
  }

  async #tell(item: Happening): Promise<void> {
    if (item.type === "prediction.batch")
      throw new ManyfitError("internal", "executor predicted what nobody asked for");
    await this.#shim.send(
      item.type === "result.batch" ? { type: "result", batch: item } : { type: "event", event: item },
    );
    const { task } = this;
    if (task === null || this.#answers?.take(item) !== true) return;
    await this.#endTask(task);
  }
}

async function readJob(path: string): Promise<ExecutorJob> {
  const decoder = new FrameDecoder();
  const jobs = [...decoder.push(await readFile(path))] as ExecutorJob[];
  decoder.end();
  const [job] = jobs;
  if (job?.version === EXECUTOR_VERSION && jobs.length === 1) return job;
  throw new ManyfitError(
    "internal",
    `job file has version ${job?.version}, this executor's is ${EXECUTOR_VERSION}: driver and executor are not of one release`,
  );
}

function unexpected(what: string, expected: string): ManyfitError {
  return new ManyfitError("internal", `executor was sent ${what}, expected ${expected}`);
}
