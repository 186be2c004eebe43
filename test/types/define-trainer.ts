// Compiled, never run: what users' trainers may say, and (each with @ts-expect-error) what they may not.
import { z } from "zod";
import { defineTrainer, type FitInput, type NoParams, type Table } from "../../src/trainer-entry.ts";

type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function expectType<Expected>() {
  return <Actual>(_value: Actual, ..._same: IsSame<Expected, Actual> extends true ? [] : [never]): void => {};
}

interface Line {
  slope: number;
  terms: string[];
  note?: string;
}

// The model that predict gets is what fit returns, also when that is an interface.
defineTrainer({
  columns: ["x", "y"],
  fit({ table, key, params, seed, signal }) {
    expectType<Table>()(table);
    expectType<NoParams>()(params);
    expectType<number>()(seed);
    expectType<AbortSignal>()(signal);
    expectType<string | number | boolean | null | undefined>()(key["store"]);
    const model: Line = { slope: 1, terms: ["x"] };
    return { model, metrics: { r2: 0.5, aic: null }, warnings: ["few rows", { code: "c", message: "m" }] };
  },
  predict({ model, table, params }) {
    expectType<Line>()(model);
    expectType<NoParams>()(params);
    return { y: table.numbers("x").map((x) => x * model.slope) };
  },
});

// An async fit is awaited; params have the output type of the schema, not its input.
defineTrainer({
  params: z.object({ alpha: z.number().default(1), days: z.string().transform((text) => text.length) }),
  columns: ({ params, schema }) => {
    expectType<{ alpha: number; days: number }>()(params);
    return schema.filter((field) => field.type === "double").map((field) => field.name);
  },
  minRows: 3,
  async fit({ params }) {
    expectType<{ alpha: number; days: number }>()(params);
    return { model: { weights: [params.alpha], nested: { ok: true } } };
  },
  async predict({ model, params }) {
    expectType<{ weights: number[]; nested: { ok: boolean } }>()(model);
    expectType<{ alpha: number; days: number }>()(params);
    return { a: [1, null], b: ["x", null], c: [true, null], d: new Float64Array(2) };
  },
});

// Bytes as the whole model; several shapes of one model; a fit that stands elsewhere.
defineTrainer({
  fit: () => ({ model: new Uint8Array(3) }),
  predict: ({ model }) => ({ first: [model[0]!] }),
});
defineTrainer({
  fit({ table }) {
    if (table.rowCount < 3) return { model: null };
    return { model: { mean: 1 } };
  },
  predict({ model }) {
    expectType<{ mean: number } | null>()(model);
    return { mean: [model?.mean ?? null] };
  },
});
function fitElsewhere({ table }: FitInput<NoParams>) {
  return { model: table.rowCount };
}
defineTrainer({ fit: fitElsewhere });

// @ts-expect-error fit is missing
defineTrainer({ columns: ["x"] });
// @ts-expect-error no such member
defineTrainer({ fit: () => ({ model: 1 }), column: ["x"] });
// @ts-expect-error columns are names
defineTrainer({ fit: () => ({ model: 1 }), columns: [1] });
// @ts-expect-error minRows is a number
defineTrainer({ fit: () => ({ model: 1 }), minRows: "3" });
// @ts-expect-error params is a schema, not values
defineTrainer({ fit: () => ({ model: 1 }), params: { alpha: 1 } });
// @ts-expect-error no model
defineTrainer({ fit: () => ({ slope: 1 }) });
// @ts-expect-error JSON has no dates
defineTrainer({ fit: () => ({ model: { at: new Date() } }) });
// @ts-expect-error typed arrays are models only as a whole, and as bytes
defineTrainer({ fit: () => ({ model: { weights: new Float64Array(2) } }) });
// @ts-expect-error bytes are a whole model only
defineTrainer({ fit: () => ({ model: { bytes: new Uint8Array(2) } }) });
// @ts-expect-error JSON has no bigints
defineTrainer({ fit: () => ({ model: [1n] }) });
// @ts-expect-error JSON has no undefined
defineTrainer({ fit: () => ({ model: { a: undefined } }) });
// @ts-expect-error metrics are numbers
defineTrainer({ fit: () => ({ model: 1, metrics: { r2: "high" } }) });
// @ts-expect-error warnings are texts
defineTrainer({ fit: () => ({ model: 1, warnings: [3] }) });
defineTrainer({
  fit: () => ({ model: { slope: 1 } }),
  // @ts-expect-error the model has no such member
  predict: ({ model }) => ({ y: [model.intercept] }),
});
defineTrainer({
  fit: () => ({ model: 1 }),
  // @ts-expect-error predictions are columns by name
  predict: () => [1, 2],
});
defineTrainer({
  params: z.object({ alpha: z.number() }),
  // @ts-expect-error the schema has no such param
  fit: ({ params }) => ({ model: params.beta }),
});
// @ts-expect-error a trainer without a schema has no params
defineTrainer({ fit: ({ params }) => ({ model: params.alpha.length }) });
