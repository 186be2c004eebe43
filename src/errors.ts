import { distance } from "fastest-levenshtein";

/**
 * Every way in which manyfit itself refuses or stops, as a closed set. A failed fit is not among them: it is a
 * row of the ledger, not an error.
 */
export type ErrorCode =
  | "invalid_option"
  | "unknown_column"
  | "unknown_estimator"
  | "unsupported_type"
  | "trainer_invalid"
  | "source_not_found"
  | "source_empty"
  | "source_unreadable"
  | "source_changed"
  | "memory_exceeded"
  | "run_not_found"
  | "run_not_committed"
  | "run_locked"
  | "run_damaged"
  | "run_unwritable"
  | "key_not_found"
  | "unknown_keys"
  | "query_refused"
  | "worker_failed"
  | "failure_budget_spent"
  | "interrupted"
  | "spark_unreachable"
  | "spark_refused"
  | "spark_failed"
  | "spark_lost"
  | "internal";

/** What {@link ManyfitError} takes beside code and message. */
export interface ManyfitErrorOptions {
  /** The error that led to this one, kept whole. */
  readonly cause?: unknown;
}

/**
 * The one error class of manyfit. Its message is a sentence for a person: lower case, subject first, what was
 * found, what was allowed, what to do. Programs branch on {@link ManyfitError.code}.
 */
export class ManyfitError extends Error {
  /** What kind of refusal this is. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ManyfitErrorOptions) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ManyfitError";
    this.code = code;
  }
}

/** Any thrown value as a {@link ManyfitError}: itself when it is one, else code `internal` with the value as cause. */
export function errorFrom(thrown: unknown): ManyfitError {
  if (thrown instanceof ManyfitError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ManyfitError("internal", message, { cause: thrown });
}

/**
 * The ending of a message about an unknown name: the nearest allowed name where one is near (at most two in
 * five of its letters differ), and the allowed names, at most twelve of them.
 */
export function suggestName(name: string, allowed: readonly string[]): string {
  const folded = name.toLowerCase();
  let nearest: string | undefined;
  let nearestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of allowed) {
    const d = distance(folded, candidate.toLowerCase());
    if (d < nearestDistance) [nearest, nearestDistance] = [candidate, d];
  }
  const isNear =
    nearest !== undefined &&
    nearestDistance < nearest.length &&
    nearestDistance <= Math.ceil(nearest.length * 0.4);
  const listed =
    allowed.slice(0, 12).join(", ") + (allowed.length > 12 ? `, … (${allowed.length} in all)` : "");
  return isNear ? `did you mean ${nearest}? (there are: ${listed})` : `there are: ${listed}`;
}
