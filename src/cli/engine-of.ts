import { type EngineOption, ManyfitError } from "../index.ts";
import type { OptionName } from "./job-option.ts";
import { type ToldJob, wordOf } from "./told-job.ts";

/** What is said of a Spark cluster alone. */
const OF_SPARK: readonly OptionName[] = ["spark", "spark-node", "spark-tasks"];

/**
 * The engine that a job was told; undefined for this machine. `environment` has Spark's own variable for the server that is
 * named nowhere else. `--engine local` makes nothing of what a config file says of a cluster.
 * @throws ManyfitError `invalid_option` for flags of Spark beside `--engine local`, and for a cluster without a server.
 */
export function engineOf(job: ToldJob, environment: NodeJS.ProcessEnv): EngineOption | undefined {
  const { config, fromFile } = job;
  const told = OF_SPARK.filter((name) => config[name] !== undefined);
  if (config.engine === "local") {
    const flag = told.find((name) => !fromFile.has(name));
    if (flag === undefined) return undefined;
    throw invalid(
      `${wordOf("engine", job)} is local, but ${wordOf(flag, job)} is given; leave one of them out`,
    );
  }
  if (config.engine === undefined && told.length === 0) return undefined;
  const spark = config.spark ?? environment["SPARK_REMOTE"];
  if (spark === undefined || spark.trim() === "") {
    const said = wordOf(config.engine === undefined ? told[0]! : "engine", job);
    throw invalid(
      `${said} is given, but no server is named: give --spark sc://host:15002, or set SPARK_REMOTE; manyfit train --help says more`,
    );
  }
  const { "spark-node": node, "spark-tasks": tasks } = config;
  return { spark, ...(node === undefined ? {} : { node }), ...(tasks === undefined ? {} : { tasks }) };
}

/**
 * Refuses a secret in what is written down.
 * @throws ManyfitError `invalid_option` for a connection string with a token.
 */
export function checkNoToken(job: ToldJob): void {
  if (!/[;/]token=/i.test(job.config.spark ?? "")) return;
  throw invalid(
    `${wordOf("spark", job)} has a token, which is not for a file; leave it out, and set SPARK_REMOTE where the job is run`,
  );
}

function invalid(message: string): ManyfitError {
  return new ManyfitError("invalid_option", message);
}
