import { ManyfitError } from "../errors.ts";
import type { ResultSchema } from "../run/result-schema.ts";

/**
 * Checks that the fields of a result schema can be columns of one table: no two names that differ only in case, no
 * model field called `partition`, and lists of whole lengths. Of documents nothing is known before.
 * @throws ManyfitError `internal`
 */
export function checkResultSchema(schema: ResultSchema): void {
  const { form, model, metrics, terms } = schema;
  if (form === "document" && model.length + metrics.length + terms.length > 0) {
    throw new ManyfitError(
      "internal",
      "result schema of documents: has fields, metrics or terms, must have none",
    );
  }
  checkNames("model field", ["partition", ...schema.model.map((field) => field.name)]);
  checkNames(
    "metric",
    schema.metrics.map((metric) => metric.name),
  );
  for (const { name, listLength } of schema.model) {
    if (listLength === null || (Number.isSafeInteger(listLength) && listLength >= 0)) continue;
    throw new ManyfitError(
      "internal",
      `model field ${name}: list length ${listLength}, must be a whole number`,
    );
  }
}

function checkNames(what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    const folded = name.toLowerCase();
    if (name === "" || seen.has(folded)) {
      throw new ManyfitError("internal", `${what} ${JSON.stringify(name)}: the name is empty or taken`);
    }
    seen.add(folded);
  }
}
