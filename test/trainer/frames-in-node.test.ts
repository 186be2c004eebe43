import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { fixture, writtenFolder } from "./written-trainer.ts";

const DIST = pathToFileURL(join(import.meta.dirname, "../../dist/")).href;

/** What a process of its own says that runs manyfit as it is built, without anything of the tests. */
function failuresInNode(options: readonly string[]): string[] {
  const folder = writtenFolder({
    "main.mjs": `
      import { writeFileSync } from "node:fs";
      import { bundleTrainer } from "${DIST}bundle/bundle-trainer.js";
      import { loadTrainer } from "${DIST}trainer/load-trainer.js";
      import { createModuleTrainer } from "${DIST}trainer/module-trainer.js";
      const path = new URL("bundle.mjs", import.meta.url).pathname;
      writeFileSync(path, (await bundleTrainer(process.argv[2])).code);
      const trainer = createModuleTrainer(await loadTrainer(path, {}), {
        readColumns: [{ name: process.argv[3], type: "double", hasValidity: false }],
        keyFields: [], seed: 1, rowPolicy: { nulls: "keep", minRows: 0, holdout: null },
        signal: new AbortController().signal,
      });
      const column = { kind: "numbers", values: new Float64Array(4), isValid: null };
      console.log(trainer.fitPartition({ rowCount: 4, columns: [column] }, null).stack);
    `,
  });
  return ["x", "z"].map((column) =>
    execFileSync(
      process.execPath,
      [...options, join(folder, "main.mjs"), fixture("bytes-trainer.ts"), column],
      { encoding: "utf8" },
    ).trim(),
  );
}

describe.each([[["--enable-source-maps"]], [["--no-enable-source-maps"]]])(
  "in a process started with %s",
  (options) => {
    test("stacks have the user's own frames, where they were written", () => {
      const [own, within] = failuresInNode(options);
      expect(own).toMatch(
        /^NotConverged: not converged after 4 rows\n {4}at exactSum \(bytes-trainer\.ts:12:32\)\n {4}at \S+\.fit \(bytes-trainer\.ts:22:46\)$/,
      );
      // What a table of manyfit throws has frames of manyfit's above the user's.
      expect(within).toMatch(
        /^ManyfitError: column "x" is not among .*\n {4}at \S+\.fit \(bytes-trainer\.ts:19:26\)$/,
      );
    });
  },
);
