import { closeSync, openSync, readSync } from "node:fs";
import { ManyfitError } from "../errors.ts";
import type { SourceFormat } from "../job/resolved-job.ts";

/** Kinds of files by their first bytes. */
const KINDS = [
  { name: "gzip", bytes: [0x1f, 0x8b] },
  { name: "Parquet", bytes: [0x50, 0x41, 0x52, 0x31] },
  { name: "a zip archive", bytes: [0x50, 0x4b, 0x03, 0x04] },
  { name: "zstd", bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: "UTF-16 text", bytes: [0xff, 0xfe] },
  { name: "UTF-16 text", bytes: [0xfe, 0xff] },
] as const;

type Kind = (typeof KINDS)[number]["name"];

/** Advice on files that are not what their names say. */
const ADVICE: Readonly<Record<Kind, (path: string) => string>> = {
  gzip: (path) => `rename it to ${baseName(path)}.gz`,
  Parquet: (path) => `rename it to ${baseName(path).replace(/([.][a-z]+)([.]gz)?$/i, "")}.parquet`,
  "a zip archive": () => "unpack it",
  zstd: () => "unpack it, or pack it with gzip",
  "UTF-16 text": () => "convert it, for instance with iconv -f utf-16 -t utf-8",
};

/**
 * Checks that a file's first bytes are not those of another kind of file than its name says. An empty file passes.
 * @throws ManyfitError `source_unreadable`, with what it is and what to do.
 */
export function checkContent(path: string, format: SourceFormat): void {
  const bytes = firstBytes(path);
  if (bytes.length === 0) return;
  const kind = KINDS.find((candidate) => candidate.bytes.every((byte, i) => bytes[i] === byte))?.name ?? null;
  const isPacked = path.endsWith(".gz");
  const expected = format === "parquet" ? "Parquet" : isPacked ? "gzip" : null;
  if (kind === expected) return;
  const ending = format === "parquet" ? ".parquet" : /([.][a-z]+)?([.]gz)?$/i.exec(path)![0];
  const found = kind === null ? `is not ${expected}` : `is ${kind}`;
  const advice = kind === null ? notPacked(path, format) : ADVICE[kind](path);
  throw new ManyfitError("source_unreadable", `${path}: ${found}, its ending is ${ending}; ${advice}`);
}

function notPacked(path: string, format: SourceFormat): string {
  if (format === "parquet") return "it is damaged, or of another kind: rename it or convert it";
  return `if it is plain text, rename it to ${baseName(path).slice(0, -3)}`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function firstBytes(path: string): Buffer {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(4);
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new ManyfitError("source_unreadable", `${path}: ${(cause as Error).message}`, { cause });
  }
}
