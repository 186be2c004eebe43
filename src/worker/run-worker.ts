import { parentPort } from "node:worker_threads";
import { errorFrom, ManyfitError } from "../errors.ts";
import type { EngineMessage, WorkerInit } from "../protocol/message.ts";
import { createTrainer } from "../trainer/create-trainer.ts";
import type { EstimatorFamily } from "../trainer/estimator-family.ts";
import { checkProtocol } from "./check-protocol.ts";
import { createWorkerLoop, type Send, type WorkerLoop } from "./worker-loop.ts";

/**
 * Answers an engine's messages in a worker thread, one after the other, until the thread is ended. The families are
 * those that jobs may name; a thread entry of one's own passes others.
 */
export function runWorker(families: readonly EstimatorFamily[]): void {
  if (parentPort === null) throw new ManyfitError("internal", "worker was started outside a worker thread");
  const port = parentPort;
  let loop: WorkerLoop | null = null;
  let last = Promise.resolve();
  const send: Send = (message, transfer = []) => port.postMessage(message, transfer);
  port.on("message", (received: EngineMessage) => {
    last = last.then(async () => {
      try {
        if (received.type === "init") loop = startLoop(received, families, send);
        else await runTask(loop, received);
      } catch (thrown) {
        const { code, message } = errorFrom(thrown);
        send({ type: "broken", code, message });
      }
    });
  });
}

function startLoop(init: WorkerInit, families: readonly EstimatorFamily[], send: Send): WorkerLoop {
  checkProtocol(init.version);
  const { trainer } = init;
  if (trainer.kind === "module")
    throw new ManyfitError("internal", "worker thread was given a module, which only processes run");
  return createWorkerLoop(init, createTrainer(trainer.spec, trainer.columns, families, init), send);
}

async function runTask(
  loop: WorkerLoop | null,
  message: Exclude<EngineMessage, { type: "init" }>,
): Promise<void> {
  if (loop === null) throw new ManyfitError("internal", "worker was given data before its trainer");
  if (message.type === "data") await loop.data(message);
  else if (message.type === "files") await loop.files(message);
  else if (message.type === "stored") await loop.stored(message);
  else
    throw new ManyfitError("internal", `worker thread was asked to ${message.type}, which only processes do`);
}
