// Runs the tests of Spark against another version than the one that all tests use, on a cluster of its own.
// Usage: npm run build && node scripts/test-spark.mjs <version, such as 4.0.1> [test files]
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSparkCluster } from "./spark-cluster.mjs";

const PROJECT = join(import.meta.dirname, "..");
/** Faults starts a cluster by itself, of the version that all tests use. */
const TESTS = ["train", "two-files", "fit-on-spark", "prepare-keys", "relations", "pickle-function"];

const [version = "", ...files] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`version is ${version}, such as 4.0.1 is needed`);
const isOld = version.startsWith("3.");
const folder = join(PROJECT, ".cache", `spark-${version}`);
const python = join(folder, "bin", "python");
if (!existsSync(join(folder, "whole"))) makeEnvironment();
const cluster = await startSparkCluster(python, { jars: isOld ? [await connectJar()] : [] });
try {
  const tests = files.length > 0 ? files : TESTS.map((name) => `test/spark/${name}.slow.test.ts`);
  run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--project", "spark", ...tests], {
    MANYFIT_TEST_SPARK: cluster.server,
  });
} finally {
  await cluster.close();
}

function makeEnvironment() {
  mkdirSync(folder, { recursive: true });
  run("python3", ["-m", "venv", folder]);
  // Older versions know neither pandas 3 nor, before 4, numpy 2; those without distutils find it in setuptools.
  const ofTheirTime = isOld ? ["numpy<2", "pyarrow<20"] : ["numpy", "pyarrow"];
  const packages = [`pyspark[connect]==${version}`, "pandas<3", ...ofTheirTime, "setuptools<81"];
  run(python, ["-m", "pip", "install", "--quiet", ...packages, "scikit-learn", "joblib"]);
  writeFileSync(join(folder, "whole"), "");
}

/** Spark Connect's server, which Spark has from 4.0 by itself. */
async function connectJar() {
  const name = `spark-connect_2.12-${version}.jar`;
  const path = join(folder, name);
  if (existsSync(path)) return path;
  const url = `https://repo1.maven.org/maven2/org/apache/spark/spark-connect_2.12/${version}/${name}`;
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  writeFileSync(path, Buffer.from(await answer.arrayBuffer()));
  return path;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} [env]
 */
function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, {
    cwd: PROJECT,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (status !== 0) {
    process.exitCode = 1;
    throw new Error(`${command} ${args[0]} ended with ${status}`);
  }
}
