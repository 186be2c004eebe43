import { join } from "node:path";
import { expect, test } from "vitest";
import { ALL_ROWS } from "../../src/job/policy.ts";
import { createDictionary } from "../../src/source/dictionary.ts";
import { inspectSource } from "../../src/source/inspect-source.ts";
import { createRelation } from "../../src/source/relation.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { PLAIN_JOB, plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { resolveEstimatorJob } from "./resolve-estimator-job.ts";
import { openTestDuckdb } from "./write-source.ts";

test.each<[string, string, "text" | "integer" | "date", string]>([
  [
    "a feature that is text in the last row",
    "case when i = 199999 then 'none' else i::varchar end",
    "integer",
    "none",
  ],
  [
    "an order that is no date in the last row",
    "case when i = 199999 then '13/02/2024' else '2024-02-13' end",
    "date",
    "13/02/2024",
  ],
])("%s of a Parquet file is found while keys are counted", async (_, odd, type, value) => {
  const connection = await (await openTestDuckdb()).connect();
  const path = join(temporaryFolder(), "a.parquet");
  await connection.run(
    `copy (select 'a' as key, 'nan'::double as x, ${odd} as odd, i as y from range(200000) t(i)) to '${path}'`,
  );
  const source = plainSource([path], { types: { odd: type } });
  const features = type === "integer" ? ["x", "odd"] : ["x"];
  const job = {
    ...PLAIN_JOB,
    source,
    partitioning: { kind: "by", columns: ["key"] },
    trainer: linearRegression({ target: "y", features }),
    seed: 0,
    orderBy: type === "date" ? ["odd"] : [],
  } as const;
  const schema = await inspectSource(source, connection);
  const ofEstimator = resolveEstimatorJob(job, schema);
  // As for a trainer that is given every row.
  const readColumns = ofEstimator.readColumns.map((column) => ({ ...column, hasValidity: true }));
  const resolved = { ...ofEstimator, readColumns, rowPolicy: ALL_ROWS };
  const relation = await createRelation(resolved, schema, connection);
  await expect(createDictionary(relation, resolved, connection)).rejects.toMatchObject({
    code: "source_unreadable",
    message: expect.stringContaining(value),
  });
});
