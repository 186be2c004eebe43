import { create } from "@bufbuild/protobuf";
import { RelationSchema } from "#spark-connect/relations";
import type { SparkSession } from "./connect/session.ts";

/** A relation of which nothing is said but its rows, so that Spark divides it as it does by default. */
const RANGE = create(RelationSchema, {
  common: { planId: 0n },
  relType: { case: "range", value: { start: 0n, end: 1n, step: 1n } },
});

/**
 * Tasks that a cluster can run at a time, as far as it knows: `spark.default.parallelism`, which is the number of all cores of
 * executors where nobody set it (with dynamic allocation, of those that are there now). Nothing is run for it: it stands in the
 * plan of a range.
 */
export async function clusterCores(session: SparkSession, signal: AbortSignal): Promise<number> {
  const plan = await session.explain(RANGE, signal);
  const cores = Number(/splits=(?:Some\()?(\d+)/.exec(plan)?.[1]);
  return Number.isInteger(cores) && cores > 0 ? cores : 1;
}
