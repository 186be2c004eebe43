import { parentPort } from "node:worker_threads";
import { errorFrom, ManyfitError } from "../errors.ts";
import { type EngineMessage, PROTOCOL_VERSION, type WorkerMessage } from "../protocol/message.ts";
import { createTrainer } from "../trainer/create-trainer.ts";
import type { EstimatorFamily } from "../trainer/estimator-family.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { batchBuffers } from "./batch-builder.ts";
import { fitBucket } from "./fit-bucket.ts";

/**
 * Answers an engine's messages in a worker thread until the thread is ended. The families are those that jobs may name;
 * a thread entry of one's own passes others.
 */
export function runWorker(families: readonly EstimatorFamily[]): void {
  if (parentPort === null) throw new ManyfitError("internal", "worker was started outside a worker thread");
  const port = parentPort;
  let worker = 0;
  let trainer: Trainer | null = null;
  const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  port.on("message", (received: EngineMessage) => {
    try {
      if (received.type === "init") {
        checkVersion(received.version);
        worker = received.worker;
        trainer = createTrainer(received.trainer, received.columns, families);
      } else {
        const { task, attempt, bucket } = received;
        if (trainer === null) throw new ManyfitError("internal", "worker was given data before its trainer");
        const batch = fitBucket(bucket, trainer, { task, worker, attempt });
        send({ type: "result", batch }, batchBuffers(batch));
      }
    } catch (thrown) {
      const { code, message } = errorFrom(thrown);
      send({ type: "broken", code, message });
    }
  });
}

function checkVersion(version: number): void {
  if (version === PROTOCOL_VERSION) return;
  throw new ManyfitError(
    "worker_failed",
    `worker speaks protocol ${PROTOCOL_VERSION}, its engine ${version}: two versions of manyfit are mixed`,
  );
}
