import { defineTrainer } from "manyfit";
import { z } from "zod";
import { searchUnitCube } from "./search-unit-cube.ts";
import { forecast, type Smoothing, smooth, startState } from "./smoothing.ts";

/** How much of an error is taken: 0 is nothing, 1 is all of it. */
const share = z.number().min(0).max(1).optional();

/**
 * Holt-Winters smoothing of a monthly series, as R's `HoltWinters`: a level, a trend and twelve seasonal figures that
 * each month corrects, by alpha, beta and gamma of what the forecast missed. Of these three, those that are not given
 * are chosen per series: where the squared errors of forecasts one month ahead are smallest.
 */
export default defineTrainer({
  params: z.strictObject({
    season: z.enum(["additive", "multiplicative"]).default("additive"),
    alpha: share,
    beta: share,
    gamma: share,
  }),
  columns: ["month", "value"],
  // Two years to start from, and a month to learn from.
  minRows: 25,

  fit({ table, params }) {
    const values = table.numbers("value");
    const months = table.numbers("month");
    checkSeries(months, values);
    const start = startState(values, params.season);
    const smoothingAt = ([alpha, beta, gamma]: readonly number[]): Smoothing => ({
      season: params.season,
      alpha: params.alpha ?? alpha!,
      beta: params.beta ?? beta!,
      gamma: params.gamma ?? gamma!,
    });
    const squaredErrors = (point: readonly number[]) => smooth(values, start, smoothingAt(point)).sse;
    const smoothing = smoothingAt(searchUnitCube(squaredErrors, 3));
    const { state, sse } = smooth(values, start, smoothing);
    const rmse = Math.sqrt(sse / (values.length - 12));
    return { model: { smoothing, state, lastMonth: dayText(months.at(-1)!) }, metrics: { sse, rmse } };
  },

  // Rows to predict need a month and no value. Months that the model has seen get no forecast.
  predict({ model, table }) {
    const last = monthNumber(Date.parse(model.lastMonth));
    const ahead = Array.from(table.numbers("month"), (month) => monthNumber(month) - last);
    return { forecast: ahead.map((months) => (months > 0 ? forecast(model, months) : null)) };
  },
});

/** Months since January of the year 0, of a date as tables have it: milliseconds since 1970. */
function monthNumber(date: number): number {
  const day = new Date(date);
  return day.getUTCFullYear() * 12 + day.getUTCMonth();
}

function dayText(date: number): string {
  return new Date(date).toISOString().slice(0, 10);
}

/** What is thrown here is the error of this partition, and of no other. */
function checkSeries(months: Float64Array, values: Float64Array): void {
  for (const [i, month] of months.entries()) {
    if (Number.isNaN(month)) throw new Error(`row ${i + 1} has no month`);
    if (!Number.isFinite(values[i])) throw new Error(`${dayText(month)} has no value`);
    if (i === 0 || monthNumber(month) === monthNumber(months[i - 1]!) + 1) continue;
    throw new Error(`${dayText(month)} follows ${dayText(months[i - 1]!)}, not the month after it`);
  }
}
