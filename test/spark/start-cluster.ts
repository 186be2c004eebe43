import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { findPythonForTests, pythonEnvironment } from "../../scripts/python-environment.mjs";
import { type SparkCluster, startSparkCluster } from "../../scripts/spark-cluster.mjs";

/** What tests know of the cluster: its connection string, or why there is none. */
export type ClusterForTests =
  /** `pids` is empty where the cluster was there before. */
  { readonly server: string; readonly pids: SparkCluster["pids"] } | { readonly reason: string };

declare module "vitest" {
  interface ProvidedContext {
    sparkCluster: ClusterForTests;
  }
}

let cluster: SparkCluster | null = null;

/** One cluster for all tests of Spark, which are one project of the test runner. */
export async function setup(project: TestProject): Promise<void> {
  // For the inner loop: a cluster that is there already, which takes a minute to start.
  const running = process.env["MANYFIT_TEST_SPARK"];
  if (running !== undefined) {
    project.provide("sparkCluster", { server: running, pids: {} });
    return;
  }
  const python = findPythonForTests();
  if (python === null) {
    project.provide("sparkCluster", { reason: "there is no Python 3.11 or later" });
    return;
  }
  if (spawnSync("java", ["-version"]).status !== 0) {
    const how = "on Debian: apt-get install openjdk-17-jre-headless";
    project.provide("sparkCluster", { reason: `there is no Java on the path (${how})` });
    return;
  }
  const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
  cluster = await startSparkCluster(await pythonEnvironment(requirements, python));
  const { server, pids } = cluster;
  project.provide("sparkCluster", { server, pids });
}

/** Ends it. */
export async function teardown(): Promise<void> {
  await cluster?.close();
}
