import type { Command } from "commander";
import type { Manifest, OpenedRun } from "../index.ts";
import { type CauseList, type Causes, readCauses } from "./causes.ts";
import { readClasses } from "./class-counts.ts";
import { jsonText } from "./json-text.ts";
import { labelledLines } from "./labelled-lines.ts";
import { leftLines, readLeftView } from "./left-lines.ts";
import type { Output, Screen } from "./output.ts";
import { EXIT } from "./report-error.ts";
import { addRunOptions, type RunArgument, withRun } from "./run-argument.ts";
import { readRunView, runLines } from "./run-lines.ts";
import { lineText } from "./safe-text.ts";
import { keyToJson } from "./stored-key.ts";

interface ShowFlags {
  readonly out: string;
  readonly verify?: true;
  readonly json?: true;
}

type Discrepancies = Awaited<ReturnType<OpenedRun["verify"]>>;

const EXAMPLES = `
Examples:
  The run that was started last.
    $ manyfit show
  Another one, by the beginning of its id, with its files checked.
    $ manyfit show 2026-11-22T14-42 --verify
  Why partitions failed, for a program.
    $ manyfit show --json | jq .failed
`;

/** `manyfit show`: what a run did, or what an unfinished one left. */
export function addShowCommand(program: Command, screen: Screen): void {
  addRunOptions(
    program
      .command("show")
      .summary("say what a run did, or what it left")
      .description(
        "Shows a committed run: job, counts, what failed and why, best and worst fits, where and with what it was made. Of a run that is under way or has stopped it shows when and why, how far it came, what failed so far, and what can be done with it.",
      ),
  )
    .option("--verify", "recompute hashes and digest from the stored files; exit code 1 when one differs")
    .option("--json", "one JSON document on standard output: the manifest, or what is left, and the causes")
    .addHelpText("after", EXAMPLES)
    .action((run: string, flags: ShowFlags) => show(screen, { run, out: flags.out }, flags));
}

async function show({ out }: Screen, argument: RunArgument, flags: ShowFlags): Promise<void> {
  await withRun(argument, async (run) => {
    const discrepancies = flags.verify ? await run.verify() : null;
    if (flags.json) await out.write(`${jsonText(await documentOf(run, discrepancies), 2)}\n`);
    else await showForPeople(out, run, { argument, discrepancies });
    if (discrepancies !== null && discrepancies.length > 0) process.exitCode = EXIT.failed;
  });
}

async function showForPeople(
  output: Output,
  run: OpenedRun,
  {
    argument,
    discrepancies,
  }: { readonly argument: RunArgument; readonly discrepancies: Discrepancies | null },
): Promise<void> {
  const layout = { width: output.width(), style: output.style };
  const { manifest, leftBehind } = run;
  const lines: string[] = [];
  if (leftBehind !== null) lines.push(...leftLines(await readLeftView(run, leftBehind), argument, layout));
  if (manifest !== null) {
    const shown = { ...argument, isVerified: discrepancies !== null };
    lines.push(...runLines(await readRunView({ run, manifest }), shown, layout));
  }
  if (discrepancies !== null) lines.push("", ...verifiedLines(discrepancies, output));
  await output.write(`${lines.join("\n")}\n`);
}

function verifiedLines(discrepancies: Discrepancies, { style, width }: Output): string[] {
  if (discrepancies.length === 0) {
    return [
      `${style.strong("verified")}: every file and the digest are ${style.good("as they were committed")}`,
    ];
  }
  const entries = discrepancies.map(
    ({ what, expected, found }) => [lineText(what), `${lineText(found)}; committed was ${expected}`] as const,
  );
  return [style.bad("not as it was committed"), ...labelledLines(entries, { width: width(), style })];
}

async function documentOf(run: OpenedRun, discrepancies: Discrepancies | null): Promise<object> {
  const { id, folder, status, explanation, manifest, leftBehind } = run;
  const head = { run: id, folder, status, explanation };
  const verified = discrepancies === null ? {} : { discrepancies };
  if (leftBehind !== null) {
    const { causes } = await readLeftView(run, leftBehind);
    const { job, ...left } = leftBehind;
    const told = causes === null ? {} : causesDocument(causes, job?.keys ?? []);
    return { ...head, ...told, manifest, left, job, ...verified };
  }
  if (manifest === null) return { ...head, manifest, ...verified };
  const { keys, resultSchema, job } = manifest;
  const causes = await readCauses({ run, keys, resultSchema, job });
  const classes = await readClasses({ run, manifest });
  const models = classes.length === 0 ? {} : { classes };
  return { ...head, ...causesDocument(causes, keys), ...models, manifest, ...verified };
}

/** Causes by kind, and under `others` how many are not listed. */
function causesDocument(
  { failed, timedOut, lost, skipped, warnings }: Causes,
  keys: Manifest["keys"],
): object {
  const listed = (...lists: readonly CauseList[]): object[] =>
    lists.flatMap(({ causes }) =>
      causes.map((cause) => ({ ...cause, examples: cause.examples.map((key) => keyToJson(keys, key)) })),
    );
  const others = (...lists: readonly CauseList[]): object => ({
    causes: lists.reduce((sum, list) => sum + list.otherCauses, 0),
    partitions: lists.reduce((sum, list) => sum + list.otherPartitions, 0),
  });
  const failures = [failed, timedOut, lost];
  return {
    failed: listed(...failures),
    skipped: listed(skipped),
    warnings: listed(warnings),
    others: { failed: others(...failures), skipped: others(skipped), warnings: others(warnings) },
  };
}
