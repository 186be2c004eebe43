import type { OpenedRun } from "../index.ts";
import { formatColumn, formatNumber } from "./format-number.ts";
import { cellText } from "./safe-text.ts";
import { notedLines, type TableLayout, textTable } from "./text-table.ts";

/** One term of a linear fit; null where there is no value, as for an aliased term. */
export interface TermRow {
  readonly term: string;
  readonly estimate: number | null;
  readonly stdError: number | null;
  readonly statistic: number | null;
  readonly pValue: number | null;
}

/** The terms of one partition, in the order of the model; none where the run has no terms or no model of it. */
export async function readTerms(run: OpenedRun, partition: number): Promise<TermRow[]> {
  if (run.manifest === null) return [];
  const { resultSchema, job } = run.manifest;
  if (resultSchema.terms.length === 0 && job.module?.python === undefined) return [];
  const { rows } = await run.query(
    `select term, estimate, std_error, statistic, p_value from terms where partition = ${partition}`,
  );
  return rows.map(([term, ...cells]) => {
    const [estimate, stdError, statistic, pValue] = cells.map((cell) =>
      cell === null ? null : Number(cell),
    );
    return {
      term: String(term),
      estimate: estimate!,
      stdError: stdError!,
      statistic: statistic!,
      pValue: pValue!,
    };
  });
}

/** Terms as a table with estimate, standard error, t and p. */
export function termTable(terms: readonly TermRow[], layout: TableLayout): readonly string[] {
  const numbers = [
    // Estimates are of different units: each has its own form.
    { title: "estimate", cells: terms.map((term) => formatNumber(term.estimate)) },
    { title: "std error", cells: terms.map((term) => formatNumber(term.stdError)) },
    { title: "t", cells: formatColumn(terms.map((term) => term.statistic)) },
    { title: "p", cells: terms.map((term) => formatNumber(term.pValue)) },
  ];
  const columns = [{ title: "term" }, ...numbers.map(({ title }) => ({ title, align: "right" as const }))];
  const rows = terms.map(({ term }, i) => [cellText(term), ...numbers.map(({ cells }) => cells[i]!)]);
  return notedLines(textTable(columns, rows, layout), layout);
}
