import { spawn } from "node:child_process";
import { installIfNeeded } from "./install.mjs";
import { projectFolder, runStep, STEPS } from "./step.mjs";

/** What `npm start` shows: one straight line per country, of life expectancy over the years. */
const EXAMPLE =
  "train examples/gapminder/gapminder_unfiltered.csv --by country --target lifeExp --features year";

/**
 * Runs the built command line program in place of this process: its streams, its signals, its exit code.
 *
 * @param {readonly string[]} args
 */
function becomeManyfit(args) {
  const child = spawn(process.execPath, ["dist/cli/main.js", ...args], {
    cwd: projectFolder,
    stdio: "inherit",
  });
  const isAtTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    // A terminal sends Ctrl-C to the child as well; a second one from here would read as "stop at once".
    process.on(signal, () => (signal === "SIGINT" && isAtTerminal) || child.kill(signal));
  }
  child.once("error", (error) => {
    console.error(`manyfit could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.once("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

try {
  await installIfNeeded();
  const build = await runStep("build", STEPS.build);
  if (build.isOk) {
    const args = [...EXAMPLE.split(" "), ...process.argv.slice(2)];
    console.log(`\n$ manyfit ${args.join(" ")}\n`);
    becomeManyfit(args);
  } else {
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
