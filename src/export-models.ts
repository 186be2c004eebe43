import { open } from "node:fs/promises";
import { join } from "node:path";
import { ManyfitError } from "./errors.ts";
import { checkExportFolder, INDEX_FILE, INDEX_HEAD, writeFolder } from "./export/export-folder.ts";
import {
  chooseModels,
  type ExportedModel,
  type ExportedSource,
  type ExportForm,
  readModels,
} from "./export/exported-models.ts";
import { modelFileName } from "./export/model-file-name.ts";
import { displayKeyValue } from "./key/display-key.ts";
import { keyValueToJson } from "./key/key-value-to-json.ts";
import { checkCommitted } from "./predict/check-committed.ts";
import { stageTrainer } from "./predict/stage-trainer.ts";
import { writeSynced } from "./store/disk.ts";
import type { Manifest } from "./store/manifest.ts";
import { type OpenedRun, openRun } from "./store/open-run.ts";
import { openReadingDuckdb } from "./store/reading-duckdb.ts";
import { RUN_FILE } from "./store/run-files.ts";
import { resolveRun } from "./store/run-folder.ts";

/** What is exported, and where to. */
export interface ExportOptions {
  /** A run folder, the id of a run or the beginning of one, or `latest`. */
  readonly run: string;
  /**
   * `joblib`: files that Python's `joblib.load` opens, of runs whose models are Python's; `json`: of runs whose models are JSON
   * documents.
   */
  readonly to: ExportForm;
  /** The folder to make; it must be new or empty. */
  readonly out: string;
  /** A DuckDB expression over the columns of the ledger, the keys among them. Default: all fitted partitions. */
  readonly where?: string;
  /** Folder in which ids and `latest` are looked for. Default: `runs`. */
  readonly runs?: string;
  /** Whether an earlier export is replaced; nothing else ever is. Default: false, because it may be dear to somebody. */
  readonly overwrite?: boolean;
}

/** What an export left. */
export interface Exported {
  /** Name of the run. */
  readonly run: string;
  /** Absolute path. */
  readonly folder: string;
  readonly models: number;
  /** Whether the trainer's own files are in it, below `trainer`: they are what models of their classes need. */
  readonly hasTrainer: boolean;
}

/**
 * Writes one file for each model of a run, beside an index and the files of its trainer. Nothing is loaded: bytes are copied,
 * once their hash is what was stored. The folder appears when it is whole, or not at all.
 * @throws ManyfitError `run_not_committed`; `invalid_option` for a form that the models do not have, and for a folder that
 * cannot be; `run_damaged` when something is not what was committed; `run_unwritable`.
 */
export async function exportModels(options: ExportOptions): Promise<Exported> {
  const { to, where = null, overwrite = false } = options;
  if (options.out === "") throw new ManyfitError("invalid_option", "the folder to make (--out) is empty");
  const run = await openRun(await resolveRun(options.run, options.runs ?? "runs"));
  await run.close();
  const manifest = checkForm(run, to);
  const target = await checkExportFolder(options.out, { runFolder: run.folder, overwrite });
  await checkCommitted(run.folder, manifest, { name: RUN_FILE.models, outcome: "nothing is written" });
  const source = { folder: run.folder, manifest, form: to, where };
  const hasTrainer = (manifest.job.module?.python?.sources ?? []).length > 0;
  const models = await writeFolder(target, async (folder) => {
    if (hasTrainer) await stageTrainer(source, join(folder, "trainer"));
    return writeModels(source, folder);
  });
  return { run: run.id, folder: target.path, models, hasTrainer };
}

function checkForm({ manifest, explanation, id }: OpenedRun, form: ExportForm): Manifest {
  if (form !== "joblib" && form !== "json")
    throw new ManyfitError("invalid_option", `to is ${JSON.stringify(form)}, allowed are joblib and json`);
  if (manifest === null) throw new ManyfitError("run_not_committed", explanation);
  const isPython = manifest.job.module?.python !== undefined;
  if (manifest.resultSchema.form !== "document") {
    const text = `models of run ${id} are numbers in a table, not files; write them with manyfit query "select * from models" --file models.parquet`;
    throw new ManyfitError("invalid_option", text);
  }
  if (isPython === (form === "joblib")) return manifest;
  const [are, allowed] = isPython ? ["objects of Python's", "joblib"] : ["JSON documents", "json"];
  throw new ManyfitError(
    "invalid_option",
    `--to ${form}: models of run ${id} are ${are}; allowed is --to ${allowed}`,
  );
}

async function writeModels(source: ExportedSource, folder: string): Promise<number> {
  const { manifest, form } = source;
  const duckdb = await openReadingDuckdb();
  const connection = await duckdb.connect();
  const index = await open(join(folder, INDEX_FILE), "w");
  try {
    const count = await chooseModels(source, connection);
    if (count === 0)
      throw new ManyfitError(
        "invalid_option",
        `--where ${source.where ?? "true"}: no model is left to export`,
      );
    const digits = String(manifest.counts.partitions).length;
    await index.write(indexHead(manifest, form));
    let written = 0;
    for await (const model of readModels(source, connection)) {
      const shown = manifest.keys.map(({ type }, i) => displayKeyValue(type, model.key[i] ?? null)).join("_");
      const file = modelFileName(model.partition, { key: shown, digits, ending: form });
      await writeSynced(join(folder, file), model.content);
      await index.write(`${written++ === 0 ? "" : ","}\n${JSON.stringify(entryOf(manifest, model, file))}`);
    }
    if (written !== count)
      throw new ManyfitError(
        "run_damaged",
        `run folder ${source.folder}: ${written} models of ${count} were read`,
      );
    await index.write("\n]}\n");
    await index.sync();
    return written;
  } finally {
    await index.close();
    connection.close();
    duckdb.close();
  }
}

/** What stands before the list of models. */
function indexHead({ run, job }: Manifest, form: ExportForm): string {
  const python = job.module?.python?.environment ?? null;
  const facts = { version: 1, run, to: form, trainer: job.module?.name ?? null, python };
  return `${INDEX_HEAD},${JSON.stringify(facts).slice(1, -1)},"models":[`;
}

function entryOf({ keys }: Manifest, model: ExportedModel, file: string): object {
  const { partition, className, sha256 } = model;
  const key = Object.fromEntries(
    keys.map(({ name, type }, i) => [name, keyValueToJson(type, model.key[i] ?? null)]),
  );
  return { partition, key, file, class: className, sha256 };
}
