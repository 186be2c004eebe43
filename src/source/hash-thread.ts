import { parentPort, workerData } from "node:worker_threads";
import { errorFrom } from "../errors.ts";
import type { HashAnswer } from "./hash-files.ts";
import { hashSourceFile } from "./hash-source-file.ts";

async function answer(paths: readonly string[]): Promise<HashAnswer> {
  const sha256: string[] = [];
  for (const path of paths) {
    try {
      sha256.push((await hashSourceFile(path)).sha256);
    } catch (error) {
      return { problem: errorFrom(error).message };
    }
  }
  return { sha256 };
}

parentPort?.postMessage(await answer(workerData as readonly string[]));
