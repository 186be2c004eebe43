import type { Command } from "commander";
import { plan, type RunEvent } from "../index.ts";
import { addJobOptions, type JobFlags, trainOptionsFrom } from "./job-options.ts";
import { jsonText } from "./json-text.ts";
import type { Screen } from "./output.ts";
import { planLines } from "./plan-text.ts";
import { createProgressDisplay } from "./progress-display.ts";
import { stopOnSignals } from "./stop-on-signals.ts";

interface PlanFlags extends JobFlags {
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  How many partitions there are, how large, and which will be skipped.
    $ manyfit plan gapminder.csv --by country --target lifeExp --features year
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
        "Reads and counts the source and says what train would do with the same arguments: partitions, their sizes, what will be skipped. Nothing is fitted and nothing is written.",
      ),
  )
    .optionsGroup("What to show:")
    .option("--json", "one JSON document on standard output")
    .addHelpText("after", EXAMPLES)
    .action((paths: string[], flags: PlanFlags) => showPlan(screen, paths, flags));
}

async function showPlan({ out, err }: Screen, paths: readonly string[], flags: PlanFlags): Promise<void> {
  const options = trainOptionsFrom(paths, flags);
  const display = createProgressDisplay(err, false);
  const onEvent = (event: RunEvent): void => display.add(event);
  const stop = stopOnSignals(() => display.close());
  const planned = await plan({ ...options, onEvent, signal: stop.signal }).finally(() => {
    display.close();
    stop.release();
  });
  if (flags.json) {
    await out.write(`${jsonText(planned, 2)}\n`);
    return;
  }
  const { style } = out;
  const width = out.width();
  const lines = planLines(planned, { isFull: true, width, style });
  await out.write(`${[style.strong("plan"), ...lines].join("\n")}\n`);
}
