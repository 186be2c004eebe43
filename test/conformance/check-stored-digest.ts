import { beforeAll, describe, expect, test } from "vitest";
import { nextUp, withFailures, withNull } from "../store/changed-run.ts";
import { expectedDigest } from "../store/digest-oracle.ts";
import { keysOf, type MadeRun, type Outcome, plainRun, SMALL_SCHEMA } from "../store/made-run.ts";
import { type StoreMember, stored } from "./store-member.ts";

async function digestOf(member: StoreMember, run: MadeRun): Promise<string> {
  const opened = await stored(member, run);
  await opened.close();
  return opened.manifest.digest;
}

/** What changes the digest of a stored run, and what does not. */
export function checkStoredDigest(member: () => StoreMember): void {
  describe("has a digest that", () => {
    const run = withFailures(plainRun(30));
    const changed = (partition: number, changes: Partial<Outcome>): MadeRun => ({
      ...run,
      outcomes: run.outcomes.map((outcome, i) => (i === partition ? { ...outcome, ...changes } : outcome)),
    });
    let expected: string;
    beforeAll(async () => {
      expected = await digestOf(member(), run);
    });

    test.each([
      ["a coefficient changes in its last bit", changed(5, { model: nextUp(run.outcomes[5]!.model, 2) })],
      ["a coefficient becomes NULL", changed(5, { model: withNull(run.outcomes[5]!.model, 2) })],
      ["a row count changes", changed(5, { rowsUsed: 8, rowsDropped: 2 })],
      ["a reason changes", changed(3, { reason: "too_few_rows" })],
      ["a state changes", changed(6, { state: "timed_out" })],
      [
        "a key changes",
        {
          ...run,
          keys: keysOf(
            run.keyFields,
            run.outcomes.map((_, i) => [i === 0 ? -6 : i * 3 - 5]),
          ),
        },
      ],
      [
        "keys are of another type",
        {
          ...run,
          keyFields: [{ name: "store", type: "decimal(9,0)" }],
          keys: keysOf(
            [{ name: "store", type: "decimal(9,0)" }],
            run.outcomes.map((_, i) => [i * 3 - 5]),
          ),
        },
      ],
      [
        "a model field has another name",
        {
          ...run,
          resultSchema: {
            ...SMALL_SCHEMA,
            model: SMALL_SCHEMA.model.map((field) => ({ ...field, name: `${field.name}2` })),
          },
        },
      ],
    ] satisfies [string, MadeRun][])("is another one when %s", async (_, other) => {
      const digest = await digestOf(member(), other);
      expect(digest).not.toBe(expected);
      expect(digest).toBe(expectedDigest(other));
    });

    test.each([
      ["the texts of errors", changed(6, { error: { code: "b", message: "c", stack: "d" } })],
      ["metrics", changed(5, { metrics: [0.1, null] })],
      [
        "terms",
        changed(5, {
          terms: [
            [1, 2],
            [3, 4],
            [5, 6],
            [null, null],
          ],
        }),
      ],
      ["warnings", changed(5, { warnings: [{ code: "rank_deficient", message: "x" }] })],
      ["the sign of zero", changed(5, { model: [-0, -0, -0, -0] }), changed(5, { model: [0, 0, 0, 0] })],
      ["the name of a key column", { ...run, keyFields: [{ name: "shop", type: "integer" }] }],
    ] satisfies [string, MadeRun, MadeRun?][])("does not depend on %s", async (_, one, other = run) => {
      expect(await digestOf(member(), one)).toBe(await digestOf(member(), other));
    });
  });
}
