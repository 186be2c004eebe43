import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import { ManyfitError, type Prediction, predict, type RunEvent, type UnknownPolicy } from "../index.ts";
import { MAX_WORKERS } from "./job-option-table.ts";
import {
  addDialectOptions,
  addPredictLimits,
  type FlagValues,
  fileSourceFrom,
  limitsFrom,
} from "./job-options.ts";
import { jsonText } from "./json-text.ts";
import type { Output, Screen } from "./output.ts";
import { createPredictDisplay, type PredictDisplay } from "./predict-display.ts";
import { predictionLines } from "./prediction-lines.ts";
import { addType, wholeNumber } from "./read-flag.ts";
import { DEFAULT_RUNS, RUN_WORDS } from "./run-argument.ts";
import { lineText } from "./safe-text.ts";
import { stopOnSignals } from "./stop-on-signals.ts";
import { inWordsOf } from "./told-job.ts";
import { hostTrainer } from "./trainer-host.ts";
import { createTrainerLog } from "./trainer-log.ts";

interface PredictFlags extends FlagValues {
  readonly out?: string;
  readonly runs: string;
  readonly unknown: UnknownPolicy;
  readonly skipUnreadable?: true;
  readonly workers?: number;
  readonly python?: string;
  readonly overwrite?: true;
  readonly json?: true;
  readonly quiet?: true;
}

const EXAMPLES = `
Examples:
  Every row with what its country's model says, and how far off that is.
    $ manyfit predict latest gapminder.csv --out predicted.csv
  New rows for models of last week; the run ends with 1 if one has no model.
    $ manyfit predict 2026-11-22 new/*.parquet --out new.parquet --unknown error
  Each file with the model of its own name; files that cannot be read are
  left out and listed.
    $ manyfit predict latest sensors/ --out loads.parquet --skip-unreadable
  How many rows were predicted, for a program.
    $ manyfit predict latest new.csv --out new.parquet --json | jq .predicted
`;

/** `manyfit predict`: the rows of a source with the predictions of a run's models beside them. */
export function addPredictCommand(program: Command, screen: Screen): void {
  const command = program
    .command("predict")
    .summary("predict rows with the models of a run")
    .description(
      "Gives every row to the model of its key and writes the rows, in their order and with all their columns, with the predictions beside them. A row without a prediction has NULL there and says why in prediction_reason: rows in are rows out.",
    )
    .usage("[options] <run> <paths...>")
    .argument("<run>", RUN_WORDS)
    .argument(
      "<paths...>",
      "files, folders or globs of the rows: CSV, TSV, NDJSON, these as .gz, Parquet; all of one kind",
    )
    .optionsGroup("What to write:")
    .option("--out <file>", "the file to write: .parquet, .csv or .csv.gz")
    .option("--overwrite", "replace the file if it is there already")
    .addOption(
      new Option(
        "--unknown <what>",
        "rows without a model: predicted as null, or an error and nothing written",
      )
        .choices(["null", "error"])
        .default("null"),
    )
    .option(
      "--skip-unreadable",
      "in a run with one model per file: leave out files that cannot be read, and list them (default: one of them is an error and nothing is written)",
    )
    .optionsGroup("What to read:")
    .option("--where <sql>", "only rows for which this DuckDB expression is true (default: all)")
    .option(
      "--type <column=type>",
      "type of a column that is not a key, repeatable; keys have the types of the run",
      addType,
    )
    .option("--runs <folder>", "folder of runs, in which ids and latest are looked for", DEFAULT_RUNS);
  addDialectOptions(command)
    .optionsGroup("How to run:")
    .option(
      "--workers <count>",
      `processes for trainers of your own, 0 to ${MAX_WORKERS}, 0 is this thread, for a debugger (default: one per core, here ${availableParallelism()})`,
      wholeNumber("--workers", MAX_WORKERS),
    );
  addPredictLimits(command)
    .option(
      "--python <path>",
      "Python for trainers of Python's (default: MANYFIT_PYTHON, the active environment, or python3 on the path)",
    )
    .optionsGroup("What to show:")
    .addOption(
      new Option("--json", "one JSON document on standard output, not the summary").conflicts("quiet"),
    )
    .addOption(new Option("--quiet", "nothing but errors"))
    .addHelpText("after", EXAMPLES)
    .action((run: string, paths: string[], flags: PredictFlags) =>
      predictAndShow(screen, { run, paths }, flags),
    );
}

async function predictAndShow(
  { out, err }: Screen,
  { run, paths }: { readonly run: string; readonly paths: readonly string[] },
  flags: PredictFlags,
): Promise<void> {
  const file = flags.out;
  if (file === undefined) {
    throw new ManyfitError(
      "invalid_option",
      "--out is missing: name the file to write, as in --out predicted.parquet",
    );
  }
  const source = fileSourceFrom(paths, flags);
  const display = createPredictDisplay(err, flags.quiet === true);
  const stop = stopOnSignals(() => display.close());
  const endHosting = hostIfInPlace(flags, display, stop.signal);
  let prediction: Prediction;
  try {
    prediction = await predict({
      ...{ run, source, out: file, runs: flags.runs, unknown: flags.unknown },
      ...(flags.workers === undefined ? {} : { workers: flags.workers }),
      ...limitsFrom(flags),
      ...(flags.python === undefined ? {} : { python: flags.python }),
      skipUnreadable: flags.skipUnreadable === true,
      overwrite: flags.overwrite === true,
      onPhase: (phase, rows) => display.phase(phase, rows),
      onWarning: (text) => display.interject(`${err.style.warning("warning")}: ${lineText(text)}\n`),
      onEvent: trainerLog(err, display, flags),
      signal: stop.signal,
    });
  } catch (error) {
    throw inWordsOf({ file: null, fromFile: new Set() }, error);
  } finally {
    display.close();
    stop.release();
    endHosting();
  }
  if (flags.quiet) return;
  if (flags.json) {
    await out.write(`${jsonText(prediction, 2)}\n`);
    return;
  }
  const lines = predictionLines(prediction, { width: out.width(), style: out.style });
  await out.write(`${lines.join("\n")}\n`);
}

/** Keeps a trainer that runs in this process in its bounds, until what it gives is called. */
function hostIfInPlace({ workers }: PredictFlags, display: PredictDisplay, stop: AbortSignal): () => void {
  if (workers !== 0) return () => undefined;
  return hostTrainer({
    print: (text) => display.interject(text),
    work: ["the prediction", "nothing is written"],
    stop,
  });
}

/** What trainers print goes between the progress, if anything is to be shown but the result. */
function trainerLog(
  { style }: Output,
  display: PredictDisplay,
  { quiet, json }: PredictFlags,
): (event: RunEvent) => void {
  if (quiet || json) return () => undefined;
  return createTrainerLog({ write: (lines) => display.interject(lines), style, out: null });
}
