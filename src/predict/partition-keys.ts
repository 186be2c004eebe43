import type { Connection } from "../duckdb/duckdb.ts";
import { keyColumnFrom, readExpression } from "../duckdb/read-key-column.ts";
import type { KeyList } from "../key/key-list.ts";
import { createKeyListBuilder } from "../key/key-list-builder.ts";
import type { KeyField } from "../key/key-type.ts";

/** The keys in the columns `k0 …` of a relation, in the order of its rows. `sql` is what stands behind `from`. */
export async function readKeys(
  sql: string,
  fields: readonly KeyField[],
  connection: Connection,
): Promise<KeyList> {
  const builder = createKeyListBuilder(fields.map((field) => field.type));
  const columns = ["0::integer", ...fields.map(({ type }, i) => readExpression(type, `k${i}`))];
  for await (const batch of connection.batches(`select ${columns.join(", ")} from ${sql}`)) {
    builder.appendColumns(
      fields.map(({ type }, i) => keyColumnFrom(batch, i + 1, type)),
      batch.rowCount,
    );
  }
  return builder.toKeyList();
}
