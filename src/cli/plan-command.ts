import type { Command } from "commander";
import { ManyfitError, type Plan, plan, type RunEvent } from "../index.ts";
import { checkValue } from "./check-value.ts";
import { addJobOptions, type FlagValues, toldJobFrom, trainOptionsFrom } from "./job-options.ts";
import { jsonText } from "./json-text.ts";
import { ruleOf } from "./option-value.ts";
import type { Screen } from "./output.ts";
import { planLines } from "./plan-text.ts";
import { createProgressDisplay } from "./progress-display.ts";
import { stopOnSignals } from "./stop-on-signals.ts";
import { inWordsOf } from "./told-job.ts";
import { hostTrainer } from "./trainer-host.ts";

interface PlanFlags extends FlagValues {
  readonly json?: true;
  readonly sample?: string | true;
}

/** How long a sample is fitted when no time is told. */
const DEFAULT_SAMPLE = "5s";

const EXAMPLES = `
Examples:
  How many partitions there are, how large, and which will be skipped.
    $ manyfit plan gapminder.csv --by country --target lifeExp --features year
  How long the run will take and whether the trainer works, by 10 s of it.
    $ manyfit plan sales/ --by store --trainer ./trainer.ts --sample 10s
  How many models there will be, for a program.
    $ manyfit plan sales/ --by store --target units --json | jq .fits
`;

/** `manyfit plan`: what `train` would do with the same arguments. */
export function addPlanCommand(program: Command, screen: Screen): void {
  addJobOptions(
    program
      .command("plan")
      .summary("say what train would do, and do nothing")
      .description(
        "Reads and counts the source and says what train would do with the same arguments: partitions, their sizes, what will be skipped or is known to fail, what each worker gets. Nothing is written, and nothing is fitted but what --sample asks for.",
      ),
  )
    .optionsGroup("What to try:")
    .option(
      "--sample [time or count]",
      `fit some partitions, of all sizes, and say how long the run will take and what will fail: for a time such as 10s beside that of reading, or so many partitions (default: none; without a value ${DEFAULT_SAMPLE})`,
      readSample,
    )
    .optionsGroup("What to show:")
    .option("--json", "one JSON document on standard output")
    .addHelpText("after", EXAMPLES)
    .action((paths: string[], flags: PlanFlags) => showPlan(screen, paths, flags));
}

/** Reads `--sample`, behind which a path would be taken for its value. */
function readSample(text: string): string {
  const isCount = /^[1-9]\d*$/.test(text);
  if (isCount || checkValue(text, ruleOf({ kind: "time" })) === null) return text;
  throw new ManyfitError(
    "invalid_option",
    `--sample is ${text}, allowed are times with their unit such as 10s, and numbers of partitions; without a value it stands behind the paths`,
  );
}

async function showPlan({ out, err }: Screen, paths: readonly string[], flags: PlanFlags): Promise<void> {
  const job = toldJobFrom(paths, flags);
  const { sample } = flags;
  const sampled = sample === undefined ? {} : { sample: sample === true ? DEFAULT_SAMPLE : sample };
  const options = { ...trainOptionsFrom(job), ...sampled };
  const display = createProgressDisplay(err, false);
  const onEvent = (event: RunEvent): void => display.add(event);
  const stop = stopOnSignals(() => display.close());
  const { trainer, workers } = job.config;
  const endHosting =
    sample !== undefined && trainer !== undefined && workers === 0
      ? hostTrainer({
          print: (text) => display.interject(text),
          work: ["the sample", "nothing is kept"],
          stop: stop.signal,
        })
      : () => undefined;
  let planned: Plan;
  try {
    planned = await plan({ ...options, onEvent, signal: stop.signal });
  } catch (error) {
    throw inWordsOf(job, error);
  } finally {
    display.close();
    stop.release();
    endHosting();
  }
  if (flags.json) {
    await out.write(`${jsonText(planned, 2)}\n`);
    return;
  }
  const { style } = out;
  const layout = { isFull: true, hasBlocks: out.isTerminal, width: out.width(), style };
  await out.write(`${[style.strong("plan"), ...planLines(planned, layout)].join("\n")}\n`);
}
