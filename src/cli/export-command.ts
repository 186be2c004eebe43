import { type Command, Option } from "commander";
import { type Exported, type ExportForm, exportModels, ManyfitError } from "../index.ts";
import { formatQuantity } from "./format-number.ts";
import { jsonText } from "./json-text.ts";
import { labelledLines } from "./labelled-lines.ts";
import type { Screen } from "./output.ts";
import { pathText } from "./path-text.ts";
import { DEFAULT_RUNS, RUN_WORDS } from "./run-argument.ts";
import { lineText } from "./safe-text.ts";

interface ExportFlags {
  readonly to?: ExportForm;
  readonly out?: string;
  readonly where?: string;
  readonly runs: string;
  readonly overwrite?: true;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  Every model of the last run as a file that Python's joblib.load opens.
    $ manyfit export latest --to joblib --out models/
    $ PYTHONPATH=models/trainer python -c "import joblib; ..."
  Those of one country.
    $ manyfit export latest --to joblib --out one/ --where "country = 'Rwanda'"

index.json says which partition, key, file, class and sha256 each model has. A
model whose class is the trainer's own needs its files, which are in trainer/.
joblib.load runs what a file says: load only what you trust.
`;

/** `manyfit export`: the models of a run as files, one each. */
export function addExportCommand(program: Command, { out }: Screen): void {
  program
    .command("export")
    .summary("write the models of a run as files")
    .description(
      "Writes one file for each model of a run, with an index of them, into a folder that appears when it is whole. No model is loaded for it.",
    )
    .usage("[options] <run>")
    .argument("<run>", RUN_WORDS)
    .addOption(
      new Option("--to <form>", "joblib of runs with Python trainers, json of models that are JSON").choices([
        "joblib",
        "json",
      ]),
    )
    .option("--out <folder>", "the folder to make; it must be new or empty")
    .option("--overwrite", "replace the folder if it is an earlier export")
    .option(
      "--where <sql>",
      "only partitions for which this expression over the ledger is true (default: all)",
    )
    .option("--runs <folder>", "folder of runs, in which ids and latest are looked for", DEFAULT_RUNS)
    .option("--json", "one JSON document on standard output, not the summary")
    .addHelpText("after", EXAMPLES)
    .action(async (run: string, flags: ExportFlags) => {
      const exported = await exportModels(optionsOf(run, flags));
      if (flags.json) await out.write(`${jsonText(exported, 2)}\n`);
      else await out.write(`${exportLines(exported, { width: out.width(), style: out.style }).join("\n")}\n`);
    });
}

function optionsOf(
  run: string,
  { to, out, where, runs, overwrite }: ExportFlags,
): Parameters<typeof exportModels>[0] {
  if (to === undefined)
    throw new ManyfitError("invalid_option", "--to is missing: name the form, as in --to joblib");
  if (out === undefined)
    throw new ManyfitError("invalid_option", "--out is missing: name the folder to make, as in --out models");
  return { run, to, out, runs, overwrite: overwrite === true, ...(where === undefined ? {} : { where }) };
}

function exportLines(
  { run, folder, models, hasTrainer }: Exported,
  layout: Parameters<typeof labelledLines>[1],
): string[] {
  const trainer = hasTrainer ? [["trainer", pathText(`${folder}/trainer`)] as const] : [];
  return [
    `${formatQuantity(models, "model")} exported`,
    "",
    ...labelledLines([["run", lineText(run)], ["folder", pathText(folder)], ...trainer], layout),
  ];
}
