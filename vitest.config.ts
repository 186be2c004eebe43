import { defineConfig } from "vitest/config";

/** Tests named `*.slow.test.ts` start many runs or read big inputs; the inner loop leaves them out. */
const isQuick = process.env["MANYFIT_QUICK"] === "1";

/** What a Python child does alone does not depend on Node: CI tests it once, with the first of its two. */
const childTests = process.env["MANYFIT_TEST_CHILD"] === "0" ? ["test/python/**"] : [];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["node_modules/**", ...(isQuick ? ["**/*.slow.test.ts"] : []), ...childTests],
    globalSetup: ["test/build-once.ts"],
    setupFiles: ["test/property-seed.ts"],
    pool: "forks",
    isolate: false,
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
