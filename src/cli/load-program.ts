import { errorFrom, ManyfitError } from "../errors.ts";

/**
 * The command line, whose first import loads DuckDB's native code. Where npm has left that out, or the machine cannot run
 * it, every command ends with what mends it, and not with a stack.
 * @throws ManyfitError `internal` for what is no package's fault.
 */
export async function loadProgram(): Promise<typeof import("./program.ts").createProgram> {
  try {
    return (await import("./program.ts")).createProgram;
  } catch (thrown) {
    const error = errorFrom(thrown);
    if (!/duckdb/i.test(error.message)) throw error;
    throw new ManyfitError(
      "worker_failed",
      `DuckDB cannot be loaded by Node ${process.version} on ${process.platform} ${process.arch}: ${error.message.split("\n")[0]}; install manyfit anew with npm install, without --omit=optional`,
      { cause: thrown },
    );
  }
}
