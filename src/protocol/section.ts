/** The kinds of memory that a message may hold, each with the bytes of one entry. `buffer` is memory without a type. */
const ENTRY_BYTES = {
  buffer: 1,
  text: 1,
  int8: 1,
  uint8: 1,
  uint8Clamped: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  float64: 8,
  int64: 8,
  uint64: 8,
} as const;

/** What a section of a frame holds. */
export type SectionKind = keyof typeof ENTRY_BYTES;

/** A section as the header of its frame names it: kind and number of entries. */
export type SectionReference = readonly [kind: SectionKind, length: number];

/** A section with its bytes: a view on the memory of the message, not a copy. */
export interface Section {
  readonly kind: SectionKind;
  readonly bytes: Uint8Array;
}

type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

type TypedArrayConstructor = new (memory: ArrayBuffer, start: number, length: number) => TypedArray;

const CONSTRUCTORS: ReadonlyMap<SectionKind, TypedArrayConstructor> = new Map<
  SectionKind,
  TypedArrayConstructor
>([
  ["int8", Int8Array],
  ["uint8", Uint8Array],
  ["uint8Clamped", Uint8ClampedArray],
  ["int16", Int16Array],
  ["uint16", Uint16Array],
  ["int32", Int32Array],
  ["uint32", Uint32Array],
  ["float32", Float32Array],
  ["float64", Float64Array],
  ["int64", BigInt64Array],
  ["uint64", BigUint64Array],
]);

const KIND_OF_TAG: Readonly<Record<string, SectionKind>> = {
  Int8Array: "int8",
  Uint8Array: "uint8",
  Uint8ClampedArray: "uint8Clamped",
  Int16Array: "int16",
  Uint16Array: "uint16",
  Int32Array: "int32",
  Uint32Array: "uint32",
  Float32Array: "float32",
  Float64Array: "float64",
  BigInt64Array: "int64",
  BigUint64Array: "uint64",
};

/** The section of a typed array or of memory, shared or not; null for every other value. */
export function sectionOf(value: object): Section | null {
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return { kind: "buffer", bytes: new Uint8Array(value) };
  }
  if (!ArrayBuffer.isView(value)) return null;
  // A Buffer is a Uint8Array, and arrives as one.
  const kind =
    KIND_OF_TAG[(value as unknown as { readonly [Symbol.toStringTag]: string })[Symbol.toStringTag]];
  if (kind === undefined) return null;
  return { kind, bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
}

/** How the header names a section. */
export function referenceOf({ kind, bytes }: Section): SectionReference {
  return [kind, bytes.byteLength / ENTRY_BYTES[kind]];
}

/** Bytes of a section that a header names, without padding; null where the header names nonsense. */
export function sectionBytes(reference: SectionReference): number | null {
  if (!Array.isArray(reference) || !Object.hasOwn(ENTRY_BYTES, reference[0])) return null;
  const [kind, length] = reference;
  return Number.isSafeInteger(length) && length >= 0 ? length * ENTRY_BYTES[kind] : null;
}

/** The value of a section that begins at `start` of `memory`, a multiple of 8: a view on it. */
export function valueOfSection(
  [kind, length]: SectionReference,
  memory: ArrayBuffer,
  start: number,
): unknown {
  if (kind === "buffer") return memory;
  if (kind === "text") return Buffer.from(memory, start, length).toString("utf8");
  return new (CONSTRUCTORS.get(kind)!)(memory, start, length);
}
