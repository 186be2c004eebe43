import { ManyfitError } from "../errors.ts";
import { isPlaceColumn } from "./text/place-columns.ts";

/**
 * Checks that columns can be told apart by their names, whatever the case.
 * @throws ManyfitError `source_unreadable`
 */
export function checkNames(names: readonly string[], path: string): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    if (isPlaceColumn(name)) {
      throw new ManyfitError("source_unreadable", `${path}: column "${name}" has a reserved name; rename it`);
    }
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined) {
      throw new ManyfitError(
        "source_unreadable",
        `${path}: columns "${twin}" and "${name}" cannot be told apart (case does not count); rename one`,
      );
    }
    seen.set(name.toLowerCase(), name);
  }
}
