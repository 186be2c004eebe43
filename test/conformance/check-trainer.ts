import { describe, expect, test } from "vitest";
import type { Holdout, NullPolicy, RowPolicy } from "../../src/job/policy.ts";
import { partitionSeed } from "../../src/key/partition-seed.ts";
import type { ResultSchema } from "../../src/run/result-schema.ts";
import type { Rows } from "../../src/table/column.ts";
import { heldOutRows } from "../../src/trainer/held-out-rows.ts";
import type { RowContext } from "../../src/trainer/select-rows.ts";
import type { PartitionResult, Trainer } from "../../src/trainer/trainer.ts";

/** What the suite asks of a trainer. Its rows are two columns of numbers, `x` and `y`; keys are one column of text. */
export interface TrainerMember {
  /** A trainer that needs two or three rows, and can score. */
  create(context: RowContext): Promise<Trainer>;
  /** A trainer whose fit throws when the first value of `x` is -666, and its score when one of `x` is -667. */
  createFailing(context: RowContext): Promise<Trainer>;
  /** Canonical bytes of a key; null where the trainer does not see keys. */
  readonly keyBytes: Uint8Array | null;
  /** What can become of rows with NULL, NaN or an infinity; `drop` among it. */
  readonly nulls: readonly NullPolicy[];
}

/** Rows that cannot be used are dropped, all others fitted. */
const DROP: RowContext = { rowPolicy: { nulls: "drop", minRows: 0, holdout: null }, seed: 42 };

const HOLDOUTS: readonly (Holdout | null)[] = [
  null,
  { share: 0.2, rows: "random" },
  { share: 0.2, rows: "last" },
  { share: 0.001, rows: "random" },
];

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
      const result = await fitRows(await member.create(DROP), rowsOf(POINTS));
      expect(result).toMatchObject({ state: "fitted", rowsRead: 50, rowsUsed: 50, rowsDropped: 0 });
    });

    test("gives what its result schema says", async () => {
      const trainer = await member.create(DROP);
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
      const trainer = await member.create(DROP);
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
      const [one, other] = [await member.create(DROP), await member.create(DROP)];
      const first = await fitRows(one, rowsOf(POINTS));
      for (const points of HOSTILE) await fitRows(one, rowsOf(points));
      expect(await fitRows(one, rowsOf(POINTS))).toEqual(first);
      expect(await fitRows(other, rowsOf(POINTS))).toEqual(first);
    });

    test("gives other bits when one value changes a little", async () => {
      const trainer = await member.create(DROP);
      const changed = POINTS.map(([x, y], i): [number, number] => [x, i === 20 ? y * (1 + 2 ** -30) : y]);
      expect(await fitRows(trainer, rowsOf(changed))).not.toEqual(await fitRows(trainer, rowsOf(POINTS)));
    });

    test("does not write into its rows", async () => {
      const rows = rowsOf(POINTS);
      await fitRows(await member.create(DROP), rows);
      expect(rows).toEqual(rowsOf(POINTS));
    });

    test("answers for rows of any kind, and never throws", async () => {
      for (const nulls of member.nulls) {
        for (const holdout of HOLDOUTS) {
          const trainer = await member.create({ rowPolicy: { nulls, minRows: 0, holdout }, seed: 42 });
          for (const points of HOSTILE) {
            const result = await fitRows(trainer, rowsOf(points));
            expect(["fitted", "skipped", "failed"]).toContain(result.state);
            expect(result.rowsUsed + result.rowsDropped + result.rowsHeldOut).toBe(result.rowsRead);
            expect(result.rowsRead).toBe(points.length);
          }
        }
      }
    });

    test("makes what its code throws the failure of one partition", async () => {
      const trainer = await member.createFailing(DROP);
      const spoilt = POINTS.map(([x, y], i): [number, number] => [i === 0 ? -666 : x, y]);
      expect(await fitRows(trainer, rowsOf(spoilt))).toMatchObject({
        state: "failed",
        message: expect.stringContaining("told to fail"),
        stack: expect.stringMatching(/:\d+:\d+/),
        rowsRead: 50,
      });
      expect(await fitRows(trainer, rowsOf(POINTS))).toMatchObject({ state: "fitted" });
    });

    checkNulls(member);
    checkHoldout(member);
  });
}

function contextOf(rowPolicy: Partial<RowPolicy>): RowContext {
  return { ...DROP, rowPolicy: { ...DROP.rowPolicy, ...rowPolicy } };
}

async function fitWith(
  member: TrainerMember,
  rowPolicy: Partial<RowPolicy>,
  rows: Rows,
): Promise<PartitionResult> {
  return (await member.create(contextOf(rowPolicy))).fitPartition(rows, member.keyBytes);
}

/** The points but for one in five, in which a value is missing. */
const SPOILT = POINTS.map(([x, y], i): [number, number] => [i % 5 === 2 ? Number.NaN : x, y]);
const USABLE = SPOILT.filter(([x]) => !Number.isNaN(x));

function checkNulls(member: TrainerMember): void {
  test("fits what is left of its rows without those that are dropped, and counts these", async () => {
    const result = await fitWith(member, { nulls: "drop" }, rowsOf(SPOILT));
    expect(result).toEqual({
      ...(await fitWith(member, { nulls: "drop" }, rowsOf(USABLE))),
      ...{ rowsRead: 50, rowsDropped: 10 },
    });
  });

  test("is asked for no fit where a row with NULL fails its partition", async () => {
    const message = expect.stringContaining("10 of 50 rows have NULL, NaN or an infinity");
    expect(await fitWith(member, { nulls: "fail" }, rowsOf(SPOILT))).toEqual({
      ...{ state: "failed", code: "nulls_found", message, stack: null },
      ...{ rowsRead: 50, rowsUsed: 40, rowsDropped: 10, rowsHeldOut: 0 },
    });
    expect(await fitWith(member, { nulls: "fail" }, rowsOf(USABLE))).toMatchObject({ state: "fitted" });
  });

  if (member.nulls.includes("keep")) {
    test("sees every row where they are kept", async () => {
      expect(await fitWith(member, { nulls: "keep" }, rowsOf(SPOILT))).toMatchObject({
        ...{ rowsRead: 50, rowsUsed: 50, rowsDropped: 0 },
      });
    });
  }

  test("skips below the rows that a run asks for", async () => {
    expect(await fitWith(member, { minRows: 41 }, rowsOf(SPOILT))).toMatchObject({
      ...{ state: "skipped", reason: "too_few_rows", rowsUsed: 40 },
    });
    expect((await member.create(contextOf({ minRows: 41 }))).minRows).toBe(41);
  });
}

function checkHoldout(member: TrainerMember): void {
  const held = heldOutRows(40, { share: 0.2, rows: "random" }, partitionSeed(42, member.keyBytes ?? NO_KEY));
  const fitted = USABLE.filter((_, i) => !held.has(i));

  test.each(HOLDOUTS.slice(1, 3))(
    "fits the model of the rows that are not held out, $rows",
    async (holdout) => {
      const result = await fitWith(member, { holdout }, rowsOf(SPOILT));
      const kept = holdout!.rows === "last" ? USABLE.slice(0, 32) : fitted;
      const alone = await fitWith(member, {}, rowsOf(kept));
      expect(result).toMatchObject({ rowsRead: 50, rowsUsed: 32, rowsDropped: 10, rowsHeldOut: 8 });
      expect(modelOf(result)).toEqual(modelOf(alone));
    },
  );

  test("is scored on the rows that are held out, and only on them", async () => {
    const policy = { holdout: HOLDOUTS[1]! };
    const { resultSchema } = await member.create(contextOf(policy));
    const metricsOf = (of: PartitionResult) => Object.entries(namedMetrics(of, resultSchema));
    const result = await fitWith(member, policy, rowsOf(SPOILT));
    expect(scoresOf(metricsOf(result)).length).toBeGreaterThan(0);
    expect(await fitWith(member, policy, rowsOf(SPOILT))).toEqual(result);
    const changed = (which: boolean) => {
      let index = 0;
      return SPOILT.map(([x, y]): [number, number] => {
        const isChanged = !Number.isNaN(x) && held.has(index++) === which;
        return [x, isChanged ? y + 1000 : y];
      });
    };
    const other = await fitWith(member, policy, rowsOf(changed(true)));
    expect(modelOf(other)).toEqual(modelOf(result));
    expect(scoresOf(metricsOf(other))).not.toEqual(scoresOf(metricsOf(result)));
    expect(modelOf(await fitWith(member, policy, rowsOf(changed(false))))).not.toEqual(modelOf(result));
  });

  test("has no score where no row is held out, for there are too few", async () => {
    const policy = { holdout: HOLDOUTS[1]! };
    const result = await fitWith(member, policy, rowsOf(POINTS.slice(0, 4)));
    expect(result).toMatchObject({ state: "fitted", rowsUsed: 4, rowsHeldOut: 0 });
    const { resultSchema } = await member.create(contextOf(policy));
    for (const [, value] of scoresOf(Object.entries(namedMetrics(result, resultSchema))))
      expect(value).toBeNull();
  });

  test("fails where its score throws, and says so", async () => {
    const trainer = await member.createFailing(contextOf({ holdout: HOLDOUTS[2]! }));
    const spoilt = POINTS.map(([x, y], i): [number, number] => [i === 49 ? -667 : x, y]);
    expect(await trainer.fitPartition(rowsOf(spoilt), member.keyBytes)).toMatchObject({
      state: "failed",
      message: expect.stringContaining("told to fail at scoring"),
      ...{ rowsRead: 50, rowsUsed: 40, rowsHeldOut: 10 },
    });
    expect(await trainer.fitPartition(rowsOf(POINTS), member.keyBytes)).toMatchObject({ state: "fitted" });
  });
}

const NO_KEY = new Uint8Array();

function modelOf(result: PartitionResult): unknown {
  if (result.state !== "fitted") throw new Error(`partition is ${result.state}`);
  return "fit" in result ? result.fit.model : result.document.model;
}

type NamedMetrics = Readonly<Record<string, number | null>>;

function namedMetrics(result: PartitionResult, { metrics }: ResultSchema): NamedMetrics {
  if (result.state !== "fitted") throw new Error(`partition is ${result.state}`);
  if ("document" in result) return result.document.metrics;
  expect(result.fit.metrics.length).toBe(metrics.length);
  return Object.fromEntries(metrics.map(({ name }, i) => [name, result.fit.metrics[i]!]));
}

function scoresOf(metrics: readonly (readonly [string, number | null])[]) {
  return metrics.filter(([name]) => name.startsWith("holdout_"));
}
