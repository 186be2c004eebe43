import type { PredictedColumn, PredictedValues } from "../run/predicted.ts";

/** A column of predictions that has values, or is to be one. */
export interface ValueColumn {
  readonly name: string;
  readonly type: PredictedValues["type"];
}

/**
 * What the columns of one prediction are, in the order in which the trainer gave them. `none` stands for a column
 * without any value, which fits every type.
 */
export type PredictionShape = readonly {
  readonly name: string;
  readonly type: ValueColumn["type"] | "none";
}[];

/** The shape of what a trainer predicted. */
export function shapeOf(columns: readonly PredictedColumn[]): PredictionShape {
  return columns.map(({ name, values }) => ({ name, type: hasValue(values) ? values.type : "none" }));
}

/** A shape in the order of its names: two shapes whose order alone differs are the same. */
export function sortedShape(shape: PredictionShape): PredictionShape {
  return shape.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A shape and how many partitions were predicted in it. */
export interface CountedShape {
  readonly shape: PredictionShape;
  readonly partitionCount: number;
}

/**
 * What the columns of all predictions are: the names that most partitions have, in the order of the first shape with
 * them, and for each the type that most have; numbers, where none has a value. Between equals the first shape decides.
 */
export function commonShape(shapes: readonly CountedShape[]): ValueColumn[] {
  const names = mostFrequent(shapes.map(({ shape, ...rest }) => ({ value: namesOf(shape), ...rest })));
  const alike = shapes.filter(({ shape }) => namesOf(shape) === names);
  return (alike[0]?.shape ?? []).map(({ name }) => {
    const types = alike.flatMap(({ shape, partitionCount }) => {
      const { type } = shape.find((column) => column.name === name)!;
      return type === "none" ? [] : [{ value: type, partitionCount }];
    });
    return { name, type: mostFrequent(types) ?? "double" };
  });
}

function mostFrequent<Value>(
  counted: readonly { readonly value: Value; readonly partitionCount: number }[],
): Value | undefined {
  const counts = new Map<Value, number>();
  for (const { value, partitionCount } of counted) {
    counts.set(value, (counts.get(value) ?? 0) + partitionCount);
  }
  const most = Math.max(...counts.values());
  return [...counts.keys()].find((value) => counts.get(value) === most);
}

/** Whether a shape has the names of another and, where it has values, its types. */
export function fitsShape(shape: PredictionShape, other: PredictionShape): boolean {
  if (namesOf(shape) !== namesOf(other)) return false;
  return shape.every(({ name, type }) => {
    return type === "none" || other.some((column) => column.name === name && column.type === type);
  });
}

/** A shape for a message. */
export function shapeText(shape: PredictionShape): string {
  const texts = shape.map(({ name, type }) => `${JSON.stringify(name)} (${type === "none" ? "null" : type})`);
  return texts.join(", ") || "none";
}

function namesOf(shape: PredictionShape): string {
  return JSON.stringify(sortedShape(shape).map((column) => column.name));
}

function hasValue(values: PredictedValues): boolean {
  if (values.type === "text") return values.values.some((text) => text !== null);
  return values.isValid.includes(1);
}
