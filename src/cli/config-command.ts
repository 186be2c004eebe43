import type { Command } from "commander";
import { ManyfitError } from "../index.ts";
import { configSchema } from "./config-schema.ts";
import { configText } from "./config-text.ts";
import { checkNoToken } from "./engine-of.ts";
import { addJobOptions, checkTogether, type FlagValues, toldJobFrom } from "./job-options.ts";
import { jsonText } from "./json-text.ts";
import type { Output, Screen } from "./output.ts";

const EXAMPLES = `
Examples:
  A command line as a file, and the file as a job.
    $ manyfit config sales/ --by store --target units --holdout 0.2 > job.json
    $ manyfit train --config job.json
  The same job with another seed: flags win over the file.
    $ manyfit train --config job.json --seed 7
  The schema of such files, for editors: "$schema": "./manyfit.schema.json".
    $ manyfit config --schema > manyfit.schema.json
`;

/** `manyfit config`: a command line of `train` as a config file, or the schema of such files. */
export function addConfigCommand(program: Command, { out }: Screen): void {
  addJobOptions(
    program
      .command("config")
      .summary("write flags of train down as a file")
      .description(
        "Prints what paths and flags say as a JSON file that train and plan take with --config. Nothing is read but the file of --config. Relative paths in such a file are those of its folder; what is printed is right for a file in the working directory.",
      ),
  )
    .optionsGroup("What to show:")
    .option("--schema", "the JSON Schema of such files instead")
    .addHelpText("after", EXAMPLES)
    .action((paths: string[], flags: FlagValues) =>
      flags["schema"] === true ? showSchema(out, paths, flags) : showConfig(out, paths, flags),
    );
}

async function showSchema(out: Output, paths: readonly string[], flags: FlagValues): Promise<void> {
  const job = toldJobFrom(paths, flags);
  const told = [...paths, ...Object.keys(job.config).map((name) => `--${name}`)][0];
  if (told !== undefined) {
    throw new ManyfitError(
      "invalid_option",
      `--schema is the same for every job; leave ${told} out, or --schema`,
    );
  }
  await out.write(`${jsonText(configSchema(), 2)}\n`);
}

async function showConfig(out: Output, paths: readonly string[], flags: FlagValues): Promise<void> {
  const job = toldJobFrom(paths, flags);
  checkTogether(job);
  checkNoToken(job);
  if (Object.keys(job.config).length === 0) {
    throw new ManyfitError(
      "invalid_option",
      "nothing is told: give the paths and flags of manyfit train, or --schema",
    );
  }
  await out.write(configText(job.config));
}
