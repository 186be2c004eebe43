import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { ManyfitError } from "../errors.ts";
import { threadOptions } from "../thread-options.ts";

/** Hashes being computed beside other work. */
export interface FileHashing {
  /** sha256 of each file's bytes in hex, in the order given. */
  readonly finished: Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** What the hashing thread answers. */
export type HashAnswer = { readonly sha256: readonly string[] } | { readonly problem: string };

/** Starts to hash files in a thread of its own, so that reading and fitting go on meanwhile. */
export function hashFiles(paths: readonly string[]): FileHashing {
  const entry = createRequire(import.meta.url).resolve("#hash-thread");
  const thread = new Worker(entry, { workerData: paths, ...threadOptions() });
  const finished = new Promise<readonly string[]>((fulfil, reject) => {
    thread.once("message", (answer: HashAnswer) => {
      if ("sha256" in answer) fulfil(answer.sha256);
      else reject(new ManyfitError("source_unreadable", answer.problem));
    });
    thread.once("error", reject);
    thread.once("exit", () => reject(new ManyfitError("interrupted", "hashing of the source was stopped")));
  });
  // Whoever awaits it sees the failure; a run that fails first must not be ended by this one.
  finished.catch(() => undefined);
  return {
    finished,
    stop: async () => {
      await thread.terminate();
    },
  };
}
