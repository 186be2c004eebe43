import type { FitState, KeyValue, Manifest, OpenedRun, SkipReason } from "../index.ts";
import type { CommittedRun } from "./run-argument.ts";
import { type Cell, keyFromCells, keySelectList } from "./stored-key.ts";
import { userPlace } from "./user-place.ts";

/** Partitions that share a fate for one cause. */
export interface Cause {
  readonly state: FitState;
  /** Reason of a skip, code of an error or of a warning. */
  readonly code: string;
  /** What was said of one of them; of a skip, what its reason means. */
  readonly message: string;
  /** Where in the user's trainer it came from, of the same one: `trainer.ts:12:7`; null where that is not known. */
  readonly place: string | null;
  readonly partitions: number;
  /** Keys of the first of them in key order, at most {@link EXAMPLES}. */
  readonly examples: readonly (readonly KeyValue[])[];
}

/** What was not plainly well in a run, the most frequent causes first. */
export interface Causes {
  readonly skips: readonly Cause[];
  readonly failures: readonly Cause[];
  readonly warnings: readonly Cause[];
}

/** Keys that stand for a cause. */
const EXAMPLES = 3;

/**
 * Groups what the ledger says of partitions that are not plainly fitted. Errors and warnings are one cause when they
 * have the same code and the same message but for its numbers.
 */
export async function readCauses({ run, manifest }: CommittedRun): Promise<Causes> {
  const rows = await readGroups(
    run,
    "state, coalesce(reason, error_code, '') as code, error_message as message, error_stack as stack",
    "ledger where state <> 'fitted'",
  );
  const warnings = await readGroups(
    run,
    "state, warning.code as code, warning.message as message, null as stack",
    "(select partition, state, unnest(warnings) as warning from ledger where len(warnings) > 0)",
  );
  const keys = await readKeys(
    run,
    manifest.keys,
    [...rows, ...warnings].flatMap((group) => group.partitions),
  );
  const causeOf = ({ state, code, message, stack, count, partitions }: Group): Cause => ({
    state,
    code,
    place: stack === null ? null : userPlace(stack),
    message: state === "skipped" ? skipMeaning(manifest, code as SkipReason) : message,
    partitions: count,
    examples: partitions.map((partition) => keys.get(partition)!),
  });
  return {
    skips: rows.filter((group) => group.state === "skipped").map(causeOf),
    failures: rows.filter((group) => group.state !== "skipped").map(causeOf),
    warnings: warnings.map(causeOf),
  };
}

/** What the reason of a skip means in a run. */
export function skipMeaning({ resultSchema }: Pick<Manifest, "resultSchema">, reason: SkipReason): string {
  if (reason === "no_rows") return "no usable row";
  return resultSchema.form === "document"
    ? "fewer rows than the trainer needs (minRows)"
    : "fewer usable rows than coefficients";
}

/** Keys of partitions by their number. */
export async function readKeys(
  run: OpenedRun,
  fields: Manifest["keys"],
  partitions: readonly number[],
): Promise<Map<number, KeyValue[]>> {
  if (partitions.length === 0) return new Map();
  const columns = ["l.partition", ...keySelectList(fields, "l")];
  const { rows } = await run.query(
    `select ${columns.join(", ")} from ledger l where l.partition in (${[...new Set(partitions)].join(", ")})`,
  );
  return new Map(rows.map(([partition, ...cells]) => [Number(partition), keyFromCells(fields, cells)]));
}

interface Group {
  readonly state: FitState;
  readonly code: string;
  readonly message: string;
  readonly stack: string | null;
  readonly count: number;
  readonly partitions: readonly number[];
}

async function readGroups(run: OpenedRun, columns: string, from: string): Promise<Group[]> {
  const { rows } = await run.query(
    `select state, code, arg_min(message, partition), arg_min(stack, partition), count(distinct partition) as n, list_sort(list_distinct(min(partition, ${EXAMPLES})))
    from (select partition, ${columns} from ${from})
    group by state, code, regexp_replace(coalesce(message, ''), '[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?', '0', 'g')
    order by n desc, min(partition)`,
  );
  return rows.map(([state, code, message, stack, count, partitions]) => ({
    state: state as FitState,
    code: String(code),
    message: message === null ? "" : String(message),
    stack: stack === null ? null : String(stack),
    count: Number(count),
    partitions: (partitions as readonly Cell[]).map(Number),
  }));
}
