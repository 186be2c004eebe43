import fc from "fast-check";
import { expect, test } from "vitest";
import type { FitService, PythonFit } from "../../src/python/fit-service.ts";
import { createPythonTrainer } from "../../src/python/python-trainer.ts";
import type { ReadColumn } from "../../src/table/read-column.ts";

const columns: readonly ReadColumn[] = [{ name: "x", type: "double", hasValidity: false, isInteger: false }];

const rowsOf = (rowCount: number) => ({
  rowCount,
  columns: [{ kind: "numbers" as const, values: new Float64Array(rowCount), isValid: null }],
});

const FITTED: PythonFit = {
  startedAtMs: 0,
  durationMs: 0,
  outcome: { model: new Uint8Array(1), className: "c", readable: null, metrics: {}, warnings: [] },
};

test("results come in the order of the calls, however many are answered at once and skipped between them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(2), { maxLength: 30 }),
      fc.integer({ min: 1, max: 8 }),
      async (sizes, atOnce) => {
        const waiting: (() => void)[] = [];
        const service = {
          fit: () => new Promise<PythonFit>((resolve) => waiting.push(() => resolve(FITTED))),
          untilRoom: async () => undefined,
        };
        const trainer = createPythonTrainer(
          service as unknown as FitService,
          {
            ...{ columns, keyFields: [], seed: 1, minRows: 1 },
            rowPolicy: { nulls: "keep", minRows: 1, holdout: null },
          } as unknown as Parameters<typeof createPythonTrainer>[1],
        );
        const came: number[] = [];
        const all = sizes.map((size, i) =>
          Promise.resolve(trainer.fitPartition(rowsOf(size), null)).then((result) => {
            expect(result.state).toBe(size === 0 ? "skipped" : "fitted");
            came.push(i);
          }),
        );
        while (waiting.length > 0) {
          for (const answer of waiting.splice(0, atOnce)) answer();
          await new Promise((later) => setImmediate(later));
        }
        await Promise.all(all);
        expect(came).toEqual(sizes.map((_, i) => i));
      },
    ),
  );
});
