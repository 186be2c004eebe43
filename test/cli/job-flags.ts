import { Command } from "commander";
import fc from "fast-check";
import { withExactNumbers } from "../../src/cli/exact-json.ts";
import type { JobConfig } from "../../src/cli/job-option.ts";
import { JOB_OPTIONS } from "../../src/cli/job-option-table.ts";
import { addJobOptions, toldJobFrom } from "../../src/cli/job-options.ts";
import type { ToldJob } from "../../src/cli/told-job.ts";

/** What arguments of `train` say, read as the command line reads them. */
export function toldBy(args: readonly string[]): ToldJob {
  let told: ToldJob | null = null;
  const command = addJobOptions(new Command("train"))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    .action((paths: string[], flags: Record<string, unknown>) => {
      told = toldJobFrom(paths, flags);
    });
  command.parse([...args], { from: "user" });
  return told!;
}

const MAX_COUNT = 2 ** 31 - 1;

/** Characters that a flag, a list of columns or JSON may trip over. */
const name = fc.oneof(
  fc.constantFrom(
    "a",
    "b c",
    "a,b",
    'q"q',
    "-",
    "--x",
    "é",
    "__proto__",
    " ",
    "x=y",
    "日本",
    "'",
    "\\",
    "tab",
  ),
  fc.string({ minLength: 1, maxLength: 8 }),
);
const columns = fc.array(name, { minLength: 1, maxLength: 3 });
const amountText = (units: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.integer({ min: 1, max: 999 }), fc.constantFrom(...units)).map(([n, unit]) => `${n}${unit}`);

/** Any params: a text that would be read as JSON is written as JSON text. */
const params = fc
  .dictionary(
    name.filter((of) => !of.includes("=") && of.trim() === of),
    fc
      .jsonValue({ maxDepth: 2 })
      .map((value) => JSON.parse(JSON.stringify(value)))
      .filter((value) => !JSON.stringify(value).includes("-0")),
    { minKeys: 1, maxKeys: 3, noNullPrototype: true },
  )
  .filter((of) => !Object.hasOwn(of, "__proto__"));

/** A value of every option, as a config file has it. */
const VALUES: { [K in keyof Required<JobConfig>]: fc.Arbitrary<NonNullable<JobConfig[K]>> } = {
  paths: fc.array(name, { minLength: 1, maxLength: 3 }),
  by: columns,
  "per-file": fc.constant(true),
  pooled: fc.constant(true),
  target: name,
  features: columns,
  weights: name,
  "no-intercept": fc.constant(true),
  estimator: name,
  trainer: name,
  sklearn: name,
  param: params,
  where: name,
  type: fc.dictionary(
    name.filter((of) => of !== "__proto__"),
    fc.constantFrom("text", "double", "decimal(4,2)", "timestamptz"),
    { minKeys: 1, maxKeys: 3, noNullPrototype: true },
  ),
  delimiter: fc.constantFrom(",", ";", "\t", "|", "é"),
  decimal: fc.constantFrom(".", ","),
  comment: fc.constantFrom("#", "%", "\t"),
  "null-text": fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
  nulls: fc.constantFrom("drop", "keep", "fail"),
  "min-rows": fc.integer({ min: 1, max: MAX_COUNT }),
  holdout: fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }),
  "order-by": columns,
  limit: fc.integer({ min: 1, max: MAX_COUNT }),
  out: name,
  name,
  workers: fc.integer({ min: 0, max: 1024 }),
  python: name,
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  timeout: amountText(["ms", "s", "m", "min", "h"]),
  "max-failed": fc.oneof(fc.integer({ min: 0, max: MAX_COUNT }), amountText(["%"])),
  memory: fc.oneof(fc.integer({ min: 1 }), amountText(["MB", "GB", "GiB", "kb", "B"])),
  "memory-per-worker": amountText(["MB", "GiB"]),
  engine: fc.constantFrom("local", "spark"),
  spark: name,
  "spark-node": name,
  "spark-tasks": fc.integer({ min: 1, max: 100_000 }),
};

/** Jobs that a command line can tell: any options with any values. */
export const anyConfig: fc.Arbitrary<JobConfig> = fc.record(VALUES, {
  requiredKeys: [],
}) as fc.Arbitrary<JobConfig>;

/** The arguments that say a job. */
export function argumentsOf(config: JobConfig): string[] {
  const flags = JOB_OPTIONS.flatMap(({ name: flag, value: { kind } }) => {
    const value = config[flag];
    if (value === undefined) return [];
    if (kind === "switch") return [`--${flag}`];
    return textsOf(kind, value).map((text) => `--${flag}=${text}`);
  });
  return [...flags, "--", ...(config.paths ?? [])];
}

function textsOf(kind: string, value: unknown): string[] {
  if (kind === "columns") return [(value as string[]).map(quoted).join(",")];
  if (kind === "texts") return value as string[];
  const entries = typeof value === "object" ? Object.entries(value as object) : [];
  if (kind === "types") return entries.map(([column, type]) => `${quoted(column)}=${type}`);
  if (kind === "params")
    return entries.map(([of, param]) => `${of}=${withExactNumbers(JSON.stringify(param))}`);
  return [String(value)];
}

function quoted(column: string): string {
  return `"${column.replaceAll('"', '""')}"`;
}
