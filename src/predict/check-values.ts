import type { Connection } from "../duckdb/duckdb.ts";
import type { Input } from "./input.ts";
import { readExpressions } from "./input-relation.ts";
import type { TrainedRun } from "./trained-run.ts";

/** Reads every value of an input that models read or that is written; what DuckDB throws names the first that is bad. */
export async function checkValues(input: Input, trained: TrainedRun, connection: Connection): Promise<void> {
  const values = [...readExpressions(input, trained), ...input.written.map((_, i) => `${input.prefix}${i}`)];
  const hashes = values.map((sql) => `bit_xor(hash(${sql}))`).join(", ");
  await connection.run(`select ${hashes} from ${input.typed}`);
}
