import type { Connection } from "../duckdb/duckdb.ts";
import { ManyfitError } from "../errors.ts";
import type { KeyField } from "../key/key-type.ts";
import type { Relation } from "../source/relation.ts";
import type { PartitionLookup } from "../source/stream-rows.ts";
import { partitionExamples, unknownExamples } from "./example-keys.ts";
import { joinLookup } from "./run-lookup.ts";

/** What is counted of rows without a model. */
interface Missing extends Readonly<Record<string, number>> {
  readonly unknown: number;
  readonly unfitted: number;
}

/**
 * Makes sure that every row has a model.
 * @throws ManyfitError `unknown_keys` when the key of one is not in the run, or was not fitted.
 */
export async function checkKnown(
  relation: Relation,
  lookup: PartitionLookup,
  fields: readonly KeyField[],
  connection: Connection,
): Promise<void> {
  const names = fields.map((_, i) => `r.k${i}`).join(", ");
  // Rows are counted key by key, so that keys are counted with them.
  const missing = await connection.rows<Missing>(
    `select (partition is null)::integer as unknown, (partition is not null)::integer as unfitted,
       count(*)::double as keys, sum(n)::double as rows
     from (select d.partition, count(*) as n from ${relation.sql} r ${joinLookup(lookup)}
       where d.partition is null or d.reason is not null group by ${names === "" ? "" : `${names}, `}d.partition)
     group by all`,
  );
  if (missing.length === 0) return;
  const unknown = missing.find((row) => row.unknown === 1);
  const unfitted = missing.find((row) => row.unfitted === 1);
  const parts: string[] = [];
  if (unknown !== undefined) {
    const examples = await unknownExamples(relation, lookup, fields, connection);
    parts.push(`${amount(unknown)} that the run does not have, such as ${examples.join("; ")}`);
  }
  if (unfitted !== undefined) {
    const partitions = `select d.partition from ${relation.sql} r ${joinLookup(lookup)} where d.reason is not null`;
    const examples = await partitionExamples(partitions, lookup, fields, connection);
    parts.push(`${amount(unfitted)} that the run did not fit, such as ${examples.join("; ")}`);
  }
  const advice =
    "train with these keys, leave their rows out with --where, or predict NULL for them with --unknown null";
  throw new ManyfitError("unknown_keys", `source has ${parts.join(", and ")}; nothing is written; ${advice}`);
}

function amount(missing: Missing): string {
  const [rows, keys] = [missing["rows"]!, missing["keys"]!];
  return `${rows} ${rows === 1 ? "row" : "rows"} of ${keys} ${keys === 1 ? "key" : "keys"}`;
}
