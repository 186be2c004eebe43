import type { Rows } from "../../table/column.ts";
import { lacksColumn } from "../text/lacks-column.ts";

/** What a file was when it was read. */
export interface FileFacts {
  /** sha256 of the bytes on disk, in hex. */
  readonly sha256: string;
  /** Their number. */
  readonly bytes: number;
}

/** A file's bytes on disk, and what they are known by. */
export interface FileContent {
  readonly bytes: Buffer;
  readonly facts: FileFacts;
}

/** The file is the engine's to read: it was not understood exactly as DuckDB would. */
export interface FileDeclined {
  readonly kind: "declined";
  readonly reason: string;
}

/** Nobody can read the file: codes and messages are those of the engine, which would find the same. */
export interface FileFailed {
  readonly kind: "failed";
  readonly code: "source_unreadable" | "source_empty" | "unknown_column";
  /** Goes on after the file's name. */
  readonly message: string;
  /** Null where not even its bytes could be had, or not all that are packed in them. */
  readonly file: FileFacts | null;
}

/** What came of reading a file. */
export type FileReading =
  | { readonly kind: "rows"; readonly rows: Rows; readonly file: FileFacts }
  | FileDeclined
  | FileFailed;

/** Declines, for the engine to read the file. */
export function declined(reason: string): FileDeclined {
  return { kind: "declined", reason };
}

/** The failure of a file that is damaged or none of its format. */
export function unreadable(message: string, file: FileFacts | null): FileFailed {
  return { kind: "failed", code: "source_unreadable", message, file };
}

/** The failure of a file that lacks a column which the trainer reads. */
export function columnMissing(name: string, names: readonly string[], file: FileFacts): FileFailed {
  return { kind: "failed", code: "unknown_column", message: lacksColumn(name, names), file };
}
