import { type Command, Option } from "commander";
import { type OpenedRun, type Plan, type RunEvent, train } from "../index.ts";
import { addJobOptions, type FlagValues, toldJobFrom, trainOptionsFrom } from "./job-options.ts";
import { jsonText } from "./json-text.ts";
import type { Output, Screen } from "./output.ts";
import { planLines } from "./plan-text.ts";
import { createProgressDisplay, type ProgressDisplay } from "./progress-display.ts";
import { committedRun, DEFAULT_RUNS } from "./run-argument.ts";
import { readRunView, resultLines } from "./run-lines.ts";
import { type Stop, stopOnSignals } from "./stop-on-signals.ts";
import { modelsPerSecond } from "./summary-text.ts";
import { inWordsOf } from "./told-job.ts";
import { hostTrainer } from "./trainer-host.ts";
import { createTrainerLog } from "./trainer-log.ts";
import { withWhatIsLeft } from "./what-is-left.ts";

interface TrainFlags extends FlagValues {
  readonly json?: true;
  readonly quiet?: true;
}

/** What of a job and of flags decides how a run is shown. */
interface Showing {
  readonly json?: true;
  readonly quiet?: true;
  /** What the run is called in commands to try next. */
  readonly run: string;
  /** Folder of runs. */
  readonly out: string;
  /** Whether a trainer of the user's runs in this process. */
  readonly isInPlace: boolean;
}

const EXAMPLES = `
Examples:
  One line per country: life expectancy over the years.
    $ manyfit train gapminder.csv --by country --target lifeExp --features year
  One model per store and item, from all files of a folder, since 2024.
    $ manyfit train sales/ --by store,item --target units --features price \\
        --where "day >= '2024-01-01'"
  One model per file: every file is a data set of its own.
    $ manyfit train "sensors/*.csv.gz" --per-file --target load --features temp
  A trainer of your own, in TypeScript or Python, with its params.
    $ manyfit train sensors/ --per-file --trainer ./trainer.ts --param alpha=0.1
    $ manyfit train sensors/ --per-file --trainer ./train.py --timeout 30s
  A class of scikit-learn's, without a file, in the Python that is active.
    $ manyfit train gapminder.csv --by country --target lifeExp \\
        --sklearn sklearn.linear_model.Ridge --param alpha=0.5
  The same on a Spark cluster, from storage that its executors share.
    $ manyfit train s3a://shop/sales/ --by store --target units \\
        --spark sc://spark.example:15002
  The counts of a run, for a program.
    $ manyfit train sales/ --by store --target units --json | jq .counts.states

A trainer is a Python file with a function of a DataFrame:
  from sklearn.linear_model import LinearRegression
  columns = ["x", "y"]
  def fit(df):
      return LinearRegression().fit(df[["x"]], df["y"])

or a TypeScript or JavaScript file; its imports are bundled with it:
  import { defineTrainer } from "manyfit";
  export default defineTrainer({
    columns: ["x", "y"],
    fit({ table }) {
      const y = table.numbers("y");
      const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
      return { model: { mean }, metrics: { rows: y.length } };
    },
  });
`;

/** `manyfit train`: fits a model per partition, commits the run, and shows what came of it. */
export function addTrainCommand(program: Command, screen: Screen): void {
  addJobOptions(
    program
      .command("train")
      .summary("fit one model per key and commit the run")
      .description(
        "Fits one independent model per partition on every core, and commits a run: a folder with the models and a ledger that says of every partition what became of it. A partition that cannot be fitted is a row of the ledger and does not end the run.",
      ),
  )
    .optionsGroup("What to show:")
    .addOption(
      new Option("--json", "one JSON document on standard output, not the summary").conflicts("quiet"),
    )
    .addOption(new Option("--quiet", "nothing but errors"))
    .addHelpText("after", EXAMPLES)
    .action((paths: string[], flags: TrainFlags) => trainAndShow(screen, paths, flags));
}

async function trainAndShow(screen: Screen, paths: readonly string[], flags: TrainFlags): Promise<void> {
  const job = toldJobFrom(paths, flags);
  const options = trainOptionsFrom(job);
  const { name = "latest", out = DEFAULT_RUNS, workers } = job.config;
  const trainer = job.config.trainer ?? job.config.sklearn;
  const { json, quiet } = flags;
  const showing: Showing = {
    ...(json ? { json } : {}),
    ...(quiet ? { quiet } : {}),
    ...{ run: name, out, isInPlace: trainer !== undefined && workers === 0 },
  };
  const display = createProgressDisplay(screen.err, quiet === true);
  const log = trainerLog(screen.err, display, showing);
  const stop = stopOnSignals(() => announceStop(screen.err, display));
  const release = hostIfInPlace(showing, display, stop);
  try {
    const run = await train({
      ...options,
      signal: stop.signal,
      onPlan: (plan) => showPlan(screen.err, display, plan),
      onEvent: (event) => {
        display.add(event);
        log(event);
      },
    });
    release();
    await showResult(screen.out, run, showing).finally(() => run.close());
  } catch (error) {
    throw withWhatIsLeft(inWordsOf(job, error), display.state.run, out);
  } finally {
    release();
  }
}

/** Keeps a trainer in this process in its bounds. From the call of what it gives on there is nothing to stop or to draw. */
function hostIfInPlace({ isInPlace }: Showing, display: ProgressDisplay, stop: Stop): () => void {
  const endHosting = isInPlace
    ? hostTrainer({
        print: (text) => display.interject(text),
        work: ["the run", "nothing is committed"],
        stop: stop.signal,
      })
    : () => undefined;
  return () => {
    display.close();
    stop.release();
    endHosting();
  };
}

/** What trainers print goes between the progress, if anything is to be shown but the result. */
function trainerLog({ style }: Output, display: ProgressDisplay, flags: Showing): (event: RunEvent) => void {
  if (flags.quiet || flags.json) return () => undefined;
  return createTrainerLog({ write: (lines) => display.interject(lines), style, out: flags.out });
}

function showPlan(output: Output, display: ProgressDisplay, plan: Plan): void {
  const { style } = output;
  const lines = planLines(plan, { width: output.width(), style });
  display.interject([style.strong("plan"), ...lines, "", ""].join("\n"));
}

function announceStop(output: Output, display: ProgressDisplay): void {
  display.interject(`${output.style.warning("stopping; press Ctrl-C again to leave at once")}\n`);
}

async function showResult(output: Output, run: OpenedRun, flags: Showing): Promise<void> {
  if (flags.quiet) return;
  const committed = committedRun(run);
  if (flags.json) {
    const { manifest } = committed;
    const { counts, digest, durationMs } = manifest;
    const document = { run: run.id, folder: run.folder, counts, digest, durationMs };
    const rate = { modelsPerSecond: Number(modelsPerSecond(manifest).toFixed(1)) };
    await output.write(`${jsonText({ ...document, ...rate }, 2)}\n`);
    return;
  }
  const layout = { width: output.width(), style: output.style };
  const lines = resultLines(await readRunView(committed), { run: flags.run, out: flags.out }, layout);
  await output.write(`${lines.join("\n")}\n`);
}
