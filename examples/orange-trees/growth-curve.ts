import { defineTrainer } from "manyfit";
import { levenbergMarquardt } from "ml-levenberg-marquardt";
import { z } from "zod";

/**
 * An S-shaped growth curve, size = asymptote / (1 + exp((midpoint - age) / scale)), by least squares: what R fits with
 * `nls(size ~ SSlogis(age, asymptote, midpoint, scale))`.
 */
export default defineTrainer({
  // Params come from `--param age=days`; what the schema does not allow ends the run before anything is read.
  params: z.strictObject({ age: z.string().default("age"), size: z.string().default("size") }),
  columns: ({ params }) => [params.age, params.size],
  // Three coefficients and one row more. Smaller partitions are skipped, and the ledger says so.
  minRows: 4,

  fit({ table, params }) {
    const x = table.numbers(params.age);
    const y = table.numbers(params.size);
    // What fit throws is the error of this partition in the ledger; the others go on.
    if (x.some(Number.isNaN) || y.some(Number.isNaN)) throw new Error("a row has no age or no size");
    const { parameterValues } = levenbergMarquardt({ x, y }, curve, {
      initialValues: startValues(x, y),
      jacobianFunction: slopes,
      // A sum of squares in the units of the data: no one number is right for all partitions, so all steps are taken.
      errorTolerance: 0,
      maxIterations: 200,
    });
    checkMinimum(x, y, parameterValues);
    const [asymptote, midpoint, scale] = parameterValues as Curve;
    const residuals = residualsOf(x, y, parameterValues);
    const rss = sumOfProducts(residuals, residuals);
    return {
      model: { asymptote, midpoint, scale },
      metrics: { rss, sigma: Math.sqrt(rss / (x.length - 3)) },
    };
  },

  predict({ model, table, params }) {
    const size = curve([model.asymptote, model.midpoint, model.scale]);
    return { prediction: table.numbers(params.age).map(size) };
  },
});

/** Asymptote, midpoint, scale. */
type Curve = [number, number, number];

function curve(coefficients: number[]): (age: number) => number {
  const [asymptote, midpoint, scale] = coefficients as Curve;
  return (age) => asymptote / (1 + Math.exp((midpoint - age) / scale));
}

/** The derivatives of the curve by its coefficients. */
function slopes(coefficients: number[]): (age: number) => number[] {
  const [asymptote, midpoint, scale] = coefficients as Curve;
  return (age) => {
    const steps = (midpoint - age) / scale;
    const share = 1 / (1 + Math.exp(steps));
    const slope = (asymptote * share * (1 - share)) / scale;
    return [share, -slope, slope * steps];
  };
}

/** Somewhat more than the largest size, the first age at which half of that is reached, a quarter of all ages. */
function startValues(x: Float64Array, y: Float64Array): Curve {
  const asymptote = 1.1 * y.reduce((largest, size) => Math.max(largest, size));
  const oldest = x.reduce((a, b) => Math.max(a, b));
  const youngest = x.reduce((a, b) => Math.min(a, b));
  const midpoint = x.filter((_, i) => y[i]! >= asymptote / 2).reduce((a, b) => Math.min(a, b), oldest);
  return [asymptote, midpoint, (oldest - youngest) / 4];
}

/** At a minimum the residuals stand at right angles to each of the derivatives; elsewhere this is no model. */
function checkMinimum(x: Float64Array, y: Float64Array, coefficients: number[]): void {
  const residuals = residualsOf(x, y, coefficients);
  const rows = Array.from(x, slopes(coefficients));
  const cosines = coefficients.map((_, k) => {
    const column = Float64Array.from(rows, (row) => row[k]!);
    const lengths = Math.sqrt(sumOfProducts(column, column) * sumOfProducts(residuals, residuals));
    return lengths === 0 ? 0 : Math.abs(sumOfProducts(column, residuals)) / lengths;
  });
  if (cosines.every((cosine) => cosine < 1e-6)) return;
  throw new Error(`no growth curve fits these ${x.length} rows: 200 steps end at no minimum`);
}

function residualsOf(x: Float64Array, y: Float64Array, coefficients: number[]): Float64Array {
  const size = curve(coefficients);
  return y.map((value, i) => value - size(x[i]!));
}

function sumOfProducts(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
