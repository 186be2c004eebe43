import type { Connection } from "../../duckdb/duckdb.ts";
import type { SettleContext } from "../../settle-job.ts";
import type { SparkSession } from "./connect/session.ts";

/** What jobs are prepared with. */
export interface SparkPrepareContext extends Omit<SettleContext, "partitions"> {
  readonly session: SparkSession;
  /** Of this machine: finds the columns of a file that stands for all, where each is a partition. */
  readonly connection: Connection;
  /** Where a copy of that file is put. */
  readonly tempFolder: string;
  /** Told which part of the reading begins, `from .. to` percent of all. */
  readonly onStep: (from: number, to: number) => void;
}
