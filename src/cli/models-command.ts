import { type Command, Option } from "commander";
import { ManyfitError } from "../index.ts";
import { displayKey } from "../key/display-key.ts";
import { MODEL_LENGTH } from "./document-model.ts";
import { formatCount, formatQuantity } from "./format-number.ts";
import { jsonText } from "./json-text.ts";
import { parseKeyArguments } from "./key-argument.ts";
import { modelsCsvHeader, modelsCsvRow, modelsTable } from "./models-output.ts";
import { nearestKeys } from "./nearest-keys.ts";
import { wholeModelStep } from "./next-steps.ts";
import type { Output, Screen } from "./output.ts";
import { type PartitionRecord, type RecordFilter, streamRecords } from "./partition-records.ts";
import { partitionLines, partitionToJson } from "./partition-text.ts";
import { wholeNumber } from "./read-flag.ts";
import { tableNotes, writeCsv, writeJsonArray } from "./row-output.ts";
import { addRunOptions, type CommittedRun, committedRun, type RunArgument, withRun } from "./run-argument.ts";
import { readTerms } from "./term-table.ts";

type Format = "table" | "json" | "csv";

interface ModelsFlags {
  readonly out: string;
  readonly key?: readonly string[];
  readonly format: Format;
  readonly limit?: number;
}

/** Rows of a table when no limit is told: a screen. */
const TABLE_ROWS = 20;
const MAX_LIMIT = 2 ** 31 - 1;

const EXAMPLES = `
Examples:
  The first models of the run that was started last.
    $ manyfit models
  One model in full: coefficients with their errors, metrics, warnings.
    $ manyfit models latest --key country=Rwanda
    $ manyfit models latest --key store=17 --key item="a b"
  The model of one file, in a run with one model per file.
    $ manyfit models latest --key file=store17.csv.gz
  All models, for a program.
    $ manyfit models latest --format csv > models.csv

Models of your own trainers are JSON: parsed under "model" in --format json, as
text in the column model of --format csv. A model that is bytes is shown by its
length and sha256; the bytes are in the table:
    $ manyfit query latest "select * from models" --file models.parquet
`;

/** `manyfit models`: the models of a run, or one of them in full. */
export function addModelsCommand(program: Command, screen: Screen): void {
  addRunOptions(
    program
      .command("models")
      .summary("list the models of a run, or show one in full")
      .description(
        "Lists the partitions of a run in the order of their keys, each with its model, score and used rows. With --key it shows one partition in full, also when it has no model.",
      ),
  )
    .option("--key <name=value>", "one partition: once per key column, NULL for a missing value", collect)
    .addOption(
      new Option("--format <format>", "how to write")
        .choices(["table", "json", "csv"])
        .default("table", "table"),
    )
    .option(
      "--limit <count>",
      `partitions at most (default: ${TABLE_ROWS} in a table, else all)`,
      wholeNumber("--limit", MAX_LIMIT),
    )
    .addHelpText("after", EXAMPLES)
    .action((run: string, flags: ModelsFlags) => showModels(screen, { run, out: flags.out }, flags));
}

async function showModels({ out }: Screen, argument: RunArgument, flags: ModelsFlags): Promise<void> {
  await withRun(argument, async (run) => {
    const committed = committedRun(run);
    if (flags.key !== undefined)
      await showOne(out, committed, { keyTexts: flags.key, format: flags.format, argument });
    else if (flags.format === "table") await showTable(out, committed, flags.limit ?? TABLE_ROWS);
    else
      await writeAll(out, committed, flags.format, flags.limit === undefined ? {} : { limit: flags.limit });
  });
}

async function showTable(output: Output, committed: CommittedRun, limit: number): Promise<void> {
  const { manifest } = committed;
  const layout = { width: output.width(), style: output.style };
  const records: PartitionRecord[] = [];
  for await (const batch of streamRecords(committed, { limit, modelLength: MODEL_LENGTH + 1 }))
    records.push(...batch);
  const table = modelsTable(manifest, records, { ...layout, indent: 0 });
  const { partitions, states } = manifest.counts;
  const shown = records.length < partitions ? `${formatCount(records.length)} of ` : "";
  const more = records.length < partitions ? "; more with --limit, all with --format csv or json" : "";
  const note = `${shown}${formatQuantity(partitions, "partition")} (${formatCount(states.fitted)} fitted)${more}`;
  await output.write([...table.lines, "", ...tableNotes(note, table.hidden, layout), ""].join("\n"));
}

async function writeAll(
  output: Output,
  committed: CommittedRun,
  format: "json" | "csv",
  filter: RecordFilter,
): Promise<void> {
  const { manifest } = committed;
  const batches = streamRecords(committed, filter);
  if (format === "csv")
    await writeCsv(output, modelsCsvHeader(manifest), mapped(batches, modelsCsvRow(manifest)));
  else
    await writeJsonArray(
      output,
      mapped(batches, (record) => partitionToJson(manifest, record)),
    );
}

interface OneModel {
  readonly keyTexts: readonly string[];
  readonly format: Format;
  readonly argument: RunArgument;
}

async function showOne(
  output: Output,
  committed: CommittedRun,
  { keyTexts, format, argument }: OneModel,
): Promise<void> {
  const { run, manifest } = committed;
  const key = parseKeyArguments(keyTexts, manifest.keys);
  if (format === "csv") {
    await checkThere(committed, key);
    return writeAll(output, committed, format, { key });
  }
  const record = await checkThere(committed, key);
  const terms = await readTerms(run, record.partition);
  if (format === "json") await output.write(`${jsonText(partitionToJson(manifest, record, terms), 2)}\n`);
  else {
    const wholeModel = wholeModelStep(manifest, key, argument);
    const layout = { width: output.width(), style: output.style, wholeModel };
    await output.write(`${partitionLines(manifest, record, terms, layout).join("\n")}\n`);
  }
}

/** The partition of a key. @throws ManyfitError `key_not_found`, naming the keys that are most like it. */
async function checkThere(
  committed: CommittedRun,
  key: ReturnType<typeof parseKeyArguments>,
): Promise<PartitionRecord> {
  for await (const [record] of streamRecords(committed, { key })) if (record) return record;
  const { run, manifest } = committed;
  const nearest = await nearestKeys(committed, key);
  throw new ManyfitError(
    "key_not_found",
    `run ${run.id} has no partition ${displayKey(manifest.keys, key)}; most like it: ${nearest.join("; ")}`,
  );
}

async function* mapped<From, To>(
  batches: AsyncIterable<readonly From[]>,
  map: (value: From) => To,
): AsyncGenerator<To[], void, undefined> {
  for await (const batch of batches) yield batch.map(map);
}

function collect(text: string, previous: readonly string[] = []): string[] {
  return [...previous, text];
}
