import { hostname } from "node:os";
import { join } from "node:path";
import { FIT_STATES, type LeftBehind, type OpenedRun } from "../index.ts";
import { type Causes, readCauses } from "./causes.ts";
import { formatCount, formatQuantity } from "./format-number.ts";
import { type LineLayout, labelledLines } from "./labelled-lines.ts";
import { uncommittedSteps } from "./next-steps.ts";
import { pathText } from "./path-text.ts";
import type { RunArgument } from "./run-argument.ts";
import { lineText } from "./safe-text.ts";
import { causeSections } from "./summary-text.ts";

/** A run that is not committed, opened, with what its answered partitions failed of. */
export interface LeftView {
  readonly run: OpenedRun;
  readonly left: LeftBehind;
  /** Null where nothing is answered. */
  readonly causes: Causes | null;
}

/** Reads what {@link leftLines} shows. */
export async function readLeftView(run: OpenedRun, left: LeftBehind): Promise<LeftView> {
  const { job, answered } = left;
  if (job === null || answered === 0) return { run, left, causes: null };
  const { keys, resultSchema } = job;
  return { run, left, causes: await readCauses({ run, keys, resultSchema, job: job.job }) };
}

/** A run that is not committed, for a person: what it left, when and why it stopped, how far it came, what to do. */
export function leftLines(
  { run, left, causes }: LeftView,
  argument: RunArgument,
  layout: LineLayout,
): string[] {
  const { style } = layout;
  const { id, folder, explanation } = run;
  const sections = causes === null ? [] : causeSections(causes, left.job?.keys ?? [], layout);
  const steps = left.answered === 0 ? [] : uncommittedSteps(argument);
  return [
    `${style.strong(`run ${lineText(id)}`)} ${style.warning(left.status)}`,
    ...labelledLines(
      [
        ["what", lineText(explanation)],
        ...timeEntries(left),
        ...whyEntries(left),
        ...doneEntries(left),
        ["where", pathText(folder)],
        ...(left.hasEvents ? [["log", pathText(join(folder, "events.ndjson"))] as const] : []),
        ["next", adviceOf(left)],
      ],
      layout,
    ),
    ...sections.filter((lines) => lines.length > 0).flatMap((lines) => ["", ...lines]),
    ...(steps.length === 0 ? [] : ["", style.strong("what next"), ...steps.map((step) => `  ${step}`)]),
  ];
}

type Entry = readonly [label: string, text: string];

function timeEntries({ job, stop }: LeftBehind): Entry[] {
  return [
    ...(job === null ? [] : [["begun", lineText(job.startedAt)] as const]),
    ...(stop === null ? [] : [["ended", new Date(stop.atMs).toISOString()] as const]),
  ];
}

function whyEntries({ status, stop, owner, lastEventAtMs, partitions }: LeftBehind): Entry[] {
  if (status === "running" && owner !== null) {
    const did = owner.host === hostname() ? "works on it since" : "locked it at";
    return [["why", `process ${owner.pid} on ${lineText(owner.host)} ${did} ${owner.createdAt}`]];
  }
  if (stop?.reason === "interrupted") return [["why", "somebody stopped it, with Ctrl-C or a signal"]];
  if (stop !== null) return [["why", lineText(stop.message)]];
  if (status === "crashed" && owner !== null) {
    const last =
      lastEventAtMs === null ? "" : `; its last event is of ${new Date(lastEventAtMs).toISOString()}`;
    const who = owner.pid === 0 ? "its process" : `process ${owner.pid} on ${lineText(owner.host)}`;
    return [["why", `${who} ended without a word: it was killed, crashed, or the machine stopped${last}`]];
  }
  if (partitions === null) return [];
  return [["why", "it left no word of it: its log could not be written, as on a full disk"]];
}

function doneEntries({ answered, partitions, counts }: LeftBehind): Entry[] {
  if (partitions === null) return [];
  const states = FIT_STATES.filter((state) => counts[state] > 0).map(
    (state) => `${formatCount(counts[state])} ${state.replace("_", " ")}`,
  );
  const of = `${formatCount(answered)} of ${formatQuantity(partitions, "partition")} answered`;
  return [["done", states.length === 0 ? of : `${of}: ${states.join(", ")}`]];
}

function adviceOf({ status, answered }: LeftBehind): string {
  if (status === "running") return "wait for it, or stop it with Ctrl-C where it runs";
  const again = "train again, which makes a new run; this folder can then be deleted";
  return answered === 0 ? again : `query what is answered; or ${again}`;
}
