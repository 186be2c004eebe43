import { Command } from "commander";
import { suggestName } from "../errors.ts";
import { ManyfitError, VERSION } from "../index.ts";
import { addConfigCommand } from "./config-command.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { addExportCommand } from "./export-command.ts";
import { addModelsCommand } from "./models-command.ts";
import type { Screen } from "./output.ts";
import { addPlanCommand } from "./plan-command.ts";
import { addPredictCommand } from "./predict-command.ts";
import { addQueryCommand } from "./query-command.ts";
import { usageError } from "./report-error.ts";
import { addShowCommand } from "./show-command.ts";
import { addTrainCommand } from "./train-command.ts";

const PATH = `
The usual way, from a file to a model:
  $ manyfit train gapminder.csv --by country --target lifeExp --features year
  $ manyfit show latest
  $ manyfit models latest --key country=Rwanda
  $ manyfit query latest "select * from terms order by p_value limit 5"

Every command says more, with examples: manyfit train --help.
Exit codes: 0 done, even if single partitions failed; 1 failed; 2 wrong command
line; 3 stopped because more partitions failed than --max-failed allows;
130 interrupted.
Environment: MANYFIT_DEBUG=1 shows the stacks of errors; NO_COLOR, FORCE_COLOR
and COLUMNS are respected.
`;

/** Cells of a line of help on a pipe, where there is no terminal to ask. */
const HELP_WIDTH = 100;

/** Cells below which a text beside an option is not folded any more. */
const NARROWEST_HELP = 20;

/** The command line of manyfit, writing to a screen. It throws; nothing in it ends the process. */
export function createProgram(screen: Screen): Command {
  const program = new Command("manyfit")
    .description(
      "Trains one independent model per key of a data set, from a handful to millions, and keeps a ledger that says what happened to every single one.",
    )
    .version(VERSION, "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .addHelpText("after", PATH)
    .exitOverride((error) => {
      throw usageError(error, "manyfit");
    })
    .configureOutput({
      // Errors come back as exceptions and are written in one place.
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(HELP_WIDTH, screen.out.width()),
      getErrHelpWidth: () => Math.min(HELP_WIDTH, screen.err.width()),
      getOutHasColors: () => screen.out.style.isColoured,
      getErrHasColors: () => screen.err.style.isColoured,
    })
    .configureHelp({
      minWidthToWrap: NARROWEST_HELP,
      subcommandTerm: (command) => `${command.name()} ${command.usage().replace("[options] ", "")}`,
    });
  const commands = [
    ...[addTrainCommand, addPlanCommand, addShowCommand, addModelsCommand, addQueryCommand],
    ...[addPredictCommand, addExportCommand, addConfigCommand, addDoctorCommand, addHelpCommand],
  ];
  for (const add of commands) {
    add(program, screen);
  }
  for (const command of program.commands) {
    command.helpOption("-h, --help", "print this help").exitOverride((error) => {
      throw usageError(error, `manyfit ${command.name()}`);
    });
  }
  return program;
}

/** `manyfit help`: Commander's own shows the help of all, and no error, for a command that is not there. */
function addHelpCommand(program: Command): void {
  program
    .command("help")
    .summary("print the help of a command")
    .argument("[command]", "a command (default: all of them in short)")
    .action((name: string | undefined) => {
      const commands = program.commands;
      const asked = name === undefined ? program : commands.find((command) => command.name() === name);
      if (asked !== undefined) return asked.help();
      const names = commands.map((command) => command.name());
      throw new ManyfitError(
        "invalid_option",
        `unknown command '${name}'; ${suggestName(name ?? "", names)}; manyfit --help shows what there is`,
      );
    });
}
