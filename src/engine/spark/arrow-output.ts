import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type DataType, DataTypeSchema } from "#spark-connect/types";

/** A column that a function of Python's gives, with its type as Spark's JSON has it. */
export type OutputColumn = readonly [name: string, type: "binary" | "integer" | "long" | "string"];

/** The result of a function on Arrow, as a relation and as a pickled function tell it. */
export interface ArrowOutput {
  readonly type: DataType;
  readonly json: string;
}

/** Columns, each of which may be NULL. */
export function arrowOutput(columns: readonly OutputColumn[]): ArrowOutput {
  const types = columns.map(([name, type]) => {
    const kind = { case: type, value: {} } as MessageInitShape<typeof DataTypeSchema>["kind"];
    return { name, dataType: { kind }, nullable: true };
  });
  const struct = { case: "struct", value: { fields: types } };
  const fields = columns.map(([name, type]) => ({ name, type, nullable: true, metadata: {} }));
  return {
    type: create(DataTypeSchema, { kind: struct } as MessageInitShape<typeof DataTypeSchema>),
    json: JSON.stringify({ type: "struct", fields }),
  };
}
