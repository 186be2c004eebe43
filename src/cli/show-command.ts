import type { Command } from "commander";
import type { OpenedRun } from "../index.ts";
import { type Cause, readCauses } from "./causes.ts";
import { jsonText } from "./json-text.ts";
import { labelledLines } from "./labelled-lines.ts";
import type { Output, Screen } from "./output.ts";
import { pathText } from "./path-text.ts";
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
        "Shows a committed run: job, counts, what failed and why, best and worst fits, where and with what it was made. Of a run that is under way or was stopped it says what is there.",
      ),
  )
    .option("--verify", "recompute hashes and digest from the stored files; exit code 1 when one differs")
    .option("--json", "one JSON document on standard output: the manifest and the causes")
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
  const { manifest } = run;
  const isVerified = discrepancies !== null;
  const lines =
    manifest === null
      ? uncommittedLines(run, output)
      : runLines(await readRunView({ run, manifest }), { ...argument, isVerified }, layout);
  if (discrepancies !== null) lines.push("", ...verifiedLines(discrepancies, output));
  await output.write(`${lines.join("\n")}\n`);
}

function uncommittedLines(
  { id, status, explanation, folder }: OpenedRun,
  { style, width }: Output,
): string[] {
  const advice =
    status === "running"
      ? "wait for it, or stop it with Ctrl-C where it runs"
      : "train again, which makes a new run; this folder can then be deleted";
  return [
    `${style.strong(`run ${lineText(id)}`)} ${style.warning(status)}`,
    ...labelledLines(
      [
        ["what", lineText(explanation)],
        ["where", pathText(folder)],
        ["next", advice],
      ],
      { width: width(), style },
    ),
  ];
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
  const { id, folder, status, explanation, manifest } = run;
  const verified = discrepancies === null ? {} : { discrepancies };
  if (manifest === null) return { run: id, folder, status, explanation, manifest, ...verified };
  const { skips, failures, warnings } = await readCauses({ run, manifest });
  const causesOf = (causes: readonly Cause[]): object[] =>
    causes.map((cause) => ({
      ...cause,
      examples: cause.examples.map((key) => keyToJson(manifest.keys, key)),
    }));
  const causes = { failed: causesOf(failures), skipped: causesOf(skips), warnings: causesOf(warnings) };
  return { run: id, folder, status, explanation, ...causes, manifest, ...verified };
}
