import type { FitState, KeyValue, Manifest, OpenedRun, SkipReason } from "../index.ts";
import { messagePatternSql } from "../run/message-pattern.ts";
import { formatQuantity } from "./format-number.ts";
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

/** Causes of one kind, as many as there are: the most frequent, and how many the others are. */
export interface CauseList {
  /** The most frequent first, at most {@link SHOWN_CAUSES}. */
  readonly causes: readonly Cause[];
  /** Causes that are not listed. */
  readonly otherCauses: number;
  /** Partitions that they have together; of warnings one counts for each of its own. */
  readonly otherPartitions: number;
}

/** What was not plainly well in a run. */
export interface Causes {
  readonly failed: CauseList;
  readonly timedOut: CauseList;
  readonly lost: CauseList;
  readonly skipped: CauseList;
  readonly warnings: CauseList;
}

/** Causes of one kind that are listed: a page holds them, however many there are. */
export const SHOWN_CAUSES = 10;

/** Keys that stand for a cause. */
const EXAMPLES = 3;

/** What decides in a run which partitions are skipped, as its manifest and its job file have it. */
export interface SkipRules {
  readonly job: Pick<Manifest["job"], "module" | "rowPolicy">;
  readonly resultSchema: Pick<Manifest["resultSchema"], "form" | "terms">;
}

/** The ledger of a run, and how to read it; of a run that is not committed, of the partitions that are answered. */
export interface CausesSource extends SkipRules {
  readonly run: OpenedRun;
  readonly keys: Manifest["keys"];
}

/**
 * Groups what the ledger says of partitions that are not plainly fitted. Errors and warnings are one cause when they
 * have the same code and the same {@link messagePatternSql} of their messages.
 */
export async function readCauses({ run, keys: fields, ...rules }: CausesSource): Promise<Causes> {
  const unfitted = await readGroups(
    run,
    "select partition, state, coalesce(reason, error_code, '') as code, error_message as message, error_stack as stack from ledger where state <> 'fitted'",
  );
  const warnings = await readGroups(
    run,
    "select partition, 'fitted' as state, warning.code as code, warning.message as message, null::VARCHAR as stack from (select partition, unnest(warnings) as warning from ledger where len(warnings) > 0)",
  );
  const examples = [...unfitted, ...warnings].flatMap((group) => group.partitions);
  const keys = await readKeys(run, fields, examples);
  const causeOf = ({ state, code, message, stack, count, partitions }: Group): Cause => ({
    state,
    code,
    place: stack === null ? null : userPlace(stack),
    message: state === "skipped" ? skipMeaning(rules, code as SkipReason) : message,
    partitions: count,
    examples: partitions.map((partition) => keys.get(partition)!),
  });
  const listOf = (all: readonly Group[], state: FitState): CauseList => {
    const groups = all.filter((group) => group.state === state);
    const [first] = groups;
    const partitions = groups.reduce((sum, group) => sum + group.count, 0);
    return {
      causes: groups.map(causeOf),
      otherCauses: (first?.causesOfState ?? 0) - groups.length,
      otherPartitions: (first?.partitionsOfState ?? 0) - partitions,
    };
  };
  return {
    failed: listOf(unfitted, "failed"),
    timedOut: listOf(unfitted, "timed_out"),
    lost: listOf(unfitted, "lost"),
    skipped: listOf(unfitted, "skipped"),
    warnings: listOf(warnings, "fitted"),
  };
}

/** What the reason of a skip means in a run. */
export function skipMeaning({ job, resultSchema }: SkipRules, reason: SkipReason): string {
  if (reason === "no_rows") return "no usable row";
  const { nulls, minRows, holdout } = job.rowPolicy;
  const isDocument = resultSchema.form === "document";
  const needed = isDocument ? (job.module?.minRows ?? 0) : resultSchema.terms.length;
  const own = isDocument
    ? "fewer rows than the trainer needs (minRows)"
    : "fewer usable rows than coefficients";
  const told = `fewer than ${formatQuantity(minRows, nulls === "keep" ? "row" : "usable row")} (--min-rows)`;
  const few = minRows > needed ? told : own;
  return holdout === null ? few : `${few}, without those held out (--holdout ${holdout.share})`;
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
  /** Examples. */
  readonly partitions: readonly number[];
  /** Groups and partitions of the same state, listed or not. */
  readonly causesOfState: number;
  readonly partitionsOfState: number;
}

/** `remarks` is SQL that gives `partition`, `state`, `code`, `message` and `stack`. */
async function readGroups(run: OpenedRun, remarks: string): Promise<Group[]> {
  const pattern = messagePatternSql("coalesce(message, '')");
  // A partition may have warned several times of one thing. Messages and stacks are long: only those that are listed
  // are brought together, of the first partition of each cause.
  const { rows } = await run.query(
    `with remarks as not materialized (${remarks}),
     each as (select distinct partition, state, code, ${pattern} as pattern from remarks),
     causes as (
       select state, code, pattern, count(*) as n, min(partition, ${EXAMPLES}) as examples
       from each group by state, code, pattern
     ), ranked as (
       select *, count(*) over (partition by state) as causes, sum(n) over (partition by state) as total,
         row_number() over (partition by state order by n desc, examples[1], code, pattern) as place
       from causes
     ), listed as (select *, examples[1] as partition from ranked where place <= ${SHOWN_CAUSES}),
     said as (
       select *, ${pattern} as pattern from remarks where partition in (select partition from listed)
     )
     select state, code, min(message), min(stack), any_value(n), any_value(examples), any_value(causes),
       any_value(total)
     from listed join said using (partition, state, code, pattern)
     group by state, place, code order by state, place`,
  );
  return rows.map(([state, code, message, stack, count, partitions, causes, total]) => ({
    state: state as FitState,
    code: String(code),
    message: message === null ? "" : String(message),
    stack: stack === null ? null : String(stack),
    count: Number(count),
    partitions: (partitions as readonly Cell[]).map(Number),
    causesOfState: Number(causes),
    partitionsOfState: Number(total),
  }));
}
