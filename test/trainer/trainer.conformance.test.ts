import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleTrainer } from "../../src/bundle/bundle-trainer.ts";
import { encodeKeyBatch } from "../../src/key/key-list-builder.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";
import { BUILT_IN_ESTIMATORS } from "../../src/trainer/built-in-estimators.ts";
import { createTrainer } from "../../src/trainer/create-trainer.ts";
import { linearRegression } from "../../src/trainer/linear-regression.ts";
import { loadTrainer } from "../../src/trainer/load-trainer.ts";
import { createModuleTrainer } from "../../src/trainer/module-trainer.ts";
import type { RowContext } from "../../src/trainer/select-rows.ts";
import type { Trainer } from "../../src/trainer/trainer.ts";
import { checkTrainer } from "../conformance/check-trainer.ts";
import { probeFamily } from "../engine/probe-family.mjs";
import { temporaryFolder } from "../temporary-folder.ts";

const COLUMNS = { features: ["x"], target: "y", weights: null };

checkTrainer("linear-regression", {
  create: async (context) =>
    createTrainer(linearRegression({ target: "y", features: ["x"] }), COLUMNS, BUILT_IN_ESTIMATORS, context),
  createFailing: async (context) =>
    createTrainer({ estimator: "row-order-probe", params: { number: "x" } }, COLUMNS, [probeFamily], context),
  keyBytes: null,
  nulls: ["drop", "fail"],
});

const READ: readonly ReadColumn[] = ["x", "y"].map((name) => ({
  name,
  type: "double",
  hasValidity: true,
  isInteger: false,
}));

async function meanOfY(context: RowContext): Promise<Trainer> {
  const { code, sha256 } = await bundleTrainer(
    fileURLToPath(new URL("fixtures/mean-of-y.ts", import.meta.url)),
  );
  const path = join(temporaryFolder(), `${sha256}.mjs`);
  writeFileSync(path, code);
  const { signal } = new AbortController();
  const keyFields = [{ name: "store", type: "text" as const }];
  return createModuleTrainer(await loadTrainer(path, {}), {
    readColumns: READ,
    keyFields,
    signal,
    ...context,
  });
}

checkTrainer("of the user's", {
  create: meanOfY,
  createFailing: meanOfY,
  keyBytes: encodeKeyBatch([{ type: "text", values: ["a"], isValid: null }], 1).bytes,
  nulls: ["keep", "drop", "fail"],
});
