import { type Command, Option } from "commander";
import { ManyfitError, type OpenedRun } from "../index.ts";
import { formatColumn, formatCount, formatQuantity, NO_NUMBER } from "./format-number.ts";
import { jsonText } from "./json-text.ts";
import type { Output, Screen } from "./output.ts";
import { tableNotes, writeCsv, writeJsonArray } from "./row-output.ts";
import { addOutOption, partialNote, RUN_WORDS, type RunArgument, withRun } from "./run-argument.ts";
import { cellText, lineText } from "./safe-text.ts";
import type { Cell } from "./stored-key.ts";
import { textTable } from "./text-table.ts";

type Format = "table" | "json" | "csv";
type Stream = Awaited<ReturnType<OpenedRun["stream"]>>;

interface QueryFlags {
  readonly out: string;
  readonly format?: Format;
  readonly file?: string;
  readonly overwrite?: true;
}

/** Rows that a table shows: a person reads no more, and its widths must be known before its first line. */
const TABLE_ROWS = 1000;

/** Types of DuckDB that are shown as numbers, with few digits where they are not whole. */
const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|UINTEGER|DOUBLE|FLOAT|DECIMAL\(.*\))$/;
const FRACTIONAL = /^(DOUBLE|FLOAT)$/;

const EXAMPLES = `
Tables:
  ledger  one row per partition: partition, keys, state, reason, rows_read,
          rows_used, rows_dropped, metrics.r2, warnings, error_message, …
  models  one row per fitted partition: partition, keys, intercept,
          coefficients; for trainers of your own model (JSON) or model_blob
  terms   one row per coefficient: partition, keys, term, estimate, std_error,
          statistic, p_value

Examples:
  The coefficients of year in the run that was started last, by size.
    $ manyfit query "select * from terms where term = 'year' order by estimate"
  All models, into a file.
    $ manyfit query latest "select * from models" --file models.parquet
`;

/** `manyfit query`: SQL over the tables of a run. */
export function addQueryCommand(program: Command, screen: Screen): void {
  const command = program
    .command("query")
    .summary("run SQL over a run's tables")
    .description(
      "Runs one select, in DuckDB's SQL, over the tables of a run; of one that is not committed, over what is answered so far. It can only read, and only the run.",
    )
    .usage("[options] [run] <sql>")
    .argument("[run]", RUN_WORDS, "latest")
    .argument("[sql]", "a single select");
  addOutOption(command)
    .addOption(
      new Option("--format <format>", "how to write to standard output (default: table)").choices([
        ...["table", "json", "csv"],
      ]),
    )
    .addOption(new Option("--file <file>", "write to a .parquet, .csv or .json file").conflicts("format"))
    .option("--overwrite", "replace the file if it is there already")
    .addHelpText("after", EXAMPLES)
    .action((first: string, second: string | undefined, flags: QueryFlags) => {
      if (second !== undefined) return runQuery(screen, { run: first, out: flags.out }, second, flags);
      // No select is one word: it is the name of a run without its query.
      if (command.args.length === 1 && /\s/.test(first.trim()))
        return runQuery(screen, { run: "latest", out: flags.out }, first, flags);
      throw new ManyfitError(
        "invalid_option",
        "query is missing: write a select, as manyfit query --help shows",
      );
    });
}

async function runQuery(
  screen: Screen,
  argument: RunArgument,
  sql: string,
  flags: QueryFlags,
): Promise<void> {
  const { file, format = "table", overwrite = false } = flags;
  if (overwrite && file === undefined)
    throw new ManyfitError(
      "invalid_option",
      "--overwrite is given without --file, and standard output replaces nothing; leave it out",
    );
  await withRun(argument, async (run) => {
    const note = partialNote(run);
    if (note !== null) await screen.err.write(`${note}\n`);
    if (file !== undefined) {
      const rows = await run.queryTo(sql, file, { overwrite });
      return screen.err.write(`${formatQuantity(rows, "row")} written to ${lineText(file)}\n`);
    }
    const stream = await run.stream(sql);
    const names = distinctNames(stream.columns.map((column) => column.name));
    if (format === "csv") return writeCsv(screen.out, names, stream.batches);
    if (format === "json") return writeJsonArray(screen.out, objects(stream, names));
    return writeTable(screen.out, stream, names);
  });
}

async function writeTable(
  output: Output,
  { columns, batches }: Stream,
  names: readonly string[],
): Promise<void> {
  const rows: (readonly Cell[])[] = [];
  for await (const batch of batches) {
    rows.push(...batch);
    if (rows.length > TABLE_ROWS) break;
  }
  const isCut = rows.length > TABLE_ROWS;
  const shown = rows.slice(0, TABLE_ROWS);
  const texts = columns.map(({ type }, i) =>
    cellTexts(
      type,
      shown.map((row) => row[i]!),
    ),
  );
  const titles = columns.map(({ type }, i) => ({
    title: cellText(names[i]!),
    align: NUMERIC.test(type) ? ("right" as const) : ("left" as const),
  }));
  const cells = shown.map((_, at) => texts.map((column) => column[at]!));
  const layout = { width: output.width(), style: output.style };
  const table = textTable(titles, cells, { ...layout, indent: 0 });
  const count = isCut
    ? `the first ${formatCount(TABLE_ROWS)} rows; all with --format csv or json, or with --file`
    : formatQuantity(rows.length, "row");
  await output.write([...table.lines, "", ...tableNotes(count, table.hidden, layout), ""].join("\n"));
}

function cellTexts(type: string, cells: readonly Cell[]): string[] {
  if (FRACTIONAL.test(type)) return formatColumn(cells.map((cell) => (cell === null ? null : Number(cell))));
  return cells.map((cell) => {
    if (cell === null) return NO_NUMBER;
    return typeof cell === "object" ? cellText(jsonText(cell)) : cellText(String(cell));
  });
}

async function* objects(
  { batches }: Stream,
  names: readonly string[],
): AsyncGenerator<object[], void, undefined> {
  for await (const batch of batches) {
    yield batch.map((row) => Object.fromEntries(row.map((cell, i) => [names[i]!, cell])));
  }
}

/** Names of columns as DuckDB makes them different in a subquery: the second `x` is `x_1`. */
function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let number = 1; taken.has(free); number++) free = `${name}_${number}`;
    taken.add(free);
    return free;
  });
}
