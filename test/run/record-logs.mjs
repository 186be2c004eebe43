/**
 * Records the events of real runs as `logs/<name>.ndjson`, on which the forecast of a run's end is tested:
 * `npm run build && node test/run/record-logs.mjs [name …]`. Every run takes some seconds; on another machine other logs
 * come out, and the test must hold for them too.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { linearRegression, train } from "../../dist/index.js";

const folder = mkdtempSync(join(tmpdir(), "manyfit-logs-"));
const duckdb = await (await DuckDBInstance.create(":memory:")).connect();

const rows = (/** @type {string} */ key, /** @type {number} */ count) =>
  `select ${key} as k, sin(i) as x, cos(i * 1.7) as z, sin(i) * 2 + (hash(i) % 1009) / 1009.0 as y from range(${count}) t(i)`;

/** @param {string} name @param {string} select @param {string} options */
async function written(name, select, options) {
  const path = join(folder, name);
  await duckdb.run(`copy (${select}) to '${path}' (${options})`);
  return path;
}

/** @param {string} body */
function trainer(body) {
  const path = join(folder, `trainer-${Math.random().toString(36).slice(2)}.ts`);
  const text = `import { defineTrainer } from "manyfit";
    const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
    export default defineTrainer({ columns: ["x", "y"], async fit({ table, seed }) { ${body}; return { model: table.rowCount }; } });`;
  writeFileSync(path, text);
  return { module: path, params: {} };
}

async function smallFiles() {
  const files = join(folder, "files");
  mkdirSync(files, { recursive: true });
  await duckdb.run(
    `copy (${rows("i % 4000", 800_000)}) to '${files}' (format csv, partition_by (k), overwrite, compression gzip, file_extension 'csv.gz')`,
  );
  return files;
}

const linear = linearRegression({ target: "y", features: ["x", "z"] });

/** @type {Readonly<Record<string, () => Promise<import("../../dist/index.js").TrainOptions>>>} */
const RUNS = {
  "million-unsorted": async () => ({
    source: await written("million.parquet", rows("hash(i) % 1000000", 12_000_000), "format parquet"),
    by: "k",
    trainer: linear,
  }),
  "few-large": async () => ({
    source: await written("large.parquet", rows("i % 500", 15_000_000), "format parquet"),
    by: "k",
    trainer: linear,
  }),
  sorted: async () => ({
    source: await written("sorted.parquet", rows("i // 40", 10_000_000), "format parquet"),
    by: "k",
    trainer: linear,
  }),
  csv: async () => ({
    source: await written("rows.csv", rows("hash(i) % 60000", 6_000_000), "format csv, header"),
    by: "k",
    trainer: linear,
  }),
  files: async () => ({ source: await smallFiles(), perFile: true, trainer: linear }),
  "files-trainer": async () => ({
    source: await smallFiles(),
    perFile: true,
    trainer: trainer("await wait(2 + (seed % 5))"),
  }),
  "slow-fits": async () => ({
    source: await written("slow.parquet", rows("i % 600", 60_000), "format parquet"),
    by: "k",
    trainer: trainer("await wait(10 + (seed % 31))"),
  }),
  "unequal-fits": async () => ({
    source: await written(
      "unequal.parquet",
      rows("(pow(hash(i) % 1000000 / 1e6, 3) * 400)::integer", 600_000),
      "format parquet",
    ),
    by: "k",
    trainer: trainer("await wait(2 + table.rowCount / 100)"),
  }),
  "fast-trainer": async () => ({
    source: await written("fast.parquet", rows("hash(i) % 150000", 4_500_000), "format parquet"),
    by: "k",
    trainer: trainer(
      "let sum = 0; for (const y of table.numbers('y')) sum += y; if (sum === 0.5) return { model: 0 }",
    ),
  }),
};

const asked = process.argv.slice(2);
mkdirSync(join(import.meta.dirname, "logs"), { recursive: true });
for (const [name, optionsOf] of Object.entries(RUNS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  /** @type {string[]} */
  const lines = [];
  const run = await train({
    ...(await optionsOf()),
    runs: join(folder, "runs"),
    workers: 2,
    onEvent: (event) => lines.push(JSON.stringify(event)),
  });
  await run.close();
  writeFileSync(join(import.meta.dirname, "logs", `${name}.ndjson`), `${lines.join("\n")}\n`);
  console.log(name, run.manifest?.durationMs, JSON.stringify(run.manifest?.phaseMs), lines.length);
}
rmSync(folder, { recursive: true, force: true });
