import type { Manifest, Plan } from "../index.ts";
import { quoteText } from "../key/quote-text.ts";
import { formatCount } from "./format-number.ts";
import { jsonText } from "./json-text.ts";
import { lineText } from "./safe-text.ts";
import { cutText } from "./text-width.ts";

/** Names that a text lists before it only counts. */
const SHOWN_NAMES = 8;
/** Cells of a param's value that are shown. */
const VALUE_LENGTH = 60;

/** What is fitted on what: the parts of a plan that say it. */
export type FitTold = Pick<Plan, "trainer" | "trainerColumns" | "params" | "reads">;

/** What a committed run fitted, in the words of a plan. */
export function fitTold({ job }: Pick<Manifest, "job">): FitTold {
  const { trainer, module, trainerColumns, readColumns } = job;
  return {
    trainer: "estimator" in trainer ? trainer.estimator : (module?.name ?? ""),
    trainerColumns,
    params: trainer.params,
    reads: readColumns.map((column) => column.name),
  };
}

/**
 * An estimator with its formula as R writes it, `linear-regression: lifeExp ~ year`; a trainer of the user's with its
 * columns and params, `trainer.ts: reads x, y; params alpha=0.1`; a class with both, `sklearn.linear_model.Ridge: y ~ x; params
 * alpha=0.1`.
 */
export function fitText({ trainer, trainerColumns, params, reads }: FitTold): string {
  const name = lineText(trainer);
  // An estimator's params say its columns too.
  if (trainerColumns !== null && Object.hasOwn(params, "target"))
    return `${name}: ${formulaText(trainerColumns, params["intercept"] !== false)}`;
  const given = Object.entries(params).map(
    ([param, value]) => `${quoteText(param)}=${cutText(jsonText(value), VALUE_LENGTH)}`,
  );
  const told = given.length === 0 ? "" : `; params ${listText(given, "params")}`;
  if (trainerColumns !== null) return `${name}: ${formulaText(trainerColumns, true)}${told}`;
  return `${name}: reads ${listText(reads.map(quoteText), "columns")}${told}`;
}

/** The first of some names, and how many there are of `what` where there are more. */
export function listText(names: readonly string[], what: string, separator = ", "): string {
  const shown = names.slice(0, SHOWN_NAMES);
  if (names.length > shown.length) shown.push(`… (${formatCount(names.length)} ${what})`);
  return shown.join(separator);
}

function formulaText(
  { target, features, weights }: NonNullable<FitTold["trainerColumns"]>,
  hasIntercept: boolean,
): string {
  const names = features.map(quoteText);
  const shown = names.length === 0 ? [] : [listText(names, "features", " + ")];
  const terms = hasIntercept ? shown : ["0", ...shown];
  const weighted = weights === null ? "" : `, weighted by ${quoteText(weights)}`;
  const explained = target === null ? "" : `${quoteText(target)} `;
  return `${explained}~ ${terms.length === 0 ? "1" : terms.join(" + ")}${weighted}`;
}
