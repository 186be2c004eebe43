import { describe, expect, test } from "vitest";
import type { Rows } from "../../src/table/column.ts";
import type { PartitionResult, Trainer } from "../../src/trainer/trainer.ts";

/** What the suite asks of a trainer. Its rows are two columns of numbers, `x` and `y`; keys are one column of text. */
export interface TrainerMember {
  /** A trainer that needs two or three rows. */
  create(): Promise<Trainer>;
  /** A trainer whose code throws when the first value of `x` is -666. */
  createFailing(): Promise<Trainer>;
  /** Canonical bytes of a key; null where the trainer does not see keys. */
  readonly keyBytes: Uint8Array | null;
}

/** Rows of `x` and `y`, in memory that can be compared afterwards. */
function rowsOf(points: readonly (readonly [x: number, y: number])[]): Rows {
  const columns = [0, 1].map((index) => ({
    kind: "numbers" as const,
    values: Float64Array.from(points, (point) => point[index]!),
    isValid: Uint8Array.from(points, (point) => (Number.isNaN(point[index]!) ? 0 : 1)),
  }));
  return { rowCount: points.length, columns };
}

const POINTS: readonly (readonly [number, number])[] = Array.from({ length: 50 }, (_, i) => [
  i,
  3 * i + ((i * 7) % 5),
]);

const HOSTILE: readonly (readonly (readonly [number, number])[])[] = [
  POINTS.map(([x]) => [x, Number.NaN]),
  POINTS.map(() => [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
  POINTS.map(([x]) => [x * 1e307, 1e308]),
  POINTS.map(() => [0, 0]),
  POINTS.map(([x]) => [x, x % 2 === 0 ? Number.NaN : x]),
  [[5e-324, 1]],
];

/** What every trainer must do, whoever wrote the code in it. */
export function checkTrainer(name: string, member: TrainerMember): void {
  describe(`trainer ${name}`, () => {
    const fitRows = async (trainer: Trainer, rows: Rows): Promise<PartitionResult> =>
      trainer.fitPartition(rows, member.keyBytes);

    test("fits, and accounts for every row", async () => {
      const result = await fitRows(await member.create(), rowsOf(POINTS));
      expect(result).toMatchObject({ state: "fitted", rowsRead: 50, rowsUsed: 50, rowsDropped: 0 });
    });

    test("gives what its result schema says", async () => {
      const trainer = await member.create();
      const result = await fitRows(trainer, rowsOf(POINTS));
      const { form, model, metrics } = trainer.resultSchema;
      expect("fit" in result).toBe(form === "fields");
      expect("document" in result).toBe(form === "document");
      if ("fit" in result) {
        expect(result.fit.model.length).toBe(model.length);
        expect(result.fit.metrics.length).toBe(metrics.length);
      }
      if ("document" in result) {
        expect([model, metrics]).toEqual([[], []]);
        expect(typeof result.document.model === "string" || result.document.model instanceof Uint8Array).toBe(
          true,
        );
      }
    });

    test("skips by counts alone, and says why", async () => {
      const trainer = await member.create();
      expect(await fitRows(trainer, rowsOf([]))).toMatchObject({
        state: "skipped",
        reason: "no_rows",
        rowsRead: 0,
        rowsUsed: 0,
      });
      const few = POINTS.slice(0, trainer.minRows - 1);
      expect(await fitRows(trainer, rowsOf(few))).toMatchObject({
        state: "skipped",
        reason: "too_few_rows",
        rowsRead: few.length,
      });
      expect(await fitRows(trainer, rowsOf(POINTS.slice(0, 3)))).toMatchObject({ state: "fitted" });
    });

    test("gives the same bits for the same rows, whatever came before, and in another trainer", async () => {
      const [one, other] = [await member.create(), await member.create()];
      const first = await fitRows(one, rowsOf(POINTS));
      for (const points of HOSTILE) await fitRows(one, rowsOf(points));
      expect(await fitRows(one, rowsOf(POINTS))).toEqual(first);
      expect(await fitRows(other, rowsOf(POINTS))).toEqual(first);
    });

    test("gives other bits when one value changes a little", async () => {
      const trainer = await member.create();
      const changed = POINTS.map(([x, y], i): [number, number] => [x, i === 20 ? y * (1 + 2 ** -30) : y]);
      expect(await fitRows(trainer, rowsOf(changed))).not.toEqual(await fitRows(trainer, rowsOf(POINTS)));
    });

    test("does not write into its rows", async () => {
      const rows = rowsOf(POINTS);
      await fitRows(await member.create(), rows);
      expect(rows).toEqual(rowsOf(POINTS));
    });

    test("answers for rows of any kind, and never throws", async () => {
      const trainer = await member.create();
      for (const points of HOSTILE) {
        const result = await fitRows(trainer, rowsOf(points));
        expect(["fitted", "skipped", "failed"]).toContain(result.state);
        expect(result.rowsUsed + result.rowsDropped).toBe(result.rowsRead);
        expect(result.rowsRead).toBe(points.length);
      }
    });

    test("makes what its code throws the failure of one partition", async () => {
      const trainer = await member.createFailing();
      const spoilt = POINTS.map(([x, y], i): [number, number] => [i === 0 ? -666 : x, y]);
      expect(await fitRows(trainer, rowsOf(spoilt))).toMatchObject({
        state: "failed",
        message: expect.stringContaining("told to fail"),
        stack: expect.stringMatching(/:\d+:\d+/),
        rowsRead: 50,
      });
      expect(await fitRows(trainer, rowsOf(POINTS))).toMatchObject({ state: "fitted" });
    });
  });
}
