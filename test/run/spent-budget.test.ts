import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FailureTally } from "../../src/run/failure-tally.ts";
import { messagePattern } from "../../src/run/message-pattern.ts";
import type { ResultBatch } from "../../src/run/result-batch.ts";
import { allowedFailures, spentBudgetText } from "../../src/run/spent-budget.ts";
import { batchesOf, type Delivery, type MadeRun, plainRun, unfitted } from "../store/made-run.ts";

/** Batches of a run in which some partitions are not fitted: by number, the state with code and message. */
function batchesWith(
  partitions: number,
  failures: Readonly<Record<number, readonly ["failed" | "timed_out" | "lost", string, string]>>,
  delivery: Delivery = {},
): ResultBatch[] {
  const run: MadeRun = plainRun(partitions);
  const outcomes = run.outcomes.map((outcome, i) => {
    const failure = failures[i];
    if (failure === undefined) return outcome;
    const [state, code, message] = failure;
    return unfitted(outcome, { state, error: { code, message, stack: null } });
  });
  return batchesOf({ ...run, outcomes }, delivery);
}

function tallyOf(batches: readonly ResultBatch[]): FailureTally {
  const tally = new FailureTally();
  for (const batch of batches) tally.add(batch);
  return tally;
}

const SPENT = { partitions: 1000, run: "r", keyOf: (partition: number) => `store=${partition}` };

describe("a failure budget", () => {
  test.each([
    [{ partitions: 10 }, 1000, 10],
    [{ partitions: 0 }, 1000, 0],
    [{ share: 0.01 }, 1000, 10],
    [{ share: 0.01 }, 199, 1],
    [{ share: 0.29 }, 100, 29],
    [{ share: 0.07 }, 100, 7],
    [{ share: 1 }, 7, 7],
  ])("of %j of %i partitions allows %i", (budget, partitions, allowed) => {
    expect(allowedFailures(budget, partitions)).toBe(allowed);
  });

  test("of any whole percentage allows exactly that share of multiples of 100", () => {
    for (let percent = 0; percent <= 100; percent++) {
      for (const hundreds of [1, 7, 12_345]) {
        expect(allowedFailures({ share: percent / 100 }, 100 * hundreds)).toBe(percent * hundreds);
      }
    }
  });

  test("is spent by one failure more than it allows, and not before", () => {
    const failed = Object.fromEntries([3, 7, 9].map((i) => [i, ["failed", "trainer_threw", "no"] as const]));
    const tally = tallyOf(batchesWith(20, failed));
    expect(spentBudgetText(tally, { ...SPENT, budget: { partitions: 3 } })).toBeNull();
    expect(spentBudgetText(tally, { ...SPENT, budget: { partitions: 2 } })).toBe(
      '3 of 1,000 partitions failed, --max-failed allows 2: 3 × trainer_threw "no" (store=3; store=7; store=9); run r is not committed',
    );
    expect(spentBudgetText(tally, { ...SPENT, budget: { share: 0.002 } })).toContain(
      "--max-failed 0.2% allows 2: ",
    );
  });

  test("names the causes, the most frequent first, and says what was lost or timed out", () => {
    const tally = tallyOf(
      batchesWith(
        40,
        {
          ...Object.fromEntries([30, 8, 2, 9].map((i) => [i, ["failed", "trainer_threw", `bad row ${i}`]])),
          ...{ 1: ["lost", "worker_died", ""], 4: ["timed_out", "timeout", "slow"] },
          ...{ 5: ["failed", "trainer_threw", `no ${"x".repeat(300)}`], 6: ["timed_out", "timeout", "slow"] },
        },
        { order: Array.from({ length: 40 }, (_, i) => 39 - i), batchRows: 3 },
      ),
    );
    expect(tally).toMatchObject({ failed: 8, counts: { fitted: 32, failed: 5, timed_out: 2, lost: 1 } });
    expect(spentBudgetText(tally, { ...SPENT, budget: { partitions: 0 } })).toBe(
      '8 of 1,000 partitions failed (5 failed, 2 timed out, 1 lost), --max-failed allows 0: 4 × trainer_threw "bad row 30" ' +
        `(store=2; store=8; store=9; …), 2 × timeout "slow" (store=4; store=6), 1 × trainer_threw "no ${"x".repeat(197)}…" (store=5), ` +
        "and 1 more for other causes; run r is not committed",
    );
  });

  test("counts exactly, however many causes there are, in bounded memory", () => {
    const words = (i: number): string => [...String(i)].map((digit) => "abcdefghij"[Number(digit)]).join("");
    const failures = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [i, ["failed", "trainer_threw", words(i)] as const]),
    );
    const tally = tallyOf(batchesWith(5000, failures));
    expect(tally.failed).toBe(5000);
    expect(tally.causes(10_000)).toHaveLength(1000);
    expect(spentBudgetText(tally, { ...SPENT, partitions: 5000, budget: { partitions: 0 } })).toMatch(
      /and 4,997 more for other causes; run r is not committed$/,
    );
  });

  test("groups as the patterns of messages do, whatever batches they come in", () => {
    const message = fc.constantFrom("a 1", "a 2", "b /x/y", "b ./z", "c");
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 9 }),
        (all, rows) => {
          const failures = Object.fromEntries(all.map((text, i) => [i, ["failed", "x", text] as const]));
          const tally = tallyOf(batchesWith(all.length, failures, { batchRows: rows }));
          const counts: Record<string, number> = {};
          for (const text of all) counts[messagePattern(text)] = (counts[messagePattern(text)] ?? 0) + 1;
          const found = tally.causes(99).map((cause) => [messagePattern(cause.message), cause.partitions]);
          expect(Object.fromEntries(found)).toEqual(counts);
        },
      ),
    );
  });
});
