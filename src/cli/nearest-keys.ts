import type { KeyValue } from "../index.ts";
import { displayKey } from "../key/display-key.ts";
import type { CommittedRun } from "./run-argument.ts";
import { sqlName, sqlText } from "./sql-text.ts";
import { keyFromCells, keyPredicate, keySelectList } from "./stored-key.ts";

const SHOWN_KEYS = 3;

/**
 * The keys of a run that are most like one that it does not have, as text for a message: by the letters of text
 * fields (Jaro-Winkler, in any case), by equality of others. Fields that are equal count most.
 */
export async function nearestKeys(
  { run, manifest }: CommittedRun,
  key: readonly KeyValue[],
): Promise<string[]> {
  const { keys } = manifest;
  const likeness = keys.map((field, i) => {
    const value = key[i] ?? null;
    const isEqual = `if(${keyPredicate([field], [value], "l")}, 2, 0)`;
    if (field.type !== "text" || value === null) return isEqual;
    const column = `lower(coalesce(l.${sqlName(field.column)}, ''))`;
    return `${isEqual} + jaro_winkler_similarity(${column}, lower(${sqlText(String(value))}))`;
  });
  const { rows } = await run.query(
    `select ${keySelectList(keys, "l").join(", ")} from ledger l order by ${likeness.join(" + ")} desc, l.partition limit ${SHOWN_KEYS}`,
  );
  return rows.map((cells) => displayKey(keys, keyFromCells(keys, cells)));
}
