/** One field of a model: a number, or a list of numbers of one length for all models of the run. */
export interface ModelField {
  readonly name: string;
  /** Null for a single number, else the length of the list. */
  readonly listLength: number | null;
}

/** A named number of a fit, with the direction in which it is better; null where neither is. */
export interface MetricField {
  readonly name: string;
  readonly better: "higher" | "lower" | null;
}

/** What the models of one run look like: fixed before the run, the same for every partition, kept in the manifest. */
export interface ResultSchema {
  /**
   * `fields`: a model is the numbers of `model`, and its metrics are those of `metrics`. `document`: a model is one
   * JSON value or some bytes, of which nothing is known before, and its metrics have the names it gives them: `model`,
   * `metrics` and `terms` are empty then, until the commit finds the metrics' names.
   */
  readonly form: "fields" | "document";
  /** In the order of the canonical model bytes. */
  readonly model: readonly ModelField[];
  readonly metrics: readonly MetricField[];
  /** Names of the rows that each fitted partition has in `terms.parquet`; empty for estimators without terms. */
  readonly terms: readonly string[];
}

/** The schema of models that are documents, before the names of their metrics are known. */
export const DOCUMENT_SCHEMA: ResultSchema = { form: "document", model: [], metrics: [], terms: [] };
