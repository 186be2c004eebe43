import type { FitState } from "../run/fit-state.ts";
import type { Work } from "./task-range.ts";
import { endText, overdueText } from "./worker-end.ts";
import type { WorkerDeath } from "./worker-pool.ts";

/** What is said of a partition that is given up because of what it did to its worker. */
export interface Verdict {
  readonly state: Extract<FitState, "failed" | "timed_out" | "lost">;
  readonly code: string;
  readonly message: string;
  /** What the worker wrote last; null where that is nothing, or says nothing. */
  readonly stack: string | null;
}

/**
 * The verdict on a partition at which a worker ended that was not the first one, or that took too long: `timed_out`;
 * `failed` with the code `memory_exceeded`; in all other cases `lost` with the code `worker_died`.
 */
export function verdictOn({ cause, name, lastWords, end }: WorkerDeath, kind: Work["kind"]): Verdict {
  const was = kind === "score" ? "it predicted" : "it was fitted";
  const stack = lastWords === "" ? null : lastWords;
  switch (end?.kind) {
    case undefined:
      return { state: "lost", code: "worker_died", message: `${cause} while ${was}, twice`, stack };
    case "timed_out": {
      const message = overdueText(end.timeoutMs, kind === "score" ? "predict" : "fit");
      return { state: "timed_out", code: "timed_out", message, stack: null };
    }
    case "memory_exceeded": {
      const advice =
        "raise --memory-per-worker, with fewer --workers where the machine has no more; or give the partition fewer rows or columns";
      const message = `${endText(name, end, `while ${was} alone`)}; ${advice}`;
      return { state: "failed", code: "memory_exceeded", message, stack };
    }
  }
}
