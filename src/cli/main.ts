#!/usr/bin/env node
import { loadProgram } from "./load-program.ts";
import { OutputClosed, processScreen } from "./output.ts";
import { reportError } from "./report-error.ts";
import { hasHostedTrainer } from "./trainer-host.ts";

const screen = processScreen();
try {
  const createProgram = await loadProgram();
  await createProgram(screen).parseAsync();
} catch (thrown) {
  if (!(thrown instanceof OutputClosed)) {
    const { text, exitCode } = reportError(thrown, process.env["MANYFIT_DEBUG"] === "1");
    process.exitCode = exitCode;
    if (text !== "") await screen.err.write(text).catch(() => undefined);
  }
}
// What was awaited is written; standard error is, once this is.
if (hasHostedTrainer()) {
  await screen.err.write("").catch(() => undefined);
  process.exit();
}
