import type { Manifest } from "../index.ts";
import type { PartitionRecord } from "./partition-records.ts";
import type { Cell } from "./stored-key.ts";

/** One number of a model as a column. */
export interface ModelColumn {
  /** The name of the field; of a list with one number per feature, the feature. */
  readonly title: string;
  readonly cellOf: (record: PartitionRecord) => Cell;
}

/**
 * The numbers of a run's models as columns, each with a title of its own: a feature whose name is `taken`, by a key for
 * example, is called `coefficients.name`.
 */
export function modelColumns(manifest: Manifest, taken: readonly string[]): ModelColumn[] {
  const { features } = manifest.job.trainerColumns;
  const titles = new Set(taken);
  const titleOf = (name: string, field: string): string => {
    const title = titles.has(name) ? `${field}.${name}` : name;
    titles.add(title);
    return title;
  };
  return manifest.resultSchema.model.flatMap(({ name, listLength }, i): ModelColumn[] => {
    if (listLength === null)
      return [{ title: titleOf(name, "model"), cellOf: ({ model }) => model[i] ?? null }];
    return Array.from({ length: listLength }, (_, at) => ({
      title: titleOf(listLength === features.length ? features[at]! : `${name}[${at + 1}]`, name),
      cellOf: ({ model }) => listCell(model[i], at),
    }));
  });
}

/** A model as JSON: numbers by field name; a list with one number per feature as an object by feature. */
export function modelToJson(
  { job, resultSchema }: Manifest,
  { state, model }: PartitionRecord,
): object | null {
  if (state !== "fitted") return null;
  const { features } = job.trainerColumns;
  return Object.fromEntries(
    resultSchema.model.map(({ name, listLength }, i) => {
      if (listLength === null || listLength !== features.length) return [name, model[i]];
      return [name, Object.fromEntries(features.map((feature, at) => [feature, listCell(model[i], at)]))];
    }),
  );
}

function listCell(cell: Cell | undefined, at: number): Cell {
  return Array.isArray(cell) ? ((cell as readonly Cell[])[at] ?? null) : null;
}
