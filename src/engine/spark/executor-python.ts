import { create } from "@bufbuild/protobuf";
import { DataTypeSchema } from "#spark-connect/types";
import { errorFrom, ManyfitError } from "../../errors.ts";
import type { SparkSession } from "./connect/session.ts";
import { mappedInArrow, queryRows } from "./relations.ts";

/** As Spark 4 has it, `different version: 3.11 than`, and as 3.5 has it, `different version (3, 11) than`. */
const VERSION = /different version:? \(?(\d+)[., ]+(\d+)/;

/** What was found before, by session: Spark has it for as long as that lives. */
const known = new WeakMap<SparkSession, string>();

/**
 * The version of the executors' Python, such as `3.11`. Spark refuses functions that were made for another one, and says then
 * which one it has: so one is sent that no Python has, before it is looked at.
 * @throws ManyfitError `spark_failed` where there is no Python, or Spark's answer does not name it.
 */
export async function executorPython(session: SparkSession, signal: AbortSignal): Promise<string> {
  const found = known.get(session) ?? (await ask(session, signal));
  known.set(session, found);
  return found;
}

async function ask(session: SparkSession, signal: AbortSignal): Promise<string> {
  const outputType = create(DataTypeSchema, {
    kind: {
      case: "struct",
      value: { fields: [{ name: "id", dataType: { kind: { case: "long", value: {} } }, nullable: true }] },
    },
  });
  const command = new Uint8Array();
  const probe = mappedInArrow(queryRows("select id from range(0, 1, 1, 1)"), {
    ...{ command, outputType, pythonVersion: "0.0", columns: ["id"] },
  });
  try {
    for await (const _ of session.run(probe, signal));
  } catch (thrown) {
    signal.throwIfAborted();
    const error = errorFrom(thrown);
    const version = VERSION.exec(error.message) ?? VERSION.exec(await wholeWords(session, error, signal));
    if (version !== null) return `${version[1]}.${version[2]}`;
    throw error;
  }
  throw new ManyfitError(
    "spark_failed",
    `${session.server}: Spark does not tell the version of its Python, which it compares with that of functions; use a Spark of 3.5 or later`,
  );
}

/** Spark's own words, where the error's first line is not all. */
async function wholeWords(session: SparkSession, error: ManyfitError, signal: AbortSignal): Promise<string> {
  return (await session.detailsOf(error, signal).catch(() => null)) ?? "";
}
