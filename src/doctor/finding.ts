/** What was looked at in one place, and what was found there. */
export interface Finding {
  /** Such as `Node` or `pandas`. */
  readonly name: string;
  /** Who needs it: every run, only trainers in Python, or only runs on a Spark cluster. */
  readonly part: "manyfit" | "python" | "spark";
  /** `absent`: it is not there, and whoever does not use it does without. `broken`: what uses it fails. */
  readonly state: "ok" | "absent" | "broken";
  /** Its version or size; null where there is none. */
  readonly found: string | null;
  /** What belongs to it, such as the lowest version; null for nothing. */
  readonly note: string | null;
  /** What is wrong; null where all is well, and where it is only not there. */
  readonly problem: string | null;
  /** Null where there is nothing to mend, or no command that does. */
  readonly mend: Mend | null;
  /** The same for programs: versions as text, sizes in bytes. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** What mends a finding. */
export interface Mend {
  /** One line for a shell. */
  readonly command: string;
  /** What to do afterwards; null for nothing. */
  readonly afterwards: string | null;
}

/** A finding in which all is well. */
export function wellFound(
  about: Pick<Finding, "name" | "part" | "facts"> & { readonly found: string; readonly note?: string },
): Finding {
  return { note: null, ...about, state: "ok", problem: null, mend: null };
}
