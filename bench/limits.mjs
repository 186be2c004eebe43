// Runs at the limits of what fits into memory, each in a process of its own whose whole tree is watched: very many keys,
// rows in no order that are more than the memory for them, very many files, and one partition, or one file, of very
// many rows beside small ones. Prints peak, time and counts, and fails where the peak is above the budget or a ledger is
// not exact. Usage: node bench/limits.mjs [--memory 4GB] [--only keys,spread,files,large,file] [--keys 10000000] [--rows 3]
//   [--spread 60000000] [--files 100000] [--large 50000000] [--small 100000] [--workers 2]
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { linearRegression } from "../dist/index.js";
import { bytesFrom } from "../dist/policy-options.js";
import { scratchFolder } from "./measure.mjs";

const { values: told } = parseArgs({
  options: {
    memory: { type: "string", default: "4GB" },
    only: { type: "string", default: "keys,spread,files,large,file" },
    keys: { type: "string", default: "10000000" },
    rows: { type: "string", default: "3" },
    spread: { type: "string", default: "60000000" },
    files: { type: "string", default: "100000" },
    large: { type: "string", default: "50000000" },
    small: { type: "string", default: "100000" },
    workers: { type: "string", default: String(availableParallelism()) },
  },
});
const { keys, rows, spread, files, large, small } = told;
const budget = bytesFrom("memory", told.memory);
const POLL_MS = 50;
/** Rows of a small partition beside the large one, and of a small file. */
const SMALL_ROWS = 10;
/** Rows of a partition among those that are spread over the source. */
const SPREAD_ROWS = 500;

const scratch = scratchFolder();
const duckdb = await (
  await DuckDBInstance.create(":memory:", { memory_limit: "1GB", temp_directory: join(scratch, "duckdb") })
).connect();

/**
 * A source, and what its ledger has to say.
 * @typedef {{ source: string, partitioning: object, partitions: number, rows: number }} Limit
 */

/** @type {Record<string, () => Promise<Limit>>} */
const LIMITS = {
  keys: async () => {
    const source = join(scratch, "keys.parquet");
    await writeRows(source, `((i * 7919) % ${keys})`, Number(keys) * Number(rows));
    return {
      source,
      partitioning: { by: "key" },
      partitions: Number(keys),
      rows: Number(keys) * Number(rows),
    };
  },
  spread: async () => {
    const source = join(scratch, "spread.parquet");
    const partitions = Math.ceil(Number(spread) / SPREAD_ROWS);
    await writeRows(source, `((i * 7919) % ${partitions})`, partitions * SPREAD_ROWS);
    return { source, partitioning: { by: "key" }, partitions, rows: partitions * SPREAD_ROWS };
  },
  files: async () => {
    const source = join(scratch, "files");
    writeSmallFiles(source, Number(files));
    return {
      source,
      partitioning: { perFile: true },
      partitions: Number(files),
      rows: Number(files) * SMALL_ROWS,
    };
  },
  large: async () => {
    const source = join(scratch, "large.parquet");
    const count = Number(large) + Number(small) * SMALL_ROWS;
    // Rows of the large partition stand between those of all others.
    const every = Math.max(2, Math.floor(count / (Number(small) * SMALL_ROWS)));
    const key = `case when i % ${every} = 0 and i < ${every * Number(small) * SMALL_ROWS} then 1 + (i // ${every}) % ${small} else 0 end`;
    await writeRows(source, key, count);
    return { source, partitioning: { by: "key" }, partitions: Number(small) + 1, rows: count };
  },
  file: async () => {
    const source = join(scratch, "file");
    const smallFiles = Math.ceil(Number(files) / 100);
    writeSmallFiles(source, smallFiles);
    await duckdb.run(`copy (select sin(i) as x, 2 * sin(i) + (hash(i) % 1009) / 1009.0 as y from range(${large}) t(i))
      to '${join(source, "large.csv")}'`);
    return {
      source,
      partitioning: { perFile: true },
      partitions: smallFiles + 1,
      rows: Number(large) + smallFiles * SMALL_ROWS,
    };
  },
};

let isWithin = true;
for (const name of String(told.only).split(",")) {
  const makeLimit = LIMITS[name];
  if (makeLimit === undefined)
    throw new Error(`no limit is called ${name}; there are ${Object.keys(LIMITS).join(", ")}`);
  const limit = await makeLimit();
  const { peak, seconds, report } = await watch(limit);
  const problem = report === null ? "it failed" : await ledgerProblem(report.folder, limit);
  const isOver = peak > budget;
  isWithin &&= problem === null && !isOver;
  console.log(
    JSON.stringify({
      limit: name,
      partitions: limit.partitions,
      rows: limit.rows,
      peakMb: Math.round(peak / 1e6),
      budgetMb: Math.round(budget / 1e6),
      seconds: Math.round(seconds * 10) / 10,
      phaseMs: report?.phaseMs,
      problem: problem ?? (isOver ? "its peak is above the budget" : null),
    }),
  );
  rmSync(limit.source, { recursive: true, force: true });
  if (report !== null) rmSync(report.folder, { recursive: true, force: true });
}
process.exitCode = isWithin ? 0 : 1;

/**
 * Rows of a key, one feature and a target that depends on it.
 * @param {string} path
 * @param {string} key
 * @param {number} count
 */
async function writeRows(path, key, count) {
  await duckdb.run(`copy (select ${key} as key, sin(i) as x, 2 * sin(i) + (hash(i) % 1009) / 1009.0 as y
    from range(${count}) t(i)) to '${path}'`);
}

/**
 * CSV files of a few rows, 1,000 in a folder.
 * @param {string} source
 * @param {number} count
 */
function writeSmallFiles(source, count) {
  for (let file = 0; file < count; file++) {
    const folder = join(source, String(Math.floor(file / 1000)));
    if (file % 1000 === 0) mkdirSync(folder, { recursive: true });
    const lines = Array.from({ length: SMALL_ROWS }, (_, i) => `${i},${(i * 3 + (file % 7)) / 10}`);
    writeFileSync(join(folder, `sensor-${file}.csv`), `x,y\n${lines.join("\n")}\n`);
  }
}

/**
 * Trains in a process of its own, and watches what it and all its children have in memory.
 * @param {Limit} limit
 * @returns {Promise<{ peak: number, seconds: number, report: { folder: string, phaseMs: object } | null }>}
 */
async function watch({ source, partitioning }) {
  const options = {
    source,
    ...partitioning,
    trainer: linearRegression({ target: "y", features: ["x"] }),
    runs: join(scratch, "runs"),
    workers: Number(told.workers),
    memory: told.memory,
  };
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "train-job.mjs"), JSON.stringify(options)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let text = "";
  child.stdout.on("data", (piece) => (text += piece));
  /** @type {Promise<number | null>} */
  const exited = new Promise((done) => child.once("close", done));
  let isRunning = true;
  exited.then(() => (isRunning = false));
  let peak = 0;
  while (isRunning) {
    peak = Math.max(peak, treeBytes(Number(child.pid)));
    await Promise.race([exited, pause(POLL_MS)]);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return { peak, seconds, report: (await exited) === 0 ? JSON.parse(text) : null };
}

/**
 * Resident bytes of a process and all that it started.
 * @param {number} root
 */
function treeBytes(root) {
  const processes = process.platform === "linux" ? fromProc() : fromPs();
  let bytes = 0;
  for (const [pid, found] of processes) {
    let at = pid;
    while (at !== root && processes.has(at)) at = processes.get(at)?.parent ?? 0;
    if (at === root) bytes += found.bytes;
  }
  return bytes;
}

/** @typedef {ReadonlyMap<number, { readonly parent: number, readonly bytes: number }>} Processes */

/** @returns {Processes} */
function fromProc() {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  // One that ended since is none: without a number it would be its own parent.
  const statuses = pids.map((pid) => readText(`/proc/${pid}/status`)).filter((status) => status !== "");
  const fieldOf = (/** @type {string} */ status, /** @type {string} */ name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  return new Map(
    statuses.map((status) => [
      fieldOf(status, "Pid"),
      { parent: fieldOf(status, "PPid"), bytes: fieldOf(status, "VmRSS") * 1024 },
    ]),
  );
}

/** @returns {Processes} */
function fromPs() {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid=,rss="], { encoding: "utf8" });
  const lines = table.trim().split("\n");
  return new Map(
    lines.map((line) => {
      const [pid = 0, parent = 0, kilobytes = 0] = line.trim().split(/\s+/).map(Number);
      return [pid, { parent, bytes: kilobytes * 1024 }];
    }),
  );
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/**
 * What is wrong with a ledger; null where it has every partition once, fitted, and all rows.
 * @param {string} folder
 * @param {Limit} limit
 */
async function ledgerProblem(folder, { partitions, rows: allRows }) {
  const result =
    await duckdb.runAndReadAll(`select count(*)::double, min(partition)::double, max(partition)::double,
    count(*) filter (state = 'fitted')::double, sum(rows_read)::double, sum(rows_used)::double
    from '${folder}/ledger.parquet'`);
  const found = result.getRows()[0]?.map(Number);
  const expected = [partitions, 0, partitions - 1, partitions, allRows, allRows];
  return String(found) === String(expected) ? null : `its ledger has ${found}, must have ${expected}`;
}
