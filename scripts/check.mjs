import { installIfNeeded } from "./install.mjs";
import { runStep, STEPS } from "./step.mjs";

/** Types, lint and the quick tests: what to run after every change, in well under a minute. */
async function check() {
  await installIfNeeded();
  // First, because scripts of tests and benchmarks are typed against what is built.
  const build = await runStep("build", STEPS.build);
  if (!build.isOk) return false;
  const [types, lint] = await Promise.all([runStep("types", STEPS.types), runStep("lint", STEPS.lint)]);
  if (!types.isOk || !lint.isOk) return false;
  const tests = await runStep("tests", {
    args: ["node_modules/vitest/vitest.mjs", "run"],
    env: { MANYFIT_QUICK: "1" },
    isLive: true,
  });
  return tests.isOk;
}

const startedAt = performance.now();
const isOk = await check().catch((error) => {
  console.log(error.message);
  return false;
});
console.log(
  `check ${isOk ? "passed" : "failed"} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
);
process.exitCode = isOk ? 0 : 1;
