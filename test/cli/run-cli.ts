import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** Real data: life expectancy by country and year, 187 countries of which 3 have one row. */
export const GAPMINDER = fileURLToPath(
  new URL("../data/gapminder/gapminder_unfiltered.csv", import.meta.url),
);

/** Arguments that fit a line per country. */
export const GAPMINDER_JOB = [
  "train",
  GAPMINDER,
  ...["--by", "country", "--target", "lifeExp", "--features", "year"],
];

/** What a process left. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and how the command line is started. */
export interface CliOptions {
  /** Working folder, in which `runs` is made. */
  readonly cwd: string;
  /** Added to an environment that says nothing of colours and widths. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The shell words that start the built command line. */
export const CLI_COMMAND = `'${process.execPath}' '${MAIN}'`;

/** Runs the built command line on pipes. */
export function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return collect(process.execPath, [MAIN, ...args], options);
}

/** Runs a line of bash, in which the command line is `$manyfit`. */
export function runShell(line: string, options: CliOptions): Promise<CliResult> {
  return collect("bash", ["-c", line.replaceAll("$manyfit", () => CLI_COMMAND)], options);
}

/** Runs a line of bash on a terminal of its own; standard output is what the terminal got, errors too. */
export function runOnTerminal(
  line: string,
  { columns, ...options }: CliOptions & { readonly columns: number },
): Promise<CliResult> {
  const command = `stty cols ${columns} rows 50; ${line.replaceAll("$manyfit", () => CLI_COMMAND)}`;
  return collect("script", ["-qec", command, "/dev/null"], options);
}

/** The environment of a started process. */
export function cliEnvironment(env: CliOptions["env"] = {}): NodeJS.ProcessEnv {
  // What is said of colours, widths and of who started the tests is for each test to say.
  const said = ["NO_COLOR", "FORCE_COLOR", "COLUMNS", "MANYFIT_DEBUG", "npm_lifecycle_event"];
  const rest = Object.entries(process.env).filter(([name]) => !said.includes(name));
  return { ...Object.fromEntries(rest), TERM: "xterm-256color", ...env };
}

function collect(command: string, args: readonly string[], { cwd, env }: CliOptions): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: cliEnvironment(env), stdio: ["ignore", "pipe", "pipe"] });
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        texts[name] += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...texts }));
  });
}

/** Text in which what differs from run to run is replaced: ids, digests, times, rates, memory. */
export function normalised(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[0-9a-z]{5}/g, "RUN")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "TIME")
    .replaceAll(/\b[0-9a-f]{16}…/g, "DIGEST…")
    .replaceAll(/\d[\d.,]* (ms|s)\b/g, "T s")
    .replaceAll(/\d[\d.,]* models\/s/g, "N models/s")
    .replaceAll(/\d[\d.,]* [kM]?B of memory/g, "N kB of memory")
    .replaceAll(/\d+ (worker|core)s?\b/g, "N $1s");
}
