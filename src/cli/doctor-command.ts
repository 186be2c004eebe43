import type { Command } from "commander";
import { diagnose } from "../index.ts";
import { doctorLines } from "./doctor-text.ts";
import { jsonText } from "./json-text.ts";
import type { Screen } from "./output.ts";
import { EXIT } from "./report-error.ts";

const EXAMPLES = `
Examples:
  What this machine has, and what mends what it lacks.
    $ manyfit doctor
  Whether trainers in Python work with an environment.
    $ manyfit doctor --python .venv/bin/python
  Whether a Spark cluster answers.
    $ manyfit doctor --spark sc://localhost:15002

Exit codes: 0 when nothing is broken; 1 when something is. Python is needed by
trainers in Python alone: what is missing of it is broken only where it was
named, by --python or MANYFIT_PYTHON. What is there and does not work is
always broken. The same holds for a Spark cluster, which --spark or SPARK_REMOTE
names; Java is needed to start one on this machine, and by nobody else.
`;

interface DoctorFlags {
  readonly python?: string;
  readonly spark?: string;
  readonly json?: true;
}

/** `manyfit doctor`: what a run has to work with, and what mends what it lacks. */
export function addDoctorCommand(program: Command, { out }: Screen): void {
  program
    .command("doctor")
    .summary("tell what this machine has and lacks for a run")
    .description(
      "Looks at Node, DuckDB, memory, disk, Python with its packages, Java and a Spark cluster, as a run would use them. What is missing is told with the one command that mends it. Nothing is installed.",
    )
    .option("--python <path>", "the Python of trainers in Python (default: as train finds it)")
    .option("--spark <url>", "connection string of a Spark cluster's server (default: SPARK_REMOTE)")
    .option("--json", "write JSON")
    .addHelpText("after", EXAMPLES)
    .action(async ({ json, ...asked }: DoctorFlags) => {
      const diagnosis = await diagnose(asked);
      const text =
        json === true
          ? jsonText(diagnosis, 2)
          : doctorLines(diagnosis, { width: out.width(), style: out.style }).join("\n");
      await out.write(`${text}\n`);
      if (!diagnosis.isOk) process.exitCode = EXIT.failed;
    });
}
