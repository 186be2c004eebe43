import type { KeyField, KeyValue, Manifest, ToldDialect } from "../index.ts";
import { displayKey } from "../key/display-key.ts";
import { onlyFeature, scoreMetric } from "./highlights.ts";
import { parseKeyArguments } from "./key-argument.ts";
import { nearPath } from "./path-text.ts";
import { DEFAULT_RUNS, type RunArgument } from "./run-argument.ts";
import { shellQuote } from "./shell-quote.ts";

/** Names that stand in SQL within single quotes without a second thought. */
const PLAIN = /^[\w .-]+$/;
/** Names that SQL takes without quotes, unless they are keywords. */
const IDENTIFIER = /^[a-z_]\w*$/i;
/** Files that a command names one by one. */
const NAMED_SOURCES = 3;
const PREDICTIONS = "predictions.parquet";

/** What commands to try next depend on. */
export interface NextSteps extends RunArgument {
  /** Keys of partitions with a model, those of note first. */
  readonly examples: readonly (readonly KeyValue[])[];
  /** What of the run has just been done, and is no next step. */
  readonly done: "trained" | "shown" | "verified";
}

/** How this program is called: from a checkout or by npx it is not on the PATH. */
export const COMMAND = ["start", "npx"].includes(process.env["npm_lifecycle_event"] ?? "")
  ? "npx manyfit"
  : "manyfit";

/** Commands to try next, ready to be copied. */
export function nextSteps(manifest: Manifest, { run, out, examples, done }: NextSteps): string[] {
  const where = whereText(out);
  const name = shellQuote(run);
  const key = examples.map((example) => keyArgument(manifest.keys, example)).find((text) => text !== null);
  const models = key === undefined ? "" : ` --key ${shellQuote(key)}`;
  return [
    ...(done === "verified" ? [] : [`${COMMAND} show ${name}${done === "shown" ? " --verify" : ""}${where}`]),
    `${COMMAND} models ${name}${models}${where}`,
    `${COMMAND} query ${name} ${shellQuote(exampleQuery(manifest))}${where}`,
    ...predictSteps(manifest, name, out),
  ];
}

/** Commands to try next on a run that is not committed and has some partitions answered. */
export function uncommittedSteps({ run, out }: RunArgument): string[] {
  const sql = "select state, error_code, count(*) as n from ledger group by all order by n desc";
  return [`${COMMAND} query ${shellQuote(run)} ${shellQuote(sql)}${whereText(out)}`];
}

/** The command that writes the whole model of one partition. */
export function wholeModelStep(
  { keys }: Pick<Manifest, "keys">,
  key: readonly KeyValue[],
  { run, out }: RunArgument,
): string {
  const argument = keyArgument(keys, key);
  const of = argument === null ? "" : ` --key ${shellQuote(argument)}`;
  return `${COMMAND} models ${shellQuote(run)}${of} --format json${whereText(out)}`;
}

function whereText(out: string): string {
  return out === DEFAULT_RUNS ? "" : ` --out ${shellQuote(out)}`;
}

/**
 * Predictions for the rows that the models were fitted on, from files that are read as they were told to be; none where
 * nothing was fitted or the trainer cannot.
 */
function predictSteps({ counts, job, sources }: Manifest, name: string, out: string): string[] {
  if (counts.states.fitted === 0 || job.module?.hasPredict === false) return [];
  // A file that could not be read cannot be predicted either, and under a limit most rows have no model.
  if (sources.some((file) => file.rows === null)) return [];
  const paths =
    sources.length <= NAMED_SOURCES ? sources.map((file) => nearPath(file.path)) : job.source.paths;
  const file = shellQuote(PREDICTIONS);
  const where = out === DEFAULT_RUNS ? "" : ` --runs ${shellQuote(out)}`;
  const words = [...paths, ...dialectFlags(job.source.dialect)].map(shellQuote).join(" ");
  return [`${COMMAND} predict ${name} ${words} --out ${file}${where}`];
}

function dialectFlags({ delimiter, decimal, comment, nullTexts }: ToldDialect): string[] {
  return [
    ...(delimiter === null ? [] : ["--delimiter", delimiter === "\t" ? "tab" : delimiter]),
    ...(decimal === null ? [] : ["--decimal", decimal]),
    ...(comment === null ? [] : ["--comment", comment]),
    ...nullTexts.flatMap((text) => ["--null-text", text]),
  ];
}

/** A key as `--key` takes it; null for a key that is too long to be shown whole, and for that of a pooled run. */
function keyArgument(fields: readonly KeyField[], key: readonly KeyValue[]): string | null {
  if (fields.length === 0) return null;
  const text = displayKey(fields, key);
  try {
    const read = parseKeyArguments([text], fields);
    return displayKey(fields, read) === text && !text.includes("…") ? text : null;
  } catch {
    return null;
  }
}

function exampleQuery(manifest: Manifest): string {
  const { counts, resultSchema } = manifest;
  if (counts.states.fitted > 0 && resultSchema.form === "document") return documentQuery(manifest);
  if (counts.states.fitted === 0 || resultSchema.terms.length === 0) {
    return "select state, coalesce(reason, error_code) as reason, count(*) as n from ledger group by all";
  }
  const feature = onlyFeature(manifest);
  if (counts.partitions > 1 && feature !== null && PLAIN.test(feature)) {
    return `select * from terms where term = '${feature}' order by estimate desc limit 5`;
  }
  return counts.partitions > 1
    ? "select term, min(estimate), median(estimate), max(estimate) from terms group by term"
    : "select term, estimate, p_value from terms order by p_value";
}

/** The extremes of a metric where there is one to be named without a second thought, else some models. */
function documentQuery(manifest: Manifest): string {
  const { counts, keys, resultSchema } = manifest;
  const metric = scoreMetric(manifest) ?? resultSchema.metrics.find(({ name }) => PLAIN.test(name))?.name;
  if (metric === undefined || counts.partitions === 1) return "select * from models limit 5";
  // Behind a table's name a keyword is a name like any other.
  const columns = keys.every(({ column }) => IDENTIFIER.test(column))
    ? keys.map(({ column }) => `ledger.${column}`)
    : ["partition"];
  const value = `metrics['${metric}']`;
  return `select ${columns.join(", ")}, ${value} from ledger order by ${value} desc nulls last limit 5`;
}
