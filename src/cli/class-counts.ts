import { formatCount } from "./format-number.ts";
import type { CommittedRun } from "./run-argument.ts";
import { lineText } from "./safe-text.ts";

/** How many models of a run are of a class. */
export interface ClassCount {
  /** Dotted name, such as `sklearn.linear_model.LinearRegression`. */
  readonly name: string;
  readonly models: number;
}

/** Classes that are named; a line holds them. */
const SHOWN_CLASSES = 5;

/** The classes of a run's models, most frequent first; none but of Python's. */
export async function readClasses({ run, manifest }: CommittedRun): Promise<ClassCount[]> {
  if (manifest.job.module?.python === undefined) return [];
  const { rows } = await run.query(
    `select json_extract_string(model, '$.class') as name, count(*) as n from models
      where name is not null group by name order by n desc, name`,
  );
  return rows.map(([name, models]) => ({ name: String(name), models: Number(models) }));
}

/** Classes on one line, with counts where there are several. */
export function classesText(classes: readonly ClassCount[]): string {
  const [only] = classes;
  if (only !== undefined && classes.length === 1) return lineText(only.name);
  const shown = classes
    .slice(0, SHOWN_CLASSES)
    .map(({ name, models }) => `${lineText(name)} (${formatCount(models)})`);
  const others = classes.length - shown.length;
  return [...shown, ...(others > 0 ? [`and ${formatCount(others)} more`] : [])].join(", ");
}
