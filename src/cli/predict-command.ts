import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import { type ColumnType, ManyfitError, type Prediction, predict, type UnknownPolicy } from "../index.ts";
import { addType, wholeNumber } from "./job-options.ts";
import { jsonText } from "./json-text.ts";
import type { Screen } from "./output.ts";
import { createPredictDisplay } from "./predict-display.ts";
import { predictionLines } from "./prediction-lines.ts";
import { DEFAULT_RUNS, RUN_WORDS } from "./run-argument.ts";
import { stopOnSignals } from "./stop-on-signals.ts";
import { hostTrainer } from "./trainer-host.ts";

interface PredictFlags {
  readonly out?: string;
  readonly runs: string;
  readonly unknown: UnknownPolicy;
  readonly where?: string;
  readonly type?: Readonly<Record<string, ColumnType>>;
  readonly workers?: number;
  readonly overwrite?: true;
  readonly json?: true;
  readonly quiet?: true;
}

const MAX_WORKERS = 1024;

const EXAMPLES = `
Examples:
  Every row with what its country's model says, and how far off that is.
    $ manyfit predict latest gapminder.csv --out predicted.csv
  New rows for models of last week; the run ends with 1 if one has no model.
    $ manyfit predict 2026-11-22 new/*.parquet --out new.parquet --unknown error
  How many rows were predicted, for a program.
    $ manyfit predict latest new.csv --out new.parquet --json | jq .predicted
`;

/** `manyfit predict`: the rows of a source with the predictions of a run's models beside them. */
export function addPredictCommand(program: Command, screen: Screen): void {
  program
    .command("predict")
    .summary("predict rows with the models of a run")
    .description(
      "Gives every row to the model of its key and writes the rows, in their order and with all their columns, with the predictions beside them. A row without a prediction has NULL there and says why in prediction_reason: rows in are rows out.",
    )
    .usage("[options] <run> <paths...>")
    .argument("<run>", RUN_WORDS)
    .argument("<paths...>", "files, folders or globs of the rows: CSV, CSV.gz, Parquet; all of one kind")
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
    .optionsGroup("What to read:")
    .option("--where <sql>", "only rows for which this DuckDB expression is true (default: all)")
    .option(
      "--type <column=type>",
      "type of a column that is not a key, repeatable; keys have the types of the run",
      addType,
    )
    .option("--runs <folder>", "folder of runs, in which ids and latest are looked for", DEFAULT_RUNS)
    .optionsGroup("How to run:")
    .option(
      "--workers <count>",
      `processes for trainers of your own, 0 to ${MAX_WORKERS}, 0 is this thread, for a debugger (default: one per core, here ${availableParallelism()})`,
      wholeNumber("--workers", MAX_WORKERS),
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
  const display = createPredictDisplay(err, flags.quiet === true);
  const stop = stopOnSignals(() => display.close());
  const endHosting =
    flags.workers === 0
      ? hostTrainer({
          print: (text) => display.interject(text),
          work: ["the prediction", "nothing is written"],
          stop: stop.signal,
        })
      : () => undefined;
  let prediction: Prediction;
  try {
    prediction = await predict({
      ...{ run, source: paths, out: file, runs: flags.runs, unknown: flags.unknown },
      ...(flags.where === undefined ? {} : { where: flags.where }),
      ...(flags.workers === undefined ? {} : { workers: flags.workers }),
      types: flags.type ?? {},
      overwrite: flags.overwrite === true,
      onPhase: (phase, rows) => display.phase(phase, rows),
      signal: stop.signal,
    });
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
