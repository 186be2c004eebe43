// 1,000,000 partitions x 20 rows x 3 features from one unsorted Parquet file: manyfit beside two rivals, in turn, in
// one run. Usage: npm run bench -- [--partitions 1000000] [--rows 20] [--rounds 3] [--workers 2] [--python python3]
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";

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
const here = new URL(".", import.meta.url).pathname;
const COLUMNS = ["key", "y", "a", "b", "c"];
/** How many of the groups the slow rival gets; its time is scaled up. */
const LOOP_SHARE = 50;

const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
const source = join(here, "data", `linear-${partitions}x${rows}.parquet`);
if (!existsSync(source)) await writeSource();
const scratch = mkdtempSync(join(tmpdir(), "manyfit-bench-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));

const hasPython = hasRivals();
if (!hasPython) {
  console.log(
    `rivals left out: ${options.python} lacks what bench/rivals/requirements.txt names; see bench/README.md`,
  );
}

/**
 * @typedef {{ models: number, seconds: number, peak_mb: number, out?: string, folder?: string, digest?: string,
 *   phaseMs?: Record<string, number> }} Timing
 */

/** @type {Record<"manyfit" | "duckdb covar_pop + numpy" | "pandas + scikit-learn loop", Timing[]>} */
const timings = { manyfit: [], "duckdb covar_pop + numpy": [], "pandas + scikit-learn loop": [] };
for (let round = 0; round < Number(options.rounds); round++) {
  timings.manyfit.push(runNode());
  if (!hasPython) continue;
  timings["duckdb covar_pop + numpy"].push(runPython("duckdb_numpy.py", join(scratch, "sums.parquet"), []));
  if (round > 0) continue;
  const limit = String(Math.ceil(partitions / LOOP_SHARE));
  timings["pandas + scikit-learn loop"].push(
    runPython("pandas_sklearn.py", join(scratch, "loop.parquet"), [limit]),
  );
}
await report();

async function writeSource() {
  mkdirSync(join(here, "data"), { recursive: true });
  // Every round of `partitions` rows visits all keys, each round in another scrambled order.
  await duckdb.run(`copy (
    select ((i % ${partitions}) * 387420489 + (i // ${partitions}) * 104729) % ${partitions} as key,
      1000 + sin(i) as a, cos(i * 1.7) * 10 as b, (hash(i) % 100003) / 1000.0 as c,
      2 * sin(i) - 0.5 * cos(i * 1.7) * 10 + 0.1 * ((hash(i) % 100003) / 1000.0) + (hash(i + 7) % 1009) / 1009.0 as y
    from range(${partitions * rows}) t(i)) to '${source}'`);
}

function hasRivals() {
  try {
    execFileSync(options.python, ["-c", "import duckdb, numpy, pandas, pyarrow, sklearn"], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

/** @returns {Timing} */
function runNode() {
  const args = [join(here, "train-once.mjs"), source, scratch, options.workers, ...COLUMNS];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

/**
 * @param {string} script
 * @param {string} out
 * @param {readonly string[]} extra
 * @returns {Timing}
 */
function runPython(script, out, extra) {
  const args = [join(here, "rivals", script), source, out, ...extra, ...COLUMNS];
  return { ...JSON.parse(execFileSync(options.python, args, { encoding: "utf8" })), out };
}

/** @param {readonly number[]} numbers in ascending order */
function median(numbers) {
  return numbers[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/**
 * Seconds per model against those of manyfit in the same round.
 * @param {Timing} run
 * @param {number} round
 */
function ratioOf(run, round) {
  const own = timings.manyfit[round];
  return own === undefined ? Number.NaN : (run.seconds / run.models) * (own.models / own.seconds);
}

async function report() {
  console.log(
    `${partitions} partitions x ${rows} rows x 3 features, ${options.workers} workers, Node ${process.version}`,
  );
  for (const [name, runs] of Object.entries(timings)) {
    const first = runs[0];
    if (first === undefined) continue;
    const seconds = runs.map((run) => (run.seconds * partitions) / run.models).sort((a, b) => a - b);
    const ratio = median(runs.map(ratioOf).sort((a, b) => a - b));
    const scaled = first.models < partitions / 2 ? ` (measured on ${first.models} models, scaled)` : "";
    console.log(
      `${name.padEnd(28)} ${seconds[0]?.toFixed(1)} s min, ${median(seconds).toFixed(1)} s median, ` +
        `${Math.round(partitions / median(seconds))} models/s, ${Math.round(first.peak_mb)} MB peak, ` +
        `${ratio.toFixed(2)} x manyfit's time${scaled}`,
    );
  }
  for (const { phaseMs } of timings.manyfit) console.log("manyfit's phases, ms:", JSON.stringify(phaseMs));
  const digests = new Set(timings.manyfit.map((run) => run.digest));
  if (digests.size !== 1) throw new Error(`digests differ between runs: ${[...digests].join(", ")}`);
  for (const name of /** @type {const} */ (["duckdb covar_pop + numpy", "pandas + scikit-learn loop"])) {
    const out = timings[name][0]?.out;
    if (out) await checkSameAnswer(String(timings.manyfit[0]?.folder), out);
  }
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
    greatest(${["a", "b", "c"].map((f, i) => differs(`m.coefficients[${i + 1}]`, `r.b_${f}`)).join(", ")})
    from '${folder}/models.parquet' m join '${out}' r using (key)`);
  const [count, intercept, slope] = /** @type {[number, number, number]} */ (result.getRows()[0]);
  console.log(
    `same answer in ${count} models: intercepts differ by ${intercept.toExponential(1)}, slopes by ${slope.toExponential(1)}`,
  );
  if (!(intercept < 1e-6 && slope < 1e-6)) throw new Error("answers differ");
}
