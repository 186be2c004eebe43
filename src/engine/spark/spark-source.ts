import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ManyfitError } from "../../errors.ts";
import type { SourceSpec } from "../../job/job.ts";

/** Where the rows are, as Spark finds them. */
export type SparkSource =
  | { readonly kind: "files"; readonly paths: readonly string[] }
  | { readonly kind: "table"; readonly name: string }
  | { readonly kind: "query"; readonly query: string };

const TABLE = "table:";
const QUERY = "sql:";

/** How a query that only reads begins, behind comments. */
const READS = /^(\s|--.*\n|\/\*[\s\S]*?\*\/)*(select|with|from|values|table|\()/i;

/**
 * What a source's paths mean on Spark: `table:catalog.schema.name`, `sql:select …`, or files, which may be URIs.
 * @throws ManyfitError `invalid_option` for several sources at once, for a query that does more than read, and for what is
 *   said in DuckDB's words: a filter, types of columns.
 */
export function parseSparkSource({ paths, where, types }: SourceSpec): SparkSource {
  if (where !== null)
    throw refused(`--where ${where}: is an expression of DuckDB's`, 'name a query, "sql:select … where …"');
  const [told] = Object.keys(types);
  if (told !== undefined)
    throw refused(
      `--type ${told}: types are told to DuckDB`,
      `name a query, "sql:select cast(${told} as …) as ${told}, …"`,
    );
  const [first = ""] = paths;
  const named = paths.find((path) => path.startsWith(TABLE) || path.startsWith(QUERY));
  if (named === undefined) return { kind: "files", paths };
  if (paths.length > 1)
    throw refused(`source "${named}" is one of ${paths.length}`, 'name one alone, or join them by "sql:"');
  if (first.startsWith(TABLE)) return { kind: "table", name: namedText(first, TABLE) };
  const query = namedText(first, QUERY);
  if (READS.test(query)) return { kind: "query", query };
  throw new ManyfitError(
    "invalid_option",
    `source "${first}" is no query; it has to begin with select or with`,
  );
}

function namedText(path: string, prefix: string): string {
  const text = path.slice(prefix.length).trim();
  if (text !== "") return text;
  throw new ManyfitError(
    "invalid_option",
    `source "${path}" is empty; such as table:shop.sales, sql:select …`,
  );
}

function refused(what: string, advice: string): ManyfitError {
  return new ManyfitError("invalid_option", `${what}, and Spark reads this source; ${advice}`);
}

const URI = /^[a-z][a-z0-9+.-]*:/i;

/** Whether a path has a scheme, such as `s3a://bucket/x` and `file:/x`. */
export function isUri(path: string): boolean {
  return URI.test(path);
}

/**
 * A path as Spark is given it, a glob as Hadoop reads it: URIs as they are, all others absolute. What is a file or folder
 * here by just that name is no glob.
 */
export function sparkPattern(path: string): string {
  if (isUri(path)) return path;
  const absolute = resolve(path);
  return existsSync(absolute) ? literalPath(absolute) : absolute;
}

/** A path in which nothing is a glob to Hadoop. */
export function literalPath(path: string): string {
  return path.replace(/[\\{}[\]*?]/g, "\\$&");
}

/** Whether Hadoop takes a path for a glob. */
export function isGlob(path: string): boolean {
  return /[{}[\]*?]/.test(path.replace(/\\./g, ""));
}

/** Scheme and host of a path, and the path on it, without escapes; `file://` is `file:`. */
export function partsOf(path: string): { readonly root: string; readonly path: string } {
  const [, root = "", rest = ""] = /^([a-z][a-z0-9+.-]*:(?:\/\/[^/]*)?)?(.*)$/is.exec(path)!;
  const plain = rest.replace(/\\(.)/gs, "$1").replace(/\/{2,}/g, "/");
  return { root: root.replace(/^(\w+:)\/\/$/, "$1"), path: plain === "/" ? plain : plain.replace(/\/$/, "") };
}
