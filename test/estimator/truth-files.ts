import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const folder = new URL("../data/", import.meta.url);

/** A fitted group of a truth file: numbers from exact arithmetic or certified, null where undefined. */
export interface TrueGroup {
  readonly key: readonly string[];
  readonly state: string;
  readonly n_used: number;
  readonly coef: Readonly<Record<string, number>>;
  readonly se: Readonly<Record<string, number | null>>;
  readonly metrics: Readonly<Record<string, number | null>>;
  /** R's answer for a rank-deficient group, null for aliased terms. */
  readonly coef_r?: Readonly<Record<string, number | null>>;
  readonly r_aliased?: readonly string[];
}

/** A parsed truth file. */
export function readTruth<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, folder), "utf8")) as T;
}

function splitLine(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g)].map((match) => match[1] ?? match[2]!);
}

/** The rows of a CSV file, one record of texts each; `.gz` is unpacked. */
export function readRecords(path: string): Record<string, string>[] {
  const bytes = readFileSync(new URL(path, folder));
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const [head, ...lines] = text.trimEnd().split(/\r?\n/);
  const names = splitLine(head!);
  return lines.map((line) => {
    const values = splitLine(line);
    return Object.fromEntries(names.map((name, j) => [name, values[j]!]));
  });
}

/** Where a file of the test data stands on this machine. */
export function dataPath(path: string): string {
  return new URL(path, folder).pathname;
}

/** Complete rows of one group as numbers. */
export interface GroupColumns {
  readonly features: number[][];
  readonly target: number[];
}

/** Groups records by their key (values joined by `|`), dropping rows where a feature or the target is empty. */
export function groupRecords(
  records: readonly Readonly<Record<string, string>>[],
  shape: { readonly by: readonly string[]; readonly features: readonly string[]; readonly target: string },
): Map<string, GroupColumns> {
  const groups = new Map<string, GroupColumns>();
  for (const record of records) {
    const key = shape.by.map((name) => record[name]!).join("|");
    const group = groups.get(key) ?? { features: shape.features.map(() => []), target: [] };
    groups.set(key, group);
    const used = [...shape.features, shape.target].map((name) => record[name]!);
    if (used.includes("")) continue;
    for (const [j, column] of group.features.entries()) column.push(Number(used[j]));
    group.target.push(Number(used.at(-1)));
  }
  return groups;
}
