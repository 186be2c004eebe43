import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { train } from "../../src/train.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A trainer that sums, and waits for ever where the sum is 42. */
const TRAINER = `
  import { defineTrainer } from "manyfit";
  export default defineTrainer({
    columns: ["x"],
    async fit({ table }) {
      const sum = table.numbers("x").reduce((all, x) => all + x, 0);
      if (sum === 42) await new Promise(() => {});
      return { model: { sum } };
    },
  });`;

function trainerFile(): string {
  const module = join(temporaryFolder(), "trainer.ts");
  writeFileSync(module, TRAINER);
  return module;
}

type Source = { readonly source: string } & ({ readonly by: string } | { readonly perFile: true });

/** Ten partitions of three rows each; the sum of the one with the number 6 is 42. */
function sources(): { readonly keys: Source; readonly files: Source } {
  const folder = join(temporaryFolder(), "source");
  mkdirSync(folder);
  const rows = Array.from({ length: 10 }, (_, key) =>
    [2 * key + 1, 2 * key, 2 * key + 5].map((x) => ({ key, x })),
  );
  for (const [key, lines] of rows.entries())
    writeFileSync(join(folder, `${key}.csv`), `x\n${lines.map(({ x }) => x).join("\n")}\n`);
  const all = join(temporaryFolder(), "all.csv");
  writeFileSync(
    all,
    `key,x\n${rows
      .flat()
      .map(({ key, x }) => `${key},${x}`)
      .join("\n")}\n`,
  );
  return { keys: { source: all, by: "key" }, files: { source: folder, perFile: true } };
}

describe("a fit that waits for ever", () => {
  test.each(["keys", "files"] as const)(
    "is timed out alone, on workers and in the caller's thread, of %s",
    async (kind) => {
      const source = sources()[kind];
      const digests = [];
      for (const workers of [0, 2]) {
        const run = await train({
          ...source,
          trainer: { module: trainerFile(), params: {} },
          runs: temporaryFolder(),
          timeout: "600ms",
          workers,
        });
        const { rows } = await run.query(
          "select partition, state, error_code, error_message, rows_read, rows_used, attempts from ledger order by partition",
        );
        const others = Array.from({ length: 10 }, (_, i) => i).filter((i) => i !== 6);
        expect(
          rows.filter(([, state]) => state === "fitted").map(([partition]) => Number(partition)),
        ).toEqual(others);
        expect(rows[6]!.slice(1)).toEqual([
          "timed_out",
          "timed_out",
          "fit took longer than 600 ms (--timeout)",
          null,
          null,
          // Tries: it is not tried again.
          1,
        ]);
        expect(await run.verify()).toEqual([]);
        digests.push(run.manifest!.digest);
        await run.close();
      }
      expect(digests[1]).toBe(digests[0]);
    },
  );
});
