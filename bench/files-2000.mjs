// 2,000 gzip CSV files x 1,000 rows x 3 features, one model per file: manyfit beside three rivals, in turn, in one run.
// Usage: npm run build && node bench/files-2000.mjs [--files 2000] [--rows 1000] [--rounds 3] [--workers 2]
// [--python python3]
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { linearRegression } from "../dist/index.js";
import { filesSource } from "./files-source.mjs";
import { checkOneDigest, hasRivals, measure, measureTrain, printTimings, scratchFolder } from "./measure.mjs";

const { values: options } = parseArgs({
  options: {
    files: { type: "string", default: "2000" },
    rows: { type: "string", default: "1000" },
    rounds: { type: "string", default: "3" },
    workers: { type: "string", default: String(availableParallelism()) },
    python: { type: "string", default: "python3" },
  },
});
const files = Number(options.files);
const rows = Number(options.rows);
const target = "y";
const features = ["x1", "x2", "x3"];
/** How far coefficients may differ, in shares of their size, or of 1 where they are smaller. */
const TOLERANCE = 1e-9;

const source = filesSource(files, rows);
const scratch = scratchFolder();
const hasPython = hasRivals(options.python);

/** @type {Record<string, readonly string[]>} */
const rivals = {
  "duckdb covar_pop + numpy": [
    "duckdb_numpy.py",
    `read_csv('${source}/*.csv.gz', filename = true)`,
    join(scratch, "sums.parquet"),
    "filename",
  ],
  "pandas + scikit-learn loop": ["files_sklearn.py", source, join(scratch, "loop.parquet"), "1"],
  "the same, joblib 2 processes": ["files_sklearn.py", source, join(scratch, "joblib.parquet"), "2"],
};

/** @typedef {import("./measure.mjs").Timing} Timing */
/** @type {Record<string, Timing[]>} */
const timings = { manyfit: [], ...Object.fromEntries(Object.keys(rivals).map((name) => [name, []])) };
for (let round = 0; round < Number(options.rounds); round++) {
  const trainer = linearRegression({ target, features });
  const workers = Number(options.workers);
  timings["manyfit"]?.push(measureTrain({ source, perFile: true, trainer, runs: scratch, workers }));
  if (!hasPython) continue;
  for (const [name, [script = "", ...args]] of Object.entries(rivals)) {
    const path = join(import.meta.dirname, "rivals", script);
    timings[name]?.push(measure(options.python, [path, ...args, target, ...features]));
  }
}

const own = timings["manyfit"] ?? [];
console.log(
  `${files} gzip CSV files x ${rows} rows x 3 features, ${options.workers} workers, Node ${process.version}`,
);
printTimings(timings, files);
for (const { phaseMs } of own) console.log("manyfit's phases, ms:", JSON.stringify(phaseMs));
checkOneDigest(own);
const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
if (hasPython) {
  for (const [name, args] of Object.entries(rivals)) await checkSameAnswer(name, String(args[2]));
}

/**
 * Throws unless a rival found the same coefficients in every file.
 * @param {string} name
 * @param {string} out
 */
async function checkSameAnswer(name, out) {
  const key = name.startsWith("duckdb") ? "parse_filename(r.filename)" : "r.file";
  const differs = (/** @type {string} */ a, /** @type {string} */ b) =>
    `max(abs(${a} - ${b}) / greatest(1, abs(${b})))`;
  const result = await duckdb.runAndReadAll(`select count(*)::int, greatest(
      ${differs("m.intercept", "r.intercept")},
      ${features.map((f, i) => differs(`m.coefficients[${i + 1}]`, `r.b_${f}`)).join(", ")})
    from '${own[0]?.folder}/models.parquet' m join '${out}' r on m.file = ${key}`);
  const [count, difference] = /** @type {[number, number]} */ (result.getRows()[0]);
  console.log(`${name}: same answer in ${count} models, to ${difference.toExponential(1)}`);
  if (count !== files || !(difference < TOLERANCE)) throw new Error(`answers differ from those of ${name}`);
}
