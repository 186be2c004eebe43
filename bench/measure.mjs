import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * What a script that is measured prints as its only line, in JSON.
 * @typedef {{ models: number, seconds: number, peak_mb: number, folder?: string, digest?: string,
 *   phaseMs?: Record<string, number>, readColumns?: readonly import("../dist/table/read-column.js").ReadColumn[] }} Report
 */

/**
 * The report; the time of the whole process, its start and imports included; and the processor time of it and all that it
 * started, which another load on the machine changes least: null where it is not Linux.
 * @typedef {Report & { wholeSeconds: number, cpuSeconds: number | null }} Timing
 */

const PROCESS_STATE = "/proc/self/stat";
/** Linux counts in hundredths of seconds, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;

/** A folder for what is measured, removed at the end of this process. */
export function scratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), "manyfit-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Runs a script in a process of its own.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Timing}
 */
export function measure(command, args) {
  const before = childSeconds();
  const startedAt = performance.now();
  const report = JSON.parse(execFileSync(command, args, { encoding: "utf8" }));
  const wholeSeconds = (performance.now() - startedAt) / 1000;
  const after = childSeconds();
  return { ...report, wholeSeconds, cpuSeconds: before === null || after === null ? null : after - before };
}

/** Processor time of all processes that this one has waited for, and that they have waited for. */
function childSeconds() {
  if (!existsSync(PROCESS_STATE)) return null;
  // The name of the program, in brackets, may hold spaces; times of children are the 16th and 17th field, from 1.
  const fields = readFileSync(PROCESS_STATE, "utf8").replace(/^.*\)/s, "").trim().split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

/**
 * One run of manyfit in a process of its own.
 * @param {import("../dist/index.js").TrainOptions} options
 */
export function measureTrain(options) {
  return measure(process.execPath, [join(import.meta.dirname, "train-job.mjs"), JSON.stringify(options)]);
}

/**
 * Whether Python has what the rivals import; says so where it has not.
 * @param {string} python
 */
export function hasRivals(python) {
  if (hasModules(python, ["duckdb", "joblib", "numpy", "pandas", "pyarrow", "sklearn"])) return true;
  console.log(
    `rivals left out: ${python} lacks what bench/rivals/requirements.txt names; see bench/README.md`,
  );
  return false;
}

/**
 * Whether Python can import all of these.
 * @param {string} python
 * @param {readonly string[]} modules
 */
export function hasModules(python, modules) {
  try {
    execFileSync(python, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * Prints a line per contender: seconds for `models` models on the clock and of processors, and how many times as long
 * as the first contender it took in the same round.
 * @param {Readonly<Record<string, readonly Timing[]>>} timings
 * @param {number} models
 */
export function printTimings(timings, models) {
  const secondsOf = (/** @type {Timing} */ run) => (run.seconds * models) / run.models;
  const own = Object.values(timings)[0] ?? [];
  for (const [name, runs] of Object.entries(timings)) {
    const [first] = runs;
    if (first === undefined) continue;
    const seconds = runs.map(secondsOf);
    const ratio = median(runs.flatMap((run, round) => secondsOf(run) / secondsOf(own[round] ?? run)));
    const isScaled = first.models < models / 2;
    const cpu = median(runs.map((run) => run.cpuSeconds ?? Number.NaN));
    // Starting a process and its imports does not scale.
    const processors = isScaled || Number.isNaN(cpu) ? "" : `${cpu.toFixed(1)} s of processors, `;
    console.log(
      `${name.padEnd(28)} ${Math.min(...seconds).toFixed(2)} s min, ${median(seconds).toFixed(2)} s median, ` +
        `${processors}${Math.round(models / median(seconds))} models/s, ${Math.round(first.peak_mb)} MB peak, ` +
        `${ratio.toFixed(2)} x the time of ${Object.keys(timings)[0]}` +
        (isScaled ? ` (measured on ${first.models} models, scaled)` : ""),
    );
  }
}

/**
 * Throws unless all runs have one digest.
 * @param {readonly Timing[]} runs
 */
export function checkOneDigest(runs) {
  const digests = new Set(runs.map((run) => run.digest));
  if (digests.size !== 1) throw new Error(`digests differ between runs: ${[...digests].join(", ")}`);
}

/**
 * The middle one, or the lower of the middle two.
 * @param {readonly number[]} numbers
 */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
