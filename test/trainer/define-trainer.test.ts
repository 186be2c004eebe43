import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ManyfitError } from "../../src/errors.ts";
import { defineTrainer, TRAINER_MARK } from "../../src/trainer/define-trainer.ts";

/** What a file in plain JavaScript may pass, which the compiler would refuse. */
function define(definition: unknown) {
  return defineTrainer(definition as { fit: () => { model: number } });
}

const fit = () => ({ model: 1 });

describe("defineTrainer", () => {
  test("gives a frozen object that carries the mark of every copy of manyfit", () => {
    const columns = ["x"];
    const trainer = defineTrainer({ columns, fit });
    expect(Object.isFrozen(trainer)).toBe(true);
    expect(TRAINER_MARK).toBe(Symbol.for("manyfit.trainer"));
    expect(trainer).toEqual({
      [TRAINER_MARK]: 1,
      columns: ["x"],
      params: null,
      minRows: 1,
      fit,
      predict: null,
      score: null,
    });
    columns.push("y");
    expect(trainer.columns).toEqual(["x"]);
  });

  test("takes schemas that are functions, as some libraries have them", () => {
    const schema = Object.assign(() => {}, { "~standard": z.object({})["~standard"] });
    expect(define({ fit, params: schema }).params).toBe(schema);
  });

  test.each<[string, unknown, string]>([
    ["nothing", undefined, "defineTrainer takes an object such as { fit({ table }) { … } }, found nothing"],
    ["a function", fit, "defineTrainer takes an object such as { fit({ table }) { … } }, found a function"],
    [
      "an unknown member",
      { fit, column: ["x"] },
      'defineTrainer has no member "column"; did you mean columns? (there are: columns, params, minRows, fit, predict, score)',
    ],
    ["no fit", { columns: ["x"] }, "defineTrainer needs fit to be a function, found nothing"],
    ["a fit that is none", { fit: "lm" }, "defineTrainer needs fit to be a function, found a string"],
    [
      "a predict that is none",
      { fit, predict: null },
      "defineTrainer needs predict to be a function, found null",
    ],
    [
      "a score that is none",
      { fit, score: 0.5 },
      "defineTrainer needs score to be a function, found a number",
    ],
    [
      "columns as text",
      { fit, columns: "x,y" },
      "defineTrainer needs columns to be a list of names or a function that gives one, found a string",
    ],
    [
      "odd columns",
      { fit, columns: ["x", 2] },
      "defineTrainer needs names in columns, found a number at index 1",
    ],
    [
      "minRows of 0",
      { fit, minRows: 0 },
      "defineTrainer needs minRows to be a whole number from 1 on, found 0",
    ],
    [
      "minRows of 2.5",
      { fit, minRows: 2.5 },
      "defineTrainer needs minRows to be a whole number from 1 on, found 2.5",
    ],
    [
      "minRows as text",
      { fit, minRows: "2" },
      "defineTrainer needs minRows to be a whole number from 1 on, found a string",
    ],
  ])("refuses %s", (_, definition, message) => {
    expect(() => define(definition)).toThrowError(new ManyfitError("trainer_invalid", message));
  });

  test("refuses values where the schema of the params belongs", () => {
    for (const params of [{ alpha: 1 }, null, "alpha", { "~standard": {} }, { "~standard": null }]) {
      expect(() => define({ fit, params })).toThrow(/needs params to be a Standard Schema such as z.object/);
    }
  });
});
