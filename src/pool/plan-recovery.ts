import type { Run, TaskAtWork } from "./task-at-work.ts";
import { partitionAt } from "./task-range.ts";
import { type Verdict, verdictOn } from "./verdict.ts";
import type { WorkerDeath } from "./worker-pool.ts";

/** What becomes of the partitions without an answer of a task whose worker ended. Positions are those in the work. */
export interface Recovery {
  /** A partition that is given up, and what is said of it. */
  readonly givenUp: { readonly index: number; readonly verdict: Verdict } | null;
  /** The partition that is tried once more on a worker with nothing else to do. */
  readonly alone: number | null;
  /** Partitions that are tried again as if nothing had been. */
  readonly rest: readonly Run[];
  /** Nothing of the task was begun: it is given out again as it was, and counts as a death that nobody explains. */
  readonly isSilent: boolean;
}

/** Silent deaths after which a partition that is the only one of its task is to blame for the memory that it takes. */
const SILENT_MEMORY_DEATHS = 1;

/** Plans what to do about a worker that ended in the midst of a task; says what, and does nothing. */
export function planRecovery(atWork: TaskAtWork, death: WorkerDeath): Recovery {
  const { range, suspect, hasAnswer } = atWork;
  const { end } = death;
  const verdict = verdictOn(death, range.work.kind);
  const giveUp = (index: number): Recovery => ({
    givenUp: { index, verdict },
    alone: null,
    rest: atWork.unanswered(index),
    isSilent: false,
  });
  if (end?.kind === "timed_out") {
    if (suspect !== null && partitionAt(range.work, suspect) === end.partition) return giveUp(suspect);
    // It had gone on by the time it was ended: nobody is to blame.
    return { givenUp: null, alone: null, rest: atWork.unanswered(null), isSilent: false };
  }
  if (suspect !== null) {
    if (range.isLastTry) return giveUp(suspect);
    return { givenUp: null, alone: suspect, rest: atWork.unanswered(suspect), isSilent: false };
  }
  const isOne = range.to - range.from === 1;
  if (end !== null && isOne && range.silentDeaths >= SILENT_MEMORY_DEATHS) return giveUp(range.from);
  return { givenUp: null, alone: null, rest: atWork.unanswered(null), isSilent: !hasAnswer };
}
