import { formatBytes } from "./format-unit.ts";
import type { CommittedRun } from "./run-argument.ts";
import { lineText } from "./safe-text.ts";
import type { Cell } from "./stored-key.ts";

/** A model that is a JSON value or bytes. */
export interface DocumentModel {
  /** Canonical JSON, maybe cut short; null for bytes of which nothing is said. */
  readonly json: string | null;
  /** What identifies the model's bytes; null for JSON. */
  readonly blob: ModelBlob | null;
}

/** Bytes that are not shown: how many, and their sha256 in hex. */
export interface ModelBlob {
  readonly bytes: number;
  readonly sha256: string;
}

/** Cells of a model that a table shows; that many characters of it and one more must be read for that. */
export const MODEL_LENGTH = 120;

/** Characters of a description that a line has no use for: most of the class's dotted name. */
const CLASS_LENGTH = 200;

/** Bytes of models that one query reads at most, but for a single larger one. */
const RANGE_BYTES = 2 ** 23;

/**
 * SQL for the parts of a model in a table of models, as {@link documentFrom} takes them. With a `length` the JSON is for a line:
 * so many characters, and where it describes bytes without their hash.
 */
export function documentColumns(table: string, length?: number): string[] {
  const json = `${table}.model`;
  const blob = `${table}.model_blob`;
  return [
    length === undefined
      ? json
      : `left(regexp_replace(${json}, ${withoutHash(blob)}, ''), ${length} + if(${blob} is null, 0, ${CLASS_LENGTH}))`,
    `octet_length(${blob})`,
    `sha256(${blob})`,
  ];
}

/** A pattern that finds the hash in the description of bytes, and nothing in models that are JSON. */
function withoutHash(blob: string): string {
  return `if(${blob} is null, '$^', ',"sha256":"[0-9a-f]{64}"')`;
}

/** A model from the cells of {@link documentColumns}; null where there is none. */
export function documentFrom([json, bytes, sha256]: readonly Cell[]): DocumentModel | null {
  const hasBytes = bytes !== null && bytes !== undefined;
  const blob = hasBytes ? { bytes: Number(bytes), sha256: String(sha256) } : null;
  const text = typeof json === "string" ? json : null;
  return text === null && blob === null ? null : { json: text, blob };
}

/** What begins the description of a model that is bytes, and what else it says. */
const DESCRIPTION = /^\{"class":"(?:[^"]*\.)?([^".]*)",?(.*)$/s;

/** A model on one line, to be cut to its place: its JSON, or the class of its bytes with what can be read of them. */
export function documentLine({ json, blob }: DocumentModel): string {
  if (blob === null) return lineText(json ?? "");
  const size = `(${formatBytes(blob.bytes)})`;
  if (json === null) return size;
  const [, name, rest] = DESCRIPTION.exec(json) ?? [];
  if (name === undefined) return lineText(json);
  return lineText(`${name} ${rest === "}" ? size : `{${rest}`}`);
}

/** Partitions from one number to another, both included. */
export interface PartitionRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Divides the partitions of a run, in their order, so that the models of each part fit in memory: a stream hands out
 * some thousand rows at once. Models that are numbers need no division: a single part.
 */
export async function documentRanges({ run, manifest }: CommittedRun): Promise<PartitionRange[]> {
  const all = { from: 0, to: manifest.counts.partitions - 1 };
  if (manifest.resultSchema.form !== "document") return [all];
  const { rows } = await run.query(
    `select min(partition), max(partition)
    from (select partition, sum(coalesce(model_bytes, 0)) over (order by partition) // ${RANGE_BYTES} as part from ledger)
    group by part order by part`,
  );
  return rows.map(([from, to]) => ({ from: Number(from), to: Number(to) }));
}
