import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import { Worker } from "node:worker_threads";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { FrameDecoder } from "../../src/protocol/frame-decoder.ts";
import type { WorkerMessage, WorkerTrainer } from "../../src/protocol/message.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { checkWorker, type StartedWorker } from "../conformance/check-worker.ts";
import { bundledText } from "./bundled-text.ts";
import type { Talk } from "./talk.ts";

const { resolve } = createRequire(import.meta.url);

function startThread(talk: Talk): StartedWorker {
  const thread = new Worker(resolve("#worker-thread"));
  thread.on("message", (message: WorkerMessage) => talk.hear(message));
  return {
    send: (message) => thread.postMessage(message),
    sendDamaged: () => thread.postMessage({ type: "data" }),
    close: async () => {
      await thread.terminate();
    },
  };
}

/** A process without the engine's own code around it, so that it can be sent any bytes. */
function startProcess(talk: Talk): StartedWorker {
  const child = spawn(process.execPath, [resolve("#worker-process")], {
    stdio: ["ignore", "inherit", "inherit", "pipe", "pipe"],
  });
  const [toWorker, fromWorker] = child.stdio.slice(3) as unknown as [Duplex, Duplex];
  const decoder = new FrameDecoder();
  fromWorker.on("data", (bytes: Uint8Array) => {
    for (const message of decoder.push(bytes)) talk.hear(message as WorkerMessage);
  });
  return {
    send: (message) => {
      for (const piece of encodeFrame(message)) toWorker.write(piece);
    },
    sendDamaged: () => toWorker.write("no frame begins like this"),
    close: async () => {
      const exited = new Promise((done) => child.once("exit", done));
      child.kill("SIGKILL");
      await exited;
    },
  };
}

const leastSquares = async (): Promise<WorkerTrainer> => ({
  kind: "estimator",
  spec: linearRegression({ target: "y", features: ["x"] }),
  columns: { features: ["x"], target: "y", weights: null },
});

const SLOPE = `
  export default defineTrainer({
    columns: ["x", "y"],
    fit({ table }) {
      const [x, y] = [table.numbers("x"), table.numbers("y")];
      if (x[0] < 0) throw new Error("x is negative");
      return { model: { slope: (y[3] - y[0]) / (x[3] - x[0]) }, metrics: { first: y[0] } };
    },
  });`;

checkWorker("in a thread", { start: startThread, trainer: leastSquares, spoiltX: 1e308 });
checkWorker("in a process", { start: startProcess, trainer: leastSquares, spoiltX: 1e308 });
checkWorker("in a process with a module", {
  start: startProcess,
  trainer: async () => ({ kind: "module", path: await bundledText(SLOPE), params: {} }),
  spoiltX: -1,
});
