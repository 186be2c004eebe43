import { brotliDecompressSync, gunzipSync } from "node:zlib";
import {
  type Compressors,
  type FileMetaData,
  parquetMetadata,
  parquetRead,
  type SchemaElement,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { FileLimits, FilePlan } from "../../protocol/file-plan.ts";
import type { Rows } from "../../table/column.ts";
import type { ReadColumn } from "../../table/read-column.ts";
import { isPlaceColumn } from "../text/place-columns.ts";
import {
  columnMissing,
  declined,
  type FileContent,
  type FileDeclined,
  type FileFailed,
  type FileReading,
  unreadable,
} from "./file-reading.ts";
import { type ColumnFromPieces, parquetColumn, type StoredPiece } from "./parquet-column.ts";

/** Of more rows DuckDB reads faster. */
const MAX_ROWS = 6000;

/** Unpacks pages in the ways that files of DuckDB were compared in; Node's own code where Node has some. */
const COMPRESSORS: Compressors = {
  ...compressors,
  GZIP: (packed, length) => gunzipSync(packed, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (packed, length) => brotliDecompressSync(packed, { maxOutputLength: Math.max(1, length) }),
};

/** Those ways. Of LZ4 there are two, and the older one has readers that differ. */
const CODECS: readonly string[] = ["UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "BROTLI", "LZ4_RAW"];

/**
 * The ways of writing values that are read. Not the ones by deltas: DuckDB writes those of unsigned integers with 33
 * bits, of which the library takes 32.
 */
const ENCODINGS: readonly string[] = [
  ...["PLAIN", "PLAIN_DICTIONARY", "RLE_DICTIONARY", "RLE", "BIT_PACKED", "BYTE_STREAM_SPLIT"],
];

const MAGIC = "PAR1";
const ENCRYPTED_MAGIC = "PARE";

/** The rows of a Parquet file. */
export async function readParquetRows(
  content: FileContent,
  plan: Pick<FilePlan, "columns" | "limits">,
): Promise<FileReading> {
  const refusal = refusalOfEnds(content);
  if (refusal !== null) return refusal;
  try {
    return await readWith(parquetMetadata(content.bytes, { geoparquet: false }), content, plan);
  } catch (error) {
    // The library refuses by throwing. DuckDB knows whether the file is at fault.
    return declined(error instanceof Error ? error.message : String(error));
  }
}

function refusalOfEnds({ bytes, facts }: FileContent): FileDeclined | FileFailed | null {
  if (bytes.length === 0) return unreadable("is empty; a Parquet file begins and ends with PAR1", facts);
  const magic = bytes.toString("latin1", Math.max(0, bytes.length - 4));
  if (magic === ENCRYPTED_MAGIC) return declined("it is encrypted");
  if (magic !== MAGIC) {
    return unreadable("it does not end with PAR1; it is no Parquet file, or it was cut short", facts);
  }
  const footerBytes = bytes.length < 12 ? Number.POSITIVE_INFINITY : bytes.readUInt32LE(bytes.length - 8);
  if (footerBytes > bytes.length - 12) {
    const message = `its footer is longer than the file, ${bytes.length} bytes; the file is damaged or was cut short`;
    return unreadable(message, facts);
  }
  return bytes.toString("latin1", 0, 4) === MAGIC ? null : declined("it does not begin with PAR1");
}

async function readWith(
  metadata: FileMetaData,
  { bytes, facts }: FileContent,
  { columns, limits }: Pick<FilePlan, "columns" | "limits">,
): Promise<FileReading> {
  const found = topLevelColumns(metadata.schema);
  const names = found.map((element) => element.name);
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) {
    return declined("it names a column twice");
  }
  if (names.some(isPlaceColumn)) return declined("it has a column of a reserved name");
  const elements = new Map(found.map((element) => [element.name, element]));
  const missing = columns.find(({ name }) => !elements.has(name));
  if (missing !== undefined) return columnMissing(missing.name, names, facts);
  const used = new Set(columns.map((column) => column.name));
  const reason = whyNotPlain(metadata, used, limits);
  if (reason !== null) return declined(reason);
  const converters: ColumnFromPieces[] = [];
  for (const column of columns) {
    const element = elements.get(column.name)!;
    const converter = isFlat(element) ? parquetColumn(element, column, limits) : null;
    if (converter === null) return declined(`column "${column.name}" is not plainly of type ${column.type}`);
    converters.push(converter);
  }
  const pieces = await readPieces(withStoredTypes(metadata, used), bytes, [...used]);
  const rows = rowsFrom(pieces, { columns, converters, rowCount: Number(metadata.num_rows) });
  return "kind" in rows ? rows : { kind: "rows", rows, file: facts };
}

/** The file's columns; what is nested in them is passed over. */
function topLevelColumns(schema: readonly SchemaElement[]): SchemaElement[] {
  const columns: SchemaElement[] = [];
  for (let at = 1; at < schema.length; at = afterSubtree(schema, at)) columns.push(schema[at]!);
  return columns;
}

function afterSubtree(schema: readonly SchemaElement[], at: number): number {
  let next = at + 1;
  for (let i = 0; i < (schema[at]!.num_children ?? 0); i++) next = afterSubtree(schema, next);
  return next;
}

function isFlat({ type, num_children: children, repetition_type: repetition }: SchemaElement): boolean {
  return type !== undefined && (children ?? 0) === 0 && repetition !== "REPEATED";
}

function whyNotPlain(
  { num_rows, row_groups }: FileMetaData,
  used: ReadonlySet<string>,
  { contentBytes }: FileLimits,
): string | null {
  if (num_rows > MAX_ROWS) return `it has ${num_rows} rows, more than a worker reads`;
  if (row_groups.reduce((sum, group) => sum + group.num_rows, 0n) !== num_rows) {
    return "its row groups do not add up to its rows";
  }
  let unpackedBytes = 0;
  for (const { file_path, meta_data, crypto_metadata } of row_groups.flatMap((group) => group.columns)) {
    if (meta_data === undefined || crypto_metadata !== undefined) return "it is encrypted";
    if (!used.has(meta_data.path_in_schema[0]!)) continue;
    if (file_path !== undefined) return "its columns are in other files";
    if (!CODECS.includes(meta_data.codec)) return `it is packed as ${meta_data.codec}`;
    const encoding = meta_data.encodings.find((name) => !ENCODINGS.includes(name));
    if (encoding !== undefined) return `it is encoded as ${encoding}`;
    unpackedBytes += Number(meta_data.total_uncompressed_size);
  }
  // By the footer's word.
  return unpackedBytes > contentBytes ? "it holds more than a worker reads" : null;
}

/**
 * The metadata without what the used columns' values mean, so that the library hands them over as they are stored: it
 * would round decimals and cut timestamps to milliseconds.
 */
function withStoredTypes(metadata: FileMetaData, used: ReadonlySet<string>): FileMetaData {
  const schema = metadata.schema.map((element) => {
    if (!used.has(element.name)) return element;
    const { converted_type, logical_type, scale, precision, ...stored } = element;
    return stored;
  });
  return { ...metadata, schema };
}

async function readPieces(
  metadata: FileMetaData,
  bytes: Buffer,
  columns: string[],
): Promise<Map<string, StoredPiece[]>> {
  const pieces = new Map<string, StoredPiece[]>(columns.map((name) => [name, []]));
  const { buffer, byteOffset, byteLength } = bytes;
  const slice = (start: number, end = byteLength) =>
    (buffer as ArrayBuffer).slice(byteOffset + start, byteOffset + end);
  await parquetRead({
    file: { byteLength, slice },
    metadata,
    columns,
    compressors: COMPRESSORS,
    utf8: false,
    onChunk: ({ columnName, columnData, rowStart }) => {
      pieces.get(columnName)?.push({ rowStart, values: columnData });
    },
  });
  return pieces;
}

function rowsFrom(
  pieces: ReadonlyMap<string, StoredPiece[]>,
  wanted: {
    readonly columns: readonly ReadColumn[];
    readonly converters: readonly ColumnFromPieces[];
    readonly rowCount: number;
  },
): Rows | FileDeclined {
  const { rowCount } = wanted;
  const columns: Rows["columns"][number][] = [];
  for (const [i, { name }] of wanted.columns.entries()) {
    const inOrder = pieces.get(name)!.toSorted((a, b) => a.rowStart - b.rowStart);
    const reason = whyNotWhole(inOrder, rowCount);
    if (reason !== null) return declined(`column "${name}" ${reason}`);
    const column = wanted.converters[i]!(inOrder, rowCount);
    if ("declined" in column) return declined(column.declined);
    columns.push(column);
  }
  return { rowCount, columns };
}

function whyNotWhole(pieces: readonly StoredPiece[], rowCount: number): string | null {
  let row = 0;
  for (const { rowStart, values } of pieces) {
    if (rowStart !== row) return "has a gap";
    row += values.length;
    if (Array.isArray(values) && values.includes(undefined)) return "has a value that its dictionary lacks";
  }
  return row === rowCount ? null : `has ${row} values for ${rowCount} rows`;
}
