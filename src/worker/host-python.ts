import type {
  PrestartMessage,
  PythonHostMessage,
  WorkerInit,
  WorkerMessage,
  WorkerPython,
} from "../protocol/message.ts";
import { FitService } from "../python/fit-service.ts";
import { createPythonTrainer } from "../python/python-trainer.ts";
import { WaitingChild } from "../python/waiting-child.ts";
import type { AtWork, PipelinedTrainer, PredictingTrainer } from "../trainer/trainer.ts";
import { OutputLimit } from "./output-limit.ts";

/** What a worker with a Python child tells. */
export type SendFromHost = (message: WorkerMessage | PythonHostMessage) => void;

/** A Python child with its trainer. */
export interface HostedPython {
  readonly trainer: PipelinedTrainer & PredictingTrainer;
  /** Whether to leave in its pipe what it says. */
  hold(isHeld: boolean): void;
  /** Ends the child, and resolves when it is gone. */
  close(): Promise<void>;
}

/** Starts the Python child of a worker before its work is known, and tells what it says of its trainer. */
export function prestartPython(
  { name, python, blasThreads, trainer, params, schema }: PrestartMessage,
  send: SendFromHost,
): WaitingChild {
  const waiting = new WaitingChild(
    { name, python, blasThreads },
    {
      onMessage: (message) => {
        if (message.type === "described") send({ type: "answered", description: message });
        else if (message.type === "broken")
          send({ type: "broken", code: message.code, message: message.message });
      },
      // No worker yet to whoever asked: it is a Python that could not load the trainer.
      onEnd: (end) =>
        send({ type: "ended", end: { ...end, cause: `Python${end.cause.slice(name.length)}` } }),
      onFailure: ({ code, message }) => send({ type: "broken", code, message }),
    },
  );
  const { child } = waiting;
  if (child.pid !== null) send({ type: "child", pid: child.pid });
  child.send(
    schema === null ? { type: "load", trainer, params } : { type: "describe", trainer, params, schema },
  );
  return waiting;
}

/** Gives the Python child of a worker its work, starting it where none waits, and tells what becomes of it. */
export function hostPython(
  init: WorkerInit,
  python: WorkerPython,
  waiting: WaitingChild | null,
  send: SendFromHost,
): HostedPython {
  const { worker, readColumns: columns, keyFields, seed, rowPolicy } = init;
  let atWork: AtWork | null = null;
  const output = new OutputLimit(({ stream, text, isOutside }) => {
    const { task, partition } = isOutside === true || atWork === null ? NOTHING : atWork;
    send({ type: "logged", task, partition, stream, text });
  });
  const service = new FitService(
    { name: `worker ${worker}`, columns, keyFields, ...python },
    {
      onStarted: (started) => {
        output.beginPartition();
        atWork = started;
        send({ type: "started", ...started });
      },
      onPrinted: (of, stream, text) => output.print({ stream, text, isOutside: of === null }),
      onEnd: (end) => {
        output.tellTail();
        send({ type: "ended", end });
      },
      onFailure: ({ code, message }) => send({ type: "broken", code, message }),
    },
    waiting,
  );
  const { pid } = service;
  if (pid !== null && waiting === null) send({ type: "child", pid });
  void service.ready.then(() => send({ type: "ready" }));
  const { minRows } = python;
  return {
    trainer: createPythonTrainer(service, { columns, keyFields, seed, rowPolicy, minRows }),
    hold: (isHeld) => service.hold(isHeld),
    close: () => service.close(),
  };
}

const NOTHING = { task: null, partition: null };
