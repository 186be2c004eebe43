// 1,000,000 partitions x 20 rows x 3 features from one unsorted Parquet file: manyfit beside two rivals, in turn, in
// one run. Usage: npm run bench -- [--partitions 1000000] [--rows 20] [--rounds 3] [--workers 2] [--python python3]
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { linearRegression } from "../dist/index.js";
import { COLUMNS, linearSource } from "./linear-source.mjs";
import { checkOneDigest, hasRivals, measure, measureTrain, printTimings, scratchFolder } from "./measure.mjs";

const { values: options } = parseArgs({
  options: {
    partitions: { type: "string", default: "1000000" },
    rows: { type: "string", default: "20" },
    rounds: { type: "string", default: "3" },
    workers: { type: "string", default: String(availableParallelism()) },
    python: { type: "string", default: "python3" },
  },
});
const partitions = Number(options.partitions);
const rows = Number(options.rows);
/** How many of the groups the slow rival gets; its time is scaled up. */
const LOOP_SHARE = 50;

const [by, target, ...features] = COLUMNS;
const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
const source = await linearSource(duckdb, partitions, rows);
const scratch = scratchFolder();
const hasPython = hasRivals(options.python);
const sums = join(scratch, "sums.parquet");
const loop = join(scratch, "loop.parquet");

/** @typedef {import("./measure.mjs").Timing} Timing */
/** @type {Record<"manyfit" | "duckdb covar_pop + numpy" | "pandas + scikit-learn loop", Timing[]>} */
const timings = { manyfit: [], "duckdb covar_pop + numpy": [], "pandas + scikit-learn loop": [] };
for (let round = 0; round < Number(options.rounds); round++) {
  const trainer = linearRegression({ target, features });
  timings.manyfit.push(
    measureTrain({ source, by, trainer, runs: scratch, workers: Number(options.workers) }),
  );
  if (!hasPython) continue;
  timings["duckdb covar_pop + numpy"].push(runRival("duckdb_numpy.py", [`'${source}'`, sums]));
  if (round > 0) continue;
  const limit = String(Math.ceil(partitions / LOOP_SHARE));
  timings["pandas + scikit-learn loop"].push(runRival("pandas_sklearn.py", [source, loop, limit]));
}

console.log(
  `${partitions} partitions x ${rows} rows x 3 features, ${options.workers} workers, Node ${process.version}`,
);
printTimings(timings, partitions);
for (const { phaseMs } of timings.manyfit) console.log("manyfit's phases, ms:", JSON.stringify(phaseMs));
checkOneDigest(timings.manyfit);
if (hasPython) for (const out of [sums, loop]) await checkSameAnswer(String(timings.manyfit[0]?.folder), out);

/**
 * @param {string} script
 * @param {readonly string[]} args
 */
function runRival(script, args) {
  return measure(options.python, [join(import.meta.dirname, "rivals", script), ...args, ...COLUMNS]);
}

/**
 * Throws unless both found the same coefficients: to 1e-6, which is what sums without refinement reach here.
 * @param {string} folder
 * @param {string} out
 */
async function checkSameAnswer(folder, out) {
  const differs = (/** @type {string} */ a, /** @type {string} */ b) =>
    `max(abs(${a} - ${b}) / greatest(1, abs(${b})))`;
  const result = await duckdb.runAndReadAll(`select count(*)::int, ${differs("m.intercept", "r.intercept")},
    greatest(${features.map((f, i) => differs(`m.coefficients[${i + 1}]`, `r.b_${f}`)).join(", ")})
    from '${folder}/models.parquet' m join '${out}' r using (key)`);
  const [count, intercept, slope] = /** @type {[number, number, number]} */ (result.getRows()[0]);
  console.log(
    `same answer in ${count} models: intercepts differ by ${intercept.toExponential(1)}, slopes by ${slope.toExponential(1)}`,
  );
  if (!(intercept < 1e-6 && slope < 1e-6)) throw new Error("answers differ");
}
