import type { FilePlan } from "../../protocol/file-plan.ts";
import { type NdjsonColumn, parsePlainNdjson } from "../text/plain-ndjson.ts";
import { declined, type FileContent, type FileReading } from "./file-reading.ts";
import { unpackText } from "./unpack-text.ts";

/** The rows of an NDJSON file, packed where its path ends in `.gz`. */
export function readNdjsonRows(
  path: string,
  { bytes, facts }: FileContent,
  { columns, limits }: FilePlan,
): FileReading {
  const read: NdjsonColumn[] = [];
  for (const { name, type, hasValidity } of columns) {
    if (type === "date" || type === "timestamp") return declined(`column "${name}" is read as ${type}`);
    read.push({ name, type, hasValidity });
  }
  const unpacked = unpackText(path, bytes, limits.contentBytes);
  if (!("text" in unpacked)) return unpacked;
  const parsed = parsePlainNdjson(unpacked.text, read);
  return "declined" in parsed ? declined(parsed.declined) : { kind: "rows", rows: parsed, file: facts };
}
