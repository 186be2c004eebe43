// The same scikit-learn class on the same data: manyfit beside a pandas loop, joblib and Spark, in turn, in one run.
// Usage: npm run build && node bench/python.mjs --python <interpreter> [--jobs groups,files,forest] [--scale 1] [--rounds 3]
// [--workers 2]; `--scale 0.01` is a hundredth of the groups or files.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { filesSource } from "./files-source.mjs";
import { groupsSource } from "./groups-source.mjs";
import {
  checkOneDigest,
  hasModules,
  measure,
  measureTrain,
  median,
  printTimings,
  scratchFolder,
} from "./measure.mjs";

const { values: options } = parseArgs({
  options: {
    jobs: { type: "string", default: "groups,files,forest" },
    scale: { type: "string", default: "1" },
    rounds: { type: "string", default: "3" },
    workers: { type: "string", default: "2" },
    python: { type: "string", default: "python3" },
  },
});
const { python } = options;
const workers = Number(options.workers);

/** One thread of linear algebra in each process, for all alike. */
for (const name of ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]) process.env[name] = "1";
process.env["PYSPARK_PYTHON"] = process.env["PYSPARK_DRIVER_PYTHON"] = python;
process.env["PYTHONDONTWRITEBYTECODE"] = "1";

/**
 * What is fitted: `trainers` by what their contenders are called, the first of which is what rivals run.
 * @typedef {{ title: string, key: "key" | "file", rows: number, models: number, trainers: Readonly<Record<string, string>> }} Job
 */

const scaled = (/** @type {number} */ count) => Math.max(4, Math.round(count * Number(options.scale)));
const LINEAR = { pandas: "sklearn_linear.py", numpy: "sklearn_linear_numpy.py" };
/** @type {Readonly<Record<string, Job>>} */
const JOBS = {
  groups: {
    title: "LinearRegression by key",
    key: "key",
    models: scaled(10_000),
    rows: 100,
    trainers: LINEAR,
  },
  files: {
    title: "LinearRegression by file",
    key: "file",
    models: scaled(2_000),
    rows: 1_000,
    trainers: LINEAR,
  },
  forest: {
    title: "RandomForest of 100 trees by key",
    ...{ key: "key", models: scaled(500), rows: 500, trainers: { pandas: "sklearn_forest.py" } },
  },
};

if (!hasModules(python, ["joblib", "numpy", "pandas", "pyarrow", "sklearn"])) {
  throw new Error(`${python} lacks packages; make one that has all: see bench/README.md, Python`);
}
const hasSpark = findSpark();
const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
const scratch = scratchFolder();
for (const name of options.jobs.split(",")) {
  const job = JOBS[name];
  if (job === undefined) throw new Error(`--jobs names ${name}, allowed are ${Object.keys(JOBS).join(", ")}`);
  await runJob(name, job);
}

/** @typedef {import("./measure.mjs").Timing} Timing */

/**
 * @param {string} name
 * @param {Job} job
 */
async function runJob(name, job) {
  const source = await sourceOf(job, job.models, job.rows);
  /** As many keys as let each worker start, with next to nothing to fit. */
  const small = await sourceOf(job, 64, 10);
  const [first = "", ...others] = Object.values(job.trainers);
  const rivals = rivalsOf(first, others);
  /** @type {Record<string, Timing[]>} */
  const timings = {};
  /** @type {Record<string, Timing[]>} */
  const floors = {};
  const add = (
    /** @type {Record<string, Timing[]>} */ to,
    /** @type {string} */ of,
    /** @type {Timing} */ timing,
  ) => {
    to[of] = [...(to[of] ?? []), timing];
  };
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [kind, trainer] of Object.entries(job.trainers)) {
      add(timings, `manyfit, ${kind}`, whole(trainWith(job, source, trainer)));
      add(floors, `start, ${kind}`, trainWith(job, small, trainer));
      add(floors, `fit only, ${kind}`, runPython("fit_only.py", [source, trainerPath(trainer)]));
    }
    for (const [rival, { script, trainer, processes }] of Object.entries(rivals)) {
      const out = join(scratch, `${name}-${rival.replaceAll(/\W+/g, "-")}-${round}`);
      const timing = runPython(script, [source, out, trainerPath(trainer), String(processes)]);
      add(timings, rival, whole({ ...timing, folder: out }));
    }
  }
  console.log(
    `\n${job.title}: ${job.models} x ${job.rows} rows x 3 features, ${workers} workers, Node ${process.version}`,
  );
  printTimings(timings, job.models);
  for (const kind of Object.keys(job.trainers)) {
    checkOneDigest(timings[`manyfit, ${kind}`] ?? []);
    printOverhead(kind, timings[`manyfit, ${kind}`] ?? [], floors);
  }
  for (const rival of Object.keys(rivals)) checkSameModels(job, rival, rivals[rival]?.trainer ?? "", timings);
}

/**
 * A timing by the time of the whole process: who imports before the clock starts would have a second for nothing.
 * @param {Timing} timing
 */
function whole(timing) {
  return { ...timing, seconds: timing.wholeSeconds };
}

/**
 * What people run instead: the trainer of frames, and the one of arrays, where there is one, in the plain loop.
 * @param {string} first
 * @param {readonly string[]} others
 */
function rivalsOf(first, others) {
  /** @type {Record<string, { script: string, trainer: string, processes: number }>} */
  const rivals = {
    "pandas loop": { script: "groups_python.py", trainer: first, processes: 1 },
    [`joblib, ${workers} processes`]: { script: "groups_python.py", trainer: first, processes: workers },
  };
  for (const trainer of others)
    rivals["loop, arrays"] = { script: "groups_python.py", trainer, processes: 1 };
  if (hasSpark)
    rivals[`Spark local[${workers}]`] = { script: "groups_spark.py", trainer: first, processes: workers };
  return rivals;
}

/**
 * @param {Job} job
 * @param {number} models
 * @param {number} rows
 */
function sourceOf(job, models, rows) {
  return job.key === "file" ? filesSource(models, rows) : groupsSource(duckdb, models, rows);
}

/** @param {string} name */
function trainerPath(name) {
  return join(import.meta.dirname, "trainers", name);
}

/**
 * @param {Job} job
 * @param {string} source
 * @param {string} trainer
 */
function trainWith(job, source, trainer) {
  const partitioning = job.key === "file" ? { perFile: /** @type {const} */ (true) } : { by: "key" };
  const module = { module: trainerPath(trainer), params: {} };
  return measureTrain({ source, ...partitioning, trainer: module, python, runs: scratch, workers });
}

/**
 * @param {string} script
 * @param {readonly string[]} args
 */
function runPython(script, args) {
  return measure(python, [join(import.meta.dirname, "rivals", script), ...args]);
}

/**
 * What manyfit takes of the processors beyond calls of `fit` on frames that are ready, and joblib.dump, in one thread:
 * all of it, and without the start of its processes and their imports.
 * @param {string} kind
 * @param {readonly Timing[]} own
 * @param {Readonly<Record<string, readonly Timing[]>>} floors
 */
function printOverhead(kind, own, floors) {
  const start = median((floors[`start, ${kind}`] ?? []).map(({ cpuSeconds }) => cpuSeconds ?? Number.NaN));
  const fits = (floors[`fit only, ${kind}`] ?? []).map(({ seconds }) => seconds);
  const cpu = own.map(({ cpuSeconds }) => cpuSeconds ?? Number.NaN);
  const share = (/** @type {number} */ less) =>
    `${(100 * (median(cpu.map((seconds, round) => (seconds - less) / (fits[round] ?? Number.NaN))) - 1)).toFixed(1)} %`;
  console.log(
    `${kind}: processors ${median(cpu).toFixed(2)} s, of it ${start.toFixed(2)} s start; fits and dumps alone ` +
      `${median(fits).toFixed(2)} s; overhead ${share(0)}, without the start ${share(start)}`,
  );
}

/**
 * Throws unless a rival of the last round has the models that manyfit has, from the same trainer.
 * @param {Job} job
 * @param {string} rival
 * @param {string} trainer
 * @param {Readonly<Record<string, readonly Timing[]>>} timings
 */
function checkSameModels(job, rival, trainer, timings) {
  const kind = Object.keys(job.trainers).find((candidate) => job.trainers[candidate] === trainer);
  const own = timings[`manyfit, ${kind}`]?.at(-1);
  const models = join(own?.folder ?? "", "models.parquet");
  const args = [join(import.meta.dirname, "rivals", "same_models.py"), models, job.key];
  const found = execFileSync(python, [...args, timings[rival]?.at(-1)?.folder ?? ""], { encoding: "utf8" });
  const { models: count, files, difference } = JSON.parse(found);
  const said = difference === 0 ? "bit for bit" : `to ${difference.toExponential(1)}`;
  console.log(`${rival}: the models of manyfit, ${kind}: ${count}, ${said}`);
  // Spark's shuffle brings rows in another order, so that sums differ in their last bits.
  const isSame = rival.startsWith("Spark")
    ? job.title.includes("Forest") || difference < 1e-9
    : difference === 0;
  if (count !== job.models || files !== job.models || !isSame)
    throw new Error(`models differ from those of ${rival}`);
}

/** Whether Spark can be started; says so where it cannot. */
function findSpark() {
  if (!hasModules(python, ["pyspark"])) {
    console.log(`Spark left out: ${python} has no pyspark`);
    return false;
  }
  try {
    execFileSync("java", ["-version"], { stdio: "ignore" });
    return true;
  } catch {
    console.log("Spark left out: there is no java on the path");
    return false;
  }
}
