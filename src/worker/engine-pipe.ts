import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { errorFrom, type ManyfitError } from "../errors.ts";
import { encodeFrame } from "../protocol/frame.ts";
import { FrameDecoder } from "../protocol/frame-decoder.ts";
import type { EngineMessage, WorkerMessage } from "../protocol/message.ts";
import { endGroup } from "./end-group.ts";

/** Where frames come from and where they go: file descriptors that the engine opened. */
const FROM_ENGINE = 3;
const TO_ENGINE = 4;

/** Milliseconds between two tries to write into a pipe that is full. */
const FULL_PIPE_MS = 1;

/** What a worker process does with what its engine says. */
export interface EngineListener {
  onMessage(message: EngineMessage): void;
  /** What came is no message, and nothing more can be read. */
  onDamage(error: ManyfitError): void;
}

/**
 * Sends a message and returns when it has left this process: what was said before the process died is said. Ends the
 * process when nobody is there to hear it.
 */
export function sendToEngine(message: WorkerMessage): void {
  try {
    for (const piece of encodeFrame(message)) writeAll(TO_ENGINE, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
    leave();
  }
}

/** Tells every message of the engine; the process ends when the engine is gone. */
export function receiveFromEngine(listener: EngineListener): void {
  const decoder = new FrameDecoder();
  const pipe = new Socket({ fd: FROM_ENGINE, readable: true, writable: false });
  pipe.on("data", (bytes) => {
    try {
      for (const message of decoder.push(bytes)) listener.onMessage(message as EngineMessage);
    } catch (thrown) {
      pipe.removeAllListeners("data").resume();
      listener.onDamage(errorFrom(thrown));
    }
  });
  pipe.on("error", leave);
  pipe.on("end", leave);
}

let isLeaving = false;

/** Ends this process, and then what it started. Comes back where it is on its way already: it says its last words then. */
function leave(): void {
  // A second call would end the process before what it started.
  if (isLeaving) return;
  isLeaving = true;
  process.once("exit", endGroup);
  process.exit();
}

/** Writes all bytes, waiting for room where the descriptor does not do so by itself. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_MS);
    }
  }
}
