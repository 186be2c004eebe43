// What order, terms, store and commit cost of 1,000,000 partitions x 20 rows x 3 features: the same run with one of them
// taken out of a copy of dist/, in turn with the whole one. A copy that does not fit any more fails.
// Usage: node bench/property-costs.mjs [--partitions 1000000] [--rows 20] [--rounds 3] [--workers 2]
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { linearRegression } from "../dist/index.js";
import { COLUMNS, linearSource } from "./linear-source.mjs";
import { measure, median, printTimings, scratchFolder } from "./measure.mjs";

const { values: options } = parseArgs({
  options: {
    partitions: { type: "string", default: "1000000" },
    rows: { type: "string", default: "20" },
    rounds: { type: "string", default: "3" },
    workers: { type: "string", default: String(availableParallelism()) },
  },
});

/** @typedef {readonly [file: string, found: string, instead: string]} Change */

/**
 * What is taken out, by the name of what is left.
 * @type {Readonly<Record<string, readonly Change[]>>}
 */
const VARIANTS = {
  whole: [],
  "rows in any order": [
    ["source/stream-rows.js", '"r.position"', '"0::double as position"'],
    ["engine/local/exchange.js", "this.#copy(rows.rowCount, rows.position, this.#positionTargets);", ""],
    ["worker/cut-bucket.js", "orderRows(rows, position, { from, to }, scratch);", ";"],
  ],
  "no terms (p values, errors)": [
    [
      "estimator/linear-regression.js",
      'terms: hasIntercept ? ["(intercept)", ...features] : [...features]',
      "terms: []",
    ],
  ],
  "nothing is stored": [
    ["train.js", "await writer.append(item);", ""],
    ["train.js", "await commit(opened, writer, log, { inspection, hashing, signal });", "throw 0;"],
  ],
};

const scratch = scratchFolder();
const root = join(import.meta.dirname, "..");
const [by, target, ...features] = COLUMNS;
const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
const source = await linearSource(duckdb, Number(options.partitions), Number(options.rows));
duckdb.closeSync();

/** @typedef {import("./measure.mjs").Timing} Timing */
/** @type {Record<string, Timing[]>} */
const timings = {};
for (const [name, changes] of Object.entries(VARIANTS)) {
  changedCopy(name, changes);
  timings[name] = [];
}
for (let round = 0; round < Number(options.rounds); round++) {
  for (const [name, runs] of Object.entries(timings)) {
    const job = {
      source,
      by,
      trainer: linearRegression({ target, features }),
      runs: join(scratch, "runs"),
      workers: Number(options.workers),
    };
    runs.push(measure(process.execPath, [join(folderOf(name), "bench/timed-job.mjs"), JSON.stringify(job)]));
  }
}
printTimings(timings, Number(options.partitions));
for (const [name, runs] of Object.entries(timings)) {
  const phases = new Set(runs.flatMap(({ phaseMs }) => Object.keys(phaseMs ?? {})));
  const medians = [...phases].map(
    (phase) => `${phase} ${median(runs.map((run) => run.phaseMs?.[phase] ?? 0))}`,
  );
  console.log(`${name}: ${medians.join(", ")} ms`);
}

/** @param {string} name */
function folderOf(name) {
  return join(scratch, name.replace(/\W+/g, "-"));
}

/**
 * A copy of the built project in which some texts are replaced, each of which must be there once.
 * @param {string} name
 * @param {readonly Change[]} changes
 */
function changedCopy(name, changes) {
  const folder = folderOf(name);
  cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, "bench"));
  cpSync(join(root, "bench/timed-job.mjs"), join(folder, "bench/timed-job.mjs"));
  for (const [file, found, instead] of changes) {
    const path = join(folder, "dist", file);
    const parts = readFileSync(path, "utf8").split(found);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${found}`);
    writeFileSync(path, parts.join(instead));
  }
}
