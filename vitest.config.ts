import { defineConfig } from "vitest/config";

/** Tests named `*.slow.test.ts` start many runs or read big inputs; the inner loop leaves them out. */
const isQuick = process.env["MANYFIT_QUICK"] === "1";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: isQuick ? ["**/*.slow.test.ts", "node_modules/**"] : ["node_modules/**"],
    globalSetup: ["test/build-once.ts"],
    setupFiles: ["test/property-seed.ts"],
    pool: "forks",
    isolate: false,
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
