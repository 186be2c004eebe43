import { ManyfitError } from "../errors.ts";
import type { WorkerDeath } from "./worker-pool.ts";

/** Deaths in a row with nothing done, after which it is not the fault of a partition. */
export const SILENT_DEATHS = 3;

/** What a run fails with after {@link SILENT_DEATHS}, the last of which is told: `memory_exceeded` or `worker_failed`. */
export function keepsDying({ cause, lastWords, end }: WorkerDeath): ManyfitError {
  const words = lastWords === "" ? "" : `; it wrote last:\n${lastWords}`;
  return new ManyfitError(
    end?.kind === "memory_exceeded" ? "memory_exceeded" : "worker_failed",
    `${cause}, the ${SILENT_DEATHS}rd worker in a row to end before it fitted anything${words}`,
  );
}
