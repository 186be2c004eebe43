import type { Command } from "commander";
import { type Manifest, ManyfitError, type OpenedRun, openRun, resolveRun } from "../index.ts";
import { formatCount } from "./format-number.ts";
import { lineText } from "./safe-text.ts";

/** The run that a command line names, and where it is looked for. */
export interface RunArgument {
  /** A folder, an id or its beginning, or `latest`. */
  readonly run: string;
  /** The folder of runs. */
  readonly out: string;
}

/** A run that is committed, opened. */
export interface CommittedRun {
  readonly run: OpenedRun;
  readonly manifest: Manifest;
}

/** The folder of runs when none is told. */
export const DEFAULT_RUNS = "runs";

/** Opens the run, does something with it, and closes it. @throws ManyfitError `run_not_found`, `run_damaged`. */
export async function withRun<Result>(
  { run, out }: RunArgument,
  use: (run: OpenedRun) => Promise<Result>,
): Promise<Result> {
  const opened = await openRun(await resolveRun(run, out));
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

/** The run with its manifest. @throws ManyfitError `run_not_committed`, saying what is there instead. */
export function committedRun(run: OpenedRun): CommittedRun {
  const { manifest } = run;
  if (manifest === null) throw new ManyfitError("run_not_committed", run.explanation);
  return { run, manifest };
}

/** Says of a run that is not committed that its tables are not whole; of a committed one nothing. */
export function partialNote({ id, status, progress }: OpenedRun): string | null {
  if (progress === null) return null;
  const { answered, partitions } = progress;
  const all = partitions === null ? "an unknown number of" : formatCount(partitions);
  return `run ${lineText(id)} is not committed (${status}): ${formatCount(answered)} of ${all} partitions are answered`;
}

/** Adds the run that a command reads as its argument, and the folder where it is looked for. */
export function addRunOptions(command: Command): Command {
  return addOutOption(command.argument("[run]", RUN_WORDS, "latest"));
}

/** What a person may write for a run. */
export const RUN_WORDS = "a run folder, its id or the beginning of one, or latest";

/** Adds the folder of runs. */
export function addOutOption(command: Command): Command {
  return command
    .optionsGroup("Options:")
    .option("--out <folder>", "folder of runs, in which ids and latest are looked for", DEFAULT_RUNS);
}
