// 10,000,000 rows x 4 features with 100,000 linear models, Parquet to Parquet: manyfit beside the join that one would
// write by hand, in turn, in one run. Usage: npm run build && node bench/predict-linear.mjs [--rows 10000000]
// [--models 100000] [--rounds 3]
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { linearRegression, predict, train } from "../dist/index.js";

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "10000000" },
    models: { type: "string", default: "100000" },
    rounds: { type: "string", default: "3" },
  },
});
const rows = Number(options.rows);
const models = Number(options.models);
const data = join(new URL(".", import.meta.url).pathname, "data");
const FEATURES = ["a", "b", "c", "d"];
const SCORE = `m.intercept + ${FEATURES.map((name, i) => `m.coefficients[${i + 1}] * s.${name}`).join(" + ")}`;

const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
const source = join(data, `predict-${rows}x${models}.parquet`);
if (!existsSync(source)) await writeSource();
const scratch = mkdtempSync(join(tmpdir(), "manyfit-bench-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
const folder = await trainModels();

/** @typedef {{ readonly clock: number, readonly processors: number }} Seconds */
/** @type {Record<"manyfit" | "join by hand, any order" | "join by hand, in order", Seconds[]>} */
const seconds = { manyfit: [], "join by hand, any order": [], "join by hand, in order": [] };
for (let round = 0; round < Number(options.rounds); round++) {
  seconds.manyfit.push(await timed(runManyfit));
  seconds["join by hand, any order"].push(await timed(() => joinByHand("any.parquet", "")));
  seconds["join by hand, in order"].push(
    await timed(() => joinByHand("ordered.parquet", "order by s.file_row_number")),
  );
}
await report();

async function writeSource() {
  mkdirSync(data, { recursive: true });
  await duckdb.run(`copy (
    select ((i % ${models}) * 387420489 + (i // ${models}) * 104729) % ${models} as key, sin(i) as a,
      cos(i * 1.7) * 10 as b, (hash(i) % 100003) / 1000.0 as c, (hash(i + 5) % 100003) / 1000.0 as d
    from range(${rows}) t(i)) to '${source}'`);
}

/** Models of a few rows each, with a target that the features do not explain to the last. */
async function trainModels() {
  const training = join(scratch, "training.parquet");
  await duckdb.run(`copy (
    select i % ${models} as key, sin(i) as a, cos(i * 1.7) * 10 as b, (hash(i) % 1009) / 10.0 as c,
      (hash(i + 5) % 1013) / 10.0 as d, 1 + 2 * a - 0.5 * b + 0.1 * c * (i % 7) - d + (hash(i + 7) % 1009) / 1009.0 as y
    from range(${models * 8}) t(i)) to '${training}'`);
  const run = await train({
    source: training,
    by: "key",
    trainer: linearRegression({ target: "y", features: FEATURES }),
    runs: scratch,
  });
  await run.close();
  return run.folder;
}

/**
 * On the clock, and of the processors: the second is what other work on the machine changes least.
 * @param {() => Promise<unknown>} work
 */
async function timed(work) {
  const [started, usage] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(usage);
  return { clock: (performance.now() - started) / 1000, processors: (user + system) / 1e6 };
}

function runManyfit() {
  return predict({ run: folder, source, out: join(scratch, "manyfit.parquet"), overwrite: true });
}

/**
 * @param {string} name
 * @param {string} order
 */
function joinByHand(name, order) {
  return duckdb.run(`copy (
    select s.* exclude (file_row_number), ${SCORE} as prediction
    from read_parquet('${source}', file_row_number = true) s left join '${folder}/models.parquet' m using (key)
    ${order}) to '${join(scratch, name)}' (format parquet, compression zstd)`);
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * The median of the rounds' ratios.
 * @param {readonly Seconds[]} times
 * @param {"clock" | "processors"} unit
 */
function ratioTo(times, unit) {
  return median(times.map((time, round) => (seconds.manyfit[round]?.[unit] ?? Number.NaN) / time[unit]));
}

async function report() {
  console.log(`${rows} rows x ${FEATURES.length} features, ${models} models, Node ${process.version}`);
  for (const [name, times] of Object.entries(seconds)) {
    const clock = times.map((time) => time.clock);
    console.log(
      `${name.padEnd(24)} ${Math.min(...clock).toFixed(2)} s min, ${median(clock).toFixed(2)} s median, ` +
        `${median(times.map((time) => time.processors)).toFixed(2)} s of processors; manyfit takes ` +
        `${ratioTo(times, "clock").toFixed(2)} times as long, ${ratioTo(times, "processors").toFixed(2)} of processors`,
    );
  }
  const result = await duckdb.runAndReadAll(`
    select count(*)::int, count(*) filter (where m.prediction is distinct from h.prediction or m.key <> h.key)::int
    from '${join(scratch, "manyfit.parquet")}' m positional join '${join(scratch, "ordered.parquet")}' h`);
  const [compared, differing] = /** @type {[number, number]} */ (result.getRows()[0]);
  console.log(
    `same answer, to the last bit and in the same order: ${compared - differing} of ${compared} rows`,
  );
  if (compared !== rows || differing !== 0) throw new Error("answers differ");
}
