/** Why the engine ends a worker, or why V8 did when its heap was full. */
export type WorkerEnd =
  | {
      readonly kind: "timed_out";
      /** The partition whose fit took too long. */
      readonly partition: number;
      readonly timeoutMs: number;
    }
  | {
      readonly kind: "memory_exceeded";
      /** Resident bytes that were found; null where the JavaScript heap was full before. */
      readonly usedBytes: number | null;
      /** Null where nothing was told, and the heap has the size that V8 gives it. */
      readonly allowedBytes: number | null;
    };

/**
 * What a worker did, for a message that begins with its name, such as `worker 1`; `when` is said of memory, such as
 * `while it was fitted`.
 */
export function endText(name: string, end: WorkerEnd, when = ""): string {
  if (end.kind === "timed_out") return `${name} was ended: ${overdueText(end.timeoutMs)}`;
  const { usedBytes, allowedBytes } = end;
  const did =
    usedBytes === null
      ? `the JavaScript heap of ${name} was full`
      : `${name} took ${megabytes(usedBytes, Math.ceil)} of memory`;
  const allowed =
    allowedBytes === null
      ? "as much as V8 gives it by itself"
      : `${megabytes(allowedBytes, Math.floor)} are allowed (--memory-per-worker)`;
  return `${did}${when === "" ? "" : ` ${when}`}, ${allowed}`;
}

/** What is said of a fit, or of a prediction, that took too long. */
export function overdueText(timeoutMs: number, doing: "fit" | "predict" = "fit"): string {
  const limit = timeoutMs >= 1000 ? `${timeoutMs / 1000} s` : `${timeoutMs} ms`;
  return `${doing} took longer than ${limit} (--timeout)`;
}

/** Rounded so that what is too much never reads as what is allowed. */
function megabytes(bytes: number, round: (value: number) => number): string {
  return `${round(bytes / 1e6)} MB`;
}
