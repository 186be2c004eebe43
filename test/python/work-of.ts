import type { PythonWork } from "../../src/protocol/python-message.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";

/** A value of a cell; numbers for dates and timestamps too, as milliseconds since 1970. */
export type Cell = number | string | boolean | null;

/** Rows, column by column. */
export type Cells = Readonly<Record<string, readonly Cell[]>>;

/** One partition as tests write it. Defaults: no row held out, no key, seed 0. */
export interface TestPartition {
  readonly used: Cells;
  readonly heldOut?: Cells;
  readonly key?: readonly unknown[];
  readonly seed?: number;
}

const TYPES = {
  double: { type: "double", isInteger: false },
  integer: { type: "double", isInteger: true },
  text: { type: "text", isInteger: false },
  boolean: { type: "boolean", isInteger: false },
  date: { type: "date", isInteger: false },
  timestamp: { type: "timestamp", isInteger: false },
} as const;

/** Columns by their types, all of which tell NULL from NaN. */
export function columnsOf(types: Readonly<Record<string, keyof typeof TYPES>>): ReadColumn[] {
  return Object.entries(types).map(([name, type]) => ({ name, ...TYPES[type], hasValidity: true }));
}

/** The partitions of a message, laid out as the contract says, cell by cell. */
export function workOf(columns: readonly ReadColumn[], partitions: readonly TestPartition[]): PythonWork {
  const numbers: number[] = [];
  const [bytes, ends, valid, hasNull]: number[][] = [[], [], [], []];
  const addBlock = (cells: Cells | undefined): void => {
    const rows = rowCountOf(cells);
    for (const column of columns) {
      const values = cells?.[column.name] ?? [];
      if (values.length !== rows)
        throw new Error(`column ${column.name} has ${values.length} of ${rows} rows`);
      const isNull = column.hasValidity && values.includes(null);
      hasNull!.push(isNull ? 1 : 0);
      for (const value of isNull ? values : []) valid!.push(value === null ? 0 : 1);
      if (column.type === "text") addTexts(values);
      else for (const value of values) numbers.push(value === null ? Number.NaN : Number(value));
    }
    while (numbers.length % 8 !== 0) numbers.push(0);
  };
  const addTexts = (values: readonly Cell[]): void => {
    const start = bytes!.length;
    ends!.push(0);
    for (const value of values) {
      bytes!.push(...Buffer.from(value === null ? "" : String(value)));
      ends!.push(bytes!.length - start);
    }
  };
  for (const { used, heldOut } of partitions) {
    addBlock(used);
    addBlock(heldOut);
  }
  return {
    count: partitions.length,
    rows: Uint32Array.from(partitions, ({ used }) => rowCountOf(used)),
    heldOut: Uint32Array.from(partitions, ({ heldOut }) => rowCountOf(heldOut)),
    keys: partitions.map(({ key = [] }) => key),
    seeds: Uint32Array.from(partitions, ({ seed = 0 }) => seed),
    numbers: Float64Array.from(numbers),
    texts: { bytes: Uint8Array.from(bytes!), ends: Int32Array.from(ends!) },
    valid: Uint8Array.from(valid!),
    hasNull: Uint8Array.from(hasNull!),
  };
}

function rowCountOf(cells: Cells | undefined): number {
  return Object.values(cells ?? {})[0]?.length ?? 0;
}
