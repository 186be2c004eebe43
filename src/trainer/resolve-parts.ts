import { ManyfitError, suggestName } from "../errors.ts";
import type { SourceColumn, TrainerColumns } from "../job/resolved-job.ts";

/** The columns that a user names; features are null where the source says which. */
export interface NamedParts {
  readonly target: string | null;
  readonly features: readonly string[] | null;
  readonly weights: string | null;
  /** Whether the target may be text, as the names of classes are. Default: false. */
  readonly mayTargetBeText?: boolean;
}

/** What a column is for, and for whom, as messages say it. */
interface Part {
  readonly role: "target" | "feature" | "weights";
  readonly subject: string;
  readonly mayBeText?: boolean;
}

/**
 * The columns that an estimator or a class is fitted on. Features that nobody names are all other numeric columns of the
 * source, in its order, without keys, weights and unnamed columns of row numbers. `subject` is who needs them, for messages.
 * @throws ManyfitError `invalid_option`, `unknown_column`, or `unsupported_type` for columns that are no numbers.
 */
export function resolveParts(
  subject: string,
  { target, features: told, weights, mayTargetBeText = false }: NamedParts,
  columns: readonly SourceColumn[],
  keyNames: readonly string[],
): TrainerColumns {
  const known = new Map(columns.map((column) => [column.name, column]));
  if (target !== null) checkColumn(known, target, { role: "target", subject, mayBeText: mayTargetBeText });
  if (weights !== null) checkColumn(known, weights, { role: "weights", subject });
  for (const feature of told ?? []) checkColumn(known, feature, { role: "feature", subject });
  const taken = new Set([target, weights, ...keyNames]);
  const others = columns.filter((column) => column.isNamed && !taken.has(column.name));
  const near = told === null ? others.find((column) => column.nearNumber !== undefined) : undefined;
  if (near !== undefined) checkColumn(known, near.name, { role: "feature", subject });
  const features = told ?? others.filter((column) => column.isNumeric).map((column) => column.name);
  if (told === null && features.length === 0) {
    const text = `${subject} finds no feature: no other column of the source is numeric; name some with --features`;
    throw new ManyfitError("invalid_option", text);
  }
  checkFeatures(features, target, weights);
  return { features, target, weights };
}

/** Names of the columns that play a part, in the order in which they are read: features, target, weights. */
export function namesOfParts({ features, target, weights }: TrainerColumns): readonly string[] {
  return [...features, ...(target === null ? [] : [target]), ...(weights === null ? [] : [weights])];
}

function checkColumn(
  known: ReadonlyMap<string, SourceColumn>,
  name: string,
  { role, subject, mayBeText = false }: Part,
): void {
  const column = known.get(name);
  if (column === undefined) {
    const names = [...known.keys()];
    throw new ManyfitError(
      "unknown_column",
      `${role} "${name}" is not a column of the source; ${suggestName(name, names)}`,
    );
  }
  if (column.isNumeric || column.sqlType === "BOOLEAN") return;
  const isText = column.sqlType === "VARCHAR";
  if (mayBeText && isText && column.nearNumber === undefined) return;
  const advice =
    column.nearNumber === undefined
      ? isText
        ? adviceOnText(name)
        : ""
      : adviceOn(column.nearNumber, column);
  throw new ManyfitError(
    "unsupported_type",
    `${role} "${name}" is ${isText ? "text" : column.sqlType}, ${subject} needs numbers${advice}`,
  );
}

function adviceOnText(name: string): string {
  return `; some of its values are not: with --type ${name}=double the first of them is named`;
}

/** What can be told of a field that keeps a column from being one of numbers. */
function adviceOn(field: string, { name, sqlType }: SourceColumn): string {
  const asNumbers = `tell --type ${name}=double if its texts are numbers, --type ${name}=text if they are not`;
  const isNumber = field.trim() !== "" && Number.isFinite(Number(field.replaceAll("_", "")));
  if (isNumber) return `; it has ${JSON.stringify(field)}, which reads as a number: ${asNumbers}`;
  const isComma = /\d,\d/.test(field);
  const advice = isComma
    ? "if the comma stands before its fraction, tell --decimal ,"
    : `if it stands for no value, tell --null-text '${field}'`;
  const ofJson = "write null for what is no value";
  return `; it has ${JSON.stringify(field)} beside numbers: ${sqlType === "JSON" ? ofJson : advice}`;
}

function checkFeatures(features: readonly string[], target: string | null, weights: string | null): void {
  const seen = new Set<string>();
  for (const feature of features) {
    if (feature === target) {
      throw new ManyfitError("invalid_option", `feature "${feature}" is the target too: it explains itself`);
    }
    if (feature === weights) {
      throw new ManyfitError("invalid_option", `feature "${feature}" is the weights too: leave one out`);
    }
    if (seen.has(feature)) throw new ManyfitError("invalid_option", `feature "${feature}" is given twice`);
    seen.add(feature);
  }
}
