import type { FilePlan } from "../../protocol/file-plan.ts";
import { type PlainColumn, parsePlainCsv } from "../text/plain-csv.ts";
import { columnMissing, declined, type FileContent, type FileReading } from "./file-reading.ts";
import { unpackText } from "./unpack-text.ts";

/** The rows of a CSV file of numbers and texts, packed where its path ends in `.gz`. */
export function readCsvRows(
  path: string,
  { bytes, facts }: FileContent,
  { dialect, columns, limits }: FilePlan,
): FileReading {
  if (dialect === null) return declined("nobody told how its fields are told apart");
  const read: PlainColumn[] = [];
  for (const { name, type, hasValidity } of columns) {
    if (type !== "double" && type !== "text") return declined(`column "${name}" is read as ${type}`);
    read.push({ name, type, hasValidity });
  }
  const unpacked = unpackText(path, bytes, limits.contentBytes);
  if (!("text" in unpacked)) return unpacked;
  if (unpacked.text.length === 0) {
    const message = "is empty; a CSV needs a line of column names";
    return { kind: "failed", code: "source_empty", message, file: facts };
  }
  const parsed = parsePlainCsv(unpacked.text, { dialect, columns: read });
  if ("declined" in parsed) return declined(parsed.declined);
  if ("missing" in parsed) return columnMissing(parsed.missing[0]!, parsed.found, facts);
  return { kind: "rows", rows: parsed, file: facts };
}
