import type { JsonValue, Manifest } from "../index.ts";
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
  const features = manifest.job.trainerColumns?.features ?? [];
  const titles = new Set(taken);
  const titleOf = (name: string, field: string): string => takeTitle(titles, name, field);
  return manifest.resultSchema.model.flatMap(({ name, listLength }, i): ModelColumn[] => {
    if (listLength === null)
      return [{ title: titleOf(name, "model"), cellOf: ({ model }) => model[i] ?? null }];
    return Array.from({ length: listLength }, (_, at) => ({
      title: titleOf(listLength === features.length ? features[at]! : `${name}[${at + 1}]`, name),
      cellOf: ({ model }) => listCell(model[i], at),
    }));
  });
}

/** A title that is not taken, and is from now on: the name, or `field.name` where another column has the name. */
export function takeTitle(taken: Set<string>, name: string, field: string): string {
  let title = name;
  while (taken.has(title)) title = `${field}.${title}`;
  taken.add(title);
  return title;
}

/**
 * A model as JSON: a document as it is; of an estimator, numbers by field name, a list with one number per feature as an
 * object by feature. Null where there is none, and for bytes.
 */
export function modelToJson(
  { job, resultSchema }: Manifest,
  { state, model, document }: PartitionRecord,
): object | JsonValue {
  if (state !== "fitted") return null;
  if (resultSchema.form === "document") {
    const json = document?.json ?? null;
    return json === null ? null : (JSON.parse(json) as JsonValue);
  }
  const features = job.trainerColumns?.features ?? [];
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
