// Compiled, never run: what users' trainers may say, and (each with @ts-expect-error) what they may not.
import { z } from "zod";
import {
  defineTrainer,
  type FitInput,
  type FitOutput,
  type NoParams,
  type PredictInput,
  type ScoreInput,
  type Table,
} from "../../src/trainer-entry.ts";

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

// Shapes that are told apart by a member; an early return of another shape, also with other metrics; async, too.
defineTrainer({
  fit({ table }) {
    if (table.rowCount < 3) return { model: { kind: "none" as const } };
    return { model: { kind: "line" as const, slope: 1 } };
  },
  predict: ({ model }) => ({ y: [model.kind === "line" ? model.slope : null] }),
});
defineTrainer({
  async fit({ table }) {
    if (table.rowCount < 3) return { model: { kind: "none" }, metrics: { rows: 1 } };
    return { model: { kind: "line", slope: 1 }, metrics: { r2: 1 }, warnings: ["few rows"] };
  },
  predict: ({ model }) => ({ y: [model.slope ?? null] }),
});
defineTrainer({
  fit: ({ table }) => (table.rowCount < 3 ? { model: null } : { model: new Uint8Array(1) }),
  predict({ model }) {
    expectType<Uint8Array | null>()(model);
    return { y: [model?.[0] ?? null] };
  },
});

// Models that hold themselves; metrics and outputs with a type of their own; a predict with the type of its model.
type Tree = { readonly leaf: number } | { readonly at: number; readonly below: Tree; readonly above: Tree };
interface Quality {
  r2: number;
  aic?: number;
}
defineTrainer({
  fit() {
    const model: Tree = { at: 1, below: { leaf: 0 }, above: { leaf: 2 } };
    const metrics: Quality = { r2: 1 };
    return { model: model as Tree, metrics };
  },
  predict({ model }) {
    expectType<Tree>()(model);
    return { y: ["leaf" in model ? model.leaf : model.at] };
  },
});
defineTrainer({
  fit({ table }) {
    const output: FitOutput<Line> = { model: { slope: table.rowCount, terms: [] }, metrics: { r2: 1 } };
    return output;
  },
  predict: ({ model }: PredictInput<Line, NoParams>) => ({ y: [model.slope] }),
});

// Bytes come back as plain bytes, whatever class fit gave: a Buffer's own methods are gone.
defineTrainer({
  fit: () => ({ model: Buffer.alloc(8) }),
  // @ts-expect-error a Uint8Array has no such method
  predict: ({ model }) => ({ y: [model.readDoubleLE(0)] }),
});

// The model that score gets is the one that predict gets; its metrics may have a type of their own, or differ by case.
defineTrainer({
  columns: ["x", "y"],
  fit({ table }) {
    const model: Line = { slope: table.rowCount, terms: ["x"] };
    return { model };
  },
  predict: ({ model }) => ({ y: [model.slope] }),
  score({ model, table, key, params }) {
    expectType<Line>()(model);
    expectType<Table>()(table);
    expectType<NoParams>()(params);
    expectType<string | number | boolean | null | undefined>()(key["store"]);
    const quality: Quality = { r2: model.slope };
    return quality;
  },
});
defineTrainer({
  params: z.object({ alpha: z.number() }),
  fit: () => ({ model: new Uint8Array(3) }),
  async score({ model, table, params }) {
    expectType<Uint8Array>()(model);
    expectType<{ alpha: number }>()(params);
    if (table.rowCount < 2) return { rows: table.rowCount, rmse: null };
    return { rows: table.rowCount, rmse: params.alpha };
  },
});
function scoreElsewhere({ model, table }: ScoreInput<Line, NoParams>) {
  return { mae: model.slope * table.rowCount };
}
defineTrainer({ fit: () => ({ model: { slope: 1, terms: ["x"] } as Line }), score: scoreElsewhere });

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
// @ts-expect-error metrics are numbers, none is undefined
defineTrainer({ fit: () => ({ model: 1, metrics: { r2: undefined } }) });
// @ts-expect-error metrics have names
defineTrainer({ fit: () => ({ model: 1, metrics: new Float64Array(2) }) });
// @ts-expect-error metrics are a plain object
defineTrainer({ fit: () => ({ model: 1, metrics: new Map([["r2", 1]]) }) });
// @ts-expect-error metrics are not awaited
defineTrainer({ fit: () => ({ model: 1, metrics: Promise.resolve({ r2: 1 }) }) });
// @ts-expect-error fit gives no such member
defineTrainer({ fit: () => ({ model: 1, metric: { r2: 1 } }) });
// @ts-expect-error an async fit, too, can only give what can be stored
defineTrainer({ fit: async () => ({ model: { at: new Date() } }) });
// @ts-expect-error every shape must be one that can be stored
defineTrainer({ fit: ({ table }) => ({ model: table.rowCount > 1 ? { at: new Date() } : null }) });
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
// @ts-expect-error scores are numbers
defineTrainer({ fit: () => ({ model: 1 }), score: () => ({ r2: "high" }) });
// @ts-expect-error scores are numbers, none is undefined
defineTrainer({ fit: () => ({ model: 1 }), score: () => ({ r2: undefined }) });
// @ts-expect-error scores have names
defineTrainer({ fit: () => ({ model: 1 }), score: () => 0.5 });
// @ts-expect-error scores are a plain object
defineTrainer({ fit: () => ({ model: 1 }), score: () => [0.5] });
// @ts-expect-error an async score, too, can only give numbers
defineTrainer({ fit: () => ({ model: 1 }), score: async () => ({ r2: "high" }) });
defineTrainer({
  fit: () => ({ model: { slope: 1 } }),
  // @ts-expect-error the model has no such member
  score: ({ model }) => ({ r2: model.intercept }),
});
defineTrainer({
  params: z.object({ alpha: z.number() }),
  // @ts-expect-error the schema has no such param
  fit: ({ params }) => ({ model: params.beta }),
});
// @ts-expect-error a trainer without a schema has no params
defineTrainer({ fit: ({ params }) => ({ model: params.alpha.length }) });
