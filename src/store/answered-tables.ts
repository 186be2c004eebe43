import { existsSync } from "node:fs";
import { join } from "node:path";
import { ManyfitError } from "../errors.ts";
import { readJobFile } from "./job-file.ts";
import { nameMetrics } from "./metric-names.ts";
import { readStoredParquet } from "./parquet-sql.ts";
import { emptyPart } from "./part-sql.ts";
import type { FindTables } from "./run-database.ts";
import { listParts, RUN_FILE } from "./run-files.ts";
import {
  selectLedger,
  selectModels,
  selectTerms,
  selectUnsortedModels,
  type TableSources,
} from "./table-sql.ts";

/**
 * The tables of a run without a manifest, with the columns that they will have when it is committed and the
 * partitions that are answered now; without any, they are empty. They are in key order, but for models that are
 * documents: sorting those takes memory for all of them.
 *
 * `refusal` is the message where not even the keys are there: of that the error is `run_not_committed`.
 */
export function answeredTables(folder: string, refusal: string): FindTables {
  return async (connection) => {
    const content = await readJobFile(folder);
    const keysPath = join(folder, RUN_FILE.keys);
    if (content === null || !existsSync(keysPath)) throw new ManyfitError("run_not_committed", refusal);
    const { keys: keyFields, resultSchema } = content;
    const partPaths = await listParts(folder);
    const parts = partPaths.length === 0 ? emptyPart(resultSchema) : readStoredParquet(partPaths);
    const named = await nameMetrics(connection, resultSchema, parts);
    const sources: TableSources = { keyFields, keys: readStoredParquet([keysPath]), parts, ...named };
    const models = resultSchema.form === "document" ? selectUnsortedModels(sources) : selectModels(sources);
    const views = [
      { name: "ledger", sql: selectLedger(sources) },
      { name: "models", sql: models },
    ];
    if (resultSchema.terms.length > 0) views.push({ name: "terms", sql: selectTerms(sources) });
    return { views, paths: [keysPath, ...partPaths] };
  };
}
