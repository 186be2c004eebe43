import { test as base, inject, type TestContext } from "vitest";

/** What tests on the shared cluster start from. */
export interface SparkFixtures {
  /** Its connection string. */
  readonly server: string;
}

/** Tests on the cluster that all tests of Spark share; skipped, or failed on CI, where none could be started. */
export const test = base.extend<SparkFixtures>({
  server: async ({ skip }, use) => {
    await use(needCluster({ skip }));
  },
});

/**
 * The context of a test goes on where there is a cluster, and gives its connection string. Elsewhere the test is listed as
 * skipped, with the reason; on CI (`CI=true`) it fails, so that nobody takes it for passed.
 */
export function needCluster(context: Pick<TestContext, "skip">): string {
  const cluster = inject("sparkCluster");
  if ("server" in cluster) return cluster.server;
  if (process.env["CI"] === "true") throw new Error(cluster.reason);
  return context.skip(cluster.reason);
}
