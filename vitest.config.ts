import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests named `*.slow.test.ts` start many runs or read big inputs; the inner loop leaves them out. */
const isQuick = process.env["MANYFIT_QUICK"] === "1";

/**
 * What a Python child does, and what Spark does, does not depend on Node, nor do pages, scripts and stored files. CI runs
 * everything with the first of its two Nodes; with the second what quick tests show, and the slow ones of what Node does itself:
 * threads, processes, pipes, files, bundles.
 */
const isSecondNode = process.env["MANYFIT_TEST_SECOND_NODE"] === "1";
const OF_NODE = [
  "test/{bundle,package,pool,protocol,trainer,user-module,worker}/**/*.slow.test.ts",
  "test/train/{digest,kill}.slow.test.ts",
  "test/cli/{train,per-file}.slow.test.ts",
];
const QUICK = "test/**/!(*.slow).test.ts";

const SPARK_TESTS = "test/spark/**/*.slow.test.ts";

/** Those that take minutes, much of it in waiting: begun last, each would hold up the end alone. */
const LONGEST = [
  "test/spark/faults.slow.test.ts",
  "test/train/python-misbehaving.slow.test.ts",
  "test/spark/train.slow.test.ts",
  "test/spark/prepare-keys.slow.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((path) => moduleId.endsWith(path));
      return place < 0 ? LONGEST.length : place;
    };
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

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
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...everywhere,
          name: "manyfit",
          include: isSecondNode ? [QUICK, ...OF_NODE] : ["test/**/*.test.ts"],
          exclude: [isQuick ? "**/*.slow.test.ts" : SPARK_TESTS, "node_modules/**"],
        },
      },
      // Tests that share one Spark cluster, which is started for them.
      ...(isQuick || isSecondNode
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
