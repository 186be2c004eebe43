// One model per key on a Spark cluster: manyfit beside `groupBy().applyInPandas()`, in turn, on the same cluster, in one run.
// Usage: npm run build && node bench/spark.mjs --python <interpreter with pyspark> [--jobs 10000x1000,100000x100] [--rounds 3]
// [--server sc://host:port] [--without rival,pandas,numpy,ordered,pass]. Without --server it starts a cluster of two workers.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { linearRegression } from "../dist/index.js";
import { startSparkCluster } from "../scripts/spark-cluster.mjs";
import { groupsSource } from "./groups-source.mjs";
import { checkOneDigest, measure, measureTrain, printTimings, scratchFolder } from "./measure.mjs";

const { values: options } = parseArgs({
  options: {
    jobs: { type: "string", default: "10000x1000,100000x100" },
    rounds: { type: "string", default: "3" },
    python: { type: "string", default: "python3" },
    server: { type: "string" },
    without: { type: "string", default: "" },
  },
});
const { python } = options;
const without = new Set(options.without.split(","));

/** One thread of linear algebra in each process, for all alike. */
for (const name of ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]) process.env[name] = "1";

/** @typedef {import("./measure.mjs").Timing} Timing */

const LINEAR = linearRegression({ target: "y", features: ["x1", "x2", "x3"] });

const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
const scratch = scratchFolder();
const cluster = options.server === undefined ? await startSparkCluster(python) : null;
const server = cluster?.server ?? options.server ?? "";
try {
  for (const name of options.jobs.split(",")) await runJob(name);
} finally {
  await cluster?.close();
}

/** @param {string} name Such as `10000x1000`: keys, rows of each. */
async function runJob(name) {
  const [models = 0, rows = 0] = name.split("x").map(Number);
  const source = await groupsSource(duckdb, models, rows);
  /** @type {Record<string, Timing[]>} */
  const timings = {};
  const add = (/** @type {string} */ of, /** @type {Timing} */ timing) => {
    timings[of] = [...(timings[of] ?? []), whole(timing)];
  };
  // The first of a session's jobs finds executors without Python: nobody's.
  runRival(source, join(scratch, `${name}-warm`), "pass");
  for (let round = 0; round < Number(options.rounds); round++) {
    add("manyfit, built-in", trainOnSpark(source, LINEAR));
    if (!without.has("ordered"))
      add("manyfit, built-in, by x1", trainOnSpark(source, LINEAR, { orderBy: "x1" }));
    for (const kind of ["pandas", "numpy"]) {
      const file = kind === "pandas" ? "sklearn_linear.py" : "sklearn_linear_numpy.py";
      const module = { module: join(import.meta.dirname, "trainers", file), params: {} };
      if (!without.has(kind)) add(`manyfit, scikit-learn, ${kind}`, trainOnSpark(source, module));
    }
    const out = join(scratch, `${name}-rival-${round}`);
    if (!without.has("rival")) {
      add("applyInPandas, scikit-learn", { ...runRival(source, out, "fit"), folder: out });
    }
    if (!without.has("pass")) {
      add("mapInArrow, rows alone", { ...runRival(source, out, "pass"), models });
    }
  }
  console.log(`\n${models} keys x ${rows} rows x 3 features, Node ${process.version}, ${server}`);
  printTimings(timings, models);
  checkOneDigest(timings["manyfit, built-in"] ?? []);
  await checkModels(models, timings);
}

/**
 * @param {string} source
 * @param {string} out
 * @param {"fit" | "pass"} mode
 */
function runRival(source, out, mode) {
  return measure(python, [join(import.meta.dirname, "rivals/groups_connect.py"), server, source, out, mode]);
}

/**
 * @param {string} source
 * @param {object} trainer
 * @param {object} [more]
 */
function trainOnSpark(source, trainer, more = {}) {
  const job = { source, by: "key", trainer, python, runs: scratch, engine: { spark: server }, ...more };
  return measureTrain(/** @type {import("../dist/index.js").TrainOptions} */ (/** @type {unknown} */ (job)));
}

/**
 * A timing by the time of the whole process; processors are those of the cluster's and are not counted.
 * @param {Timing} timing
 * @returns {Timing}
 */
function whole(timing) {
  return { ...timing, seconds: timing.wholeSeconds, cpuSeconds: null };
}

/**
 * Throws unless all have every model, and the built-in estimator and the rival agree in coefficients.
 * @param {number} models
 * @param {Readonly<Record<string, readonly Timing[]>>} timings
 */
async function checkModels(models, timings) {
  for (const [name, runs] of Object.entries(timings)) {
    const wrong = runs.find((run) => run.models !== models);
    if (wrong !== undefined) throw new Error(`${name} has ${wrong.models} models of ${models}`);
  }
  const own = timings["manyfit, built-in"]?.at(-1)?.folder;
  const rival = timings["applyInPandas, scikit-learn"]?.at(-1)?.folder;
  if (own === undefined || rival === undefined) return;
  const apart = [1, 2, 3].map((i) => `abs(a.coefficients[${i}] - b.x${i}) / greatest(abs(b.x${i}), 1e-3)`);
  const reader = await duckdb.runAndReadAll(
    `select count(*)::integer, max(greatest(${apart.join(", ")})) from '${own}/models.parquet' a
      join '${rival}/*.parquet' b using (key)`,
  );
  const [count, difference] = /** @type {[number, number]} */ (reader.getRows()[0] ?? []);
  console.log(`the built-in's ${count} models are those of scikit-learn's to ${difference.toExponential(1)}`);
  if (count !== models || !(difference < 1e-8)) throw new Error("models differ from those of applyInPandas");
}
