import { defineConfig } from "vitest/config";

/** Tests named `*.slow.test.ts` start many runs or read big inputs; the inner loop leaves them out. */
const isQuick = process.env["MANYFIT_QUICK"] === "1";

/**
 * What a Python child does, and what Spark does, does not depend on Node, nor do pages and scripts: CI tests them once, with the
 * first of its two.
 */
const isChildTested = process.env["MANYFIT_TEST_CHILD"] !== "0";
const childTests = isChildTested
  ? []
  : [
      "test/python/**",
      "test/**/*{python,sklearn}*.slow.test.ts",
      "test/{docs,examples,scripts}/**/*.slow.test.ts",
    ];

const SPARK_TESTS = "test/spark/**/*.slow.test.ts";

const everywhere = {
  setupFiles: ["test/property-seed.ts"],
  isolate: false,
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    globalSetup: ["test/build-once.ts"],
    pool: "forks",
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...everywhere,
          name: "manyfit",
          include: ["test/**/*.test.ts"],
          exclude: [isQuick ? "**/*.slow.test.ts" : SPARK_TESTS, "node_modules/**", ...childTests],
        },
      },
      // Tests that share one Spark cluster, which is started for them.
      ...(isQuick || !isChildTested
        ? []
        : [
            {
              test: {
                ...everywhere,
                name: "spark",
                include: [SPARK_TESTS],
                globalSetup: ["test/spark/start-cluster.ts"],
              },
            },
          ]),
    ],
  },
});
