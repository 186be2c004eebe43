// What it costs to run a trainer of one's own in processes, over pipes, beside a built-in estimator in threads, over
// shared memory: 100,000 partitions x 100 rows x 3 features from one unsorted Parquet file, in turn, in one run.
// Usage: npm run build && node bench/pipe-cost.mjs [--partitions 100000] [--rows 100] [--rounds 3] [--workers 2]
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { linearRegression } from "../dist/index.js";
import { bucketRowBytes } from "../dist/protocol/bucket.js";
import { COLUMNS, linearSource } from "./linear-source.mjs";
import { checkOneDigest, measureTrain, median, printTimings, scratchFolder } from "./measure.mjs";

const { values: options } = parseArgs({
  options: {
    partitions: { type: "string", default: "100000" },
    rows: { type: "string", default: "100" },
    rounds: { type: "string", default: "3" },
    workers: { type: "string", default: String(availableParallelism()) },
  },
});
const partitions = Number(options.partitions);
const rows = Number(options.rows);
/** How far coefficients may differ, in shares of their size, or of 1 where they are smaller. */
const TOLERANCE = 1e-9;

const [by, target, ...features] = COLUMNS;
const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
const source = await linearSource(duckdb, partitions, rows);
const runs = scratchFolder();

const moduleOf = (/** @type {string} */ name) => ({
  module: join(import.meta.dirname, "trainers", name),
  params: {},
});
const workers = Number(options.workers);
const contenders = {
  "built-in, threads": { trainer: linearRegression({ target, features }), workers },
  "constant, processes": { trainer: moduleOf("constant.ts"), workers },
  "least squares, processes": { trainer: moduleOf("least-squares.ts"), workers },
  // The same trainer without processes and pipes, on rows that DuckDB has sorted.
  "least squares, one thread": { trainer: moduleOf("least-squares.ts"), workers: 0 },
};

/** @typedef {import("./measure.mjs").Timing} Timing */
/** @type {Record<keyof typeof contenders, Timing[]>} */
const timings = {
  "built-in, threads": [],
  "constant, processes": [],
  "least squares, processes": [],
  "least squares, one thread": [],
};
const names = /** @type {(keyof typeof contenders)[]} */ (Object.keys(contenders));
for (let round = 0; round < Number(options.rounds); round++) {
  for (const name of names) timings[name].push(measureTrain({ source, by, runs, ...contenders[name] }));
}

console.log(
  `${partitions} partitions x ${rows} rows x 3 features, ${options.workers} workers, Node ${process.version}`,
);
printTimings(timings, partitions);
for (const name of names) console.log(`phases of ${name}, ms:`, JSON.stringify(timings[name][0]?.phaseMs));
checkOneDigest(timings["built-in, threads"]);
checkOneDigest(timings["constant, processes"]);
checkOneDigest([...timings["least squares, processes"], ...timings["least squares, one thread"]]);
printCost("constant, processes");
printCost("least squares, processes");
await checkSameAnswer();

/**
 * What a trainer in processes took more than the built-in in the same round, and what went over its pipes.
 * @param {keyof typeof contenders} name
 */
function printCost(name) {
  const bytes = bucketRowBytes(timings[name][0]?.readColumns ?? []) * rows * partitions;
  const more = (/** @type {(run: Timing | undefined) => number} */ secondsOf) =>
    median(
      timings[name].map((run, round) => secondsOf(run) - secondsOf(timings["built-in, threads"][round])),
    );
  const clock = more((run) => run?.seconds ?? Number.NaN);
  const processors = more((run) => run?.cpuSeconds ?? Number.NaN);
  const seconds = median(timings[name].map((run) => run.seconds));
  const perPartition = (/** @type {number} */ all) => `${((all / partitions) * 1e6).toFixed(1)} µs`;
  console.log(
    `${name}: ${clock.toFixed(2)} s more than the built-in on the clock, ${perPartition(clock)} per partition; ` +
      `${processors.toFixed(2)} s of processors, ${perPartition(processors)}; ` +
      `${(bytes / 1e6).toFixed(0)} MB of rows over the pipes, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s over the run`,
  );
}

/** Throws unless least squares by hand found what the built-in found, in every partition. */
async function checkSameAnswer() {
  const folderOf = (/** @type {keyof typeof contenders} */ name) => timings[name][0]?.folder;
  const differs = (/** @type {string} */ a, /** @type {string} */ b) =>
    `max(abs(${a} - ${b}) / greatest(1, abs(${b})))`;
  const result = await duckdb.runAndReadAll(`select count(*)::int, greatest(
      ${differs("(u.model->>'intercept')::double", "b.intercept")},
      ${features.map((_, i) => differs(`(u.model->'slopes'->>${i})::double`, `b.coefficients[${i + 1}]`)).join(", ")})
    from '${folderOf("least squares, processes")}/models.parquet' u
    join '${folderOf("built-in, threads")}/models.parquet' b using (key)`);
  const [count, difference] = /** @type {[number, number]} */ (result.getRows()[0]);
  console.log(`same answer in ${count} models, to ${difference.toExponential(1)}`);
  if (count !== partitions || !(difference < TOLERANCE)) throw new Error("answers differ");
}
