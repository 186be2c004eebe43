/** A file that a worker runs: its path, or a role of a file that has several and finds it as its first argument. */
export type WorkerEntry = string | RoleEntry;

/** One of the roles of a file. */
export interface RoleEntry {
  readonly path: string;
  readonly role: string;
}

/** What is started: the file, and its arguments. */
export function startOf(entry: WorkerEntry): { readonly path: string; readonly argv: string[] } {
  return typeof entry === "string" ? { path: entry, argv: [] } : { path: entry.path, argv: [entry.role] };
}
