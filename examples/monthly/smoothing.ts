/** How seasons are added, and how much of each error goes into level, trend and season: numbers from 0 to 1. */
export interface Smoothing {
  readonly season: "additive" | "multiplicative";
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
}

/** What is known of a series behind one of its months. */
export interface State {
  readonly level: number;
  readonly trend: number;
  /** What the season makes of the next twelve months, the next first. */
  readonly figures: readonly number[];
}

const YEAR = 12;

/**
 * One walk over the series from its second year on: the state behind its last month, and the squared errors of the
 * forecasts one month ahead. C. C. Holt (1957), P. R. Winters (1960), in the form of R's `HoltWinters`.
 */
export function smooth(
  values: Float64Array,
  start: State,
  smoothing: Smoothing,
): { readonly state: State; readonly sse: number } {
  const { alpha, beta, gamma } = smoothing;
  const isAdditive = smoothing.season === "additive";
  let { level, trend } = start;
  const figures = [...start.figures];
  let sse = 0;
  for (let i = YEAR; i < values.length; i++) {
    const value = values[i]!;
    const figure = figures[i % YEAR]!;
    const expected = isAdditive ? level + trend + figure : (level + trend) * figure;
    sse += (value - expected) * (value - expected);
    const before = level;
    level = alpha * (isAdditive ? value - figure : value / figure) + (1 - alpha) * (level + trend);
    trend = beta * (level - before) + (1 - beta) * trend;
    figures[i % YEAR] = gamma * (isAdditive ? value - level : value / level) + (1 - gamma) * figure;
  }
  const next = values.length % YEAR;
  return { state: { level, trend, figures: [...figures.slice(next), ...figures.slice(0, next)] }, sse };
}

/** The value that a model expects some months behind its last one, from 1. */
export function forecast(
  { smoothing, state }: { readonly smoothing: Pick<Smoothing, "season">; readonly state: State },
  months: number,
): number {
  const figure = state.figures[(months - 1) % YEAR]!;
  const level = state.level + months * state.trend;
  return smoothing.season === "additive" ? level + figure : level * figure;
}

/**
 * Where R starts: the first two years are taken apart by a moving average of a year. Level and trend are those of a
 * straight line through it, the season is what stands above and below it.
 */
export function startState(values: Float64Array, season: Smoothing["season"]): State {
  const average = movingAverage(values);
  const meanAt = (YEAR + 1) / 2;
  const mean = meanOf(average);
  let sxx = 0;
  let sxy = 0;
  for (const [i, value] of average.entries()) {
    sxx += (i + 1 - meanAt) * (i + 1 - meanAt);
    sxy += (i + 1 - meanAt) * (value - mean);
  }
  const trend = sxy / sxx;
  // The average begins with the seventh month, so figures begin there too.
  const raw = average.map((value, i) => {
    const observed = values[i + YEAR / 2]!;
    return season === "additive" ? observed - value : observed / value;
  });
  const rawMean = meanOf(raw);
  const centred = raw.map((figure) => (season === "additive" ? figure - rawMean : figure / rawMean));
  const figures = [...centred.slice(YEAR / 2), ...centred.slice(0, YEAR / 2)];
  return { level: mean - trend * meanAt, trend, figures };
}

/** Means over a year around each month from the seventh to the eighteenth; the year's ends count half. */
function movingAverage(values: Float64Array): number[] {
  return Array.from({ length: YEAR }, (_, i) => {
    let sum = (values[i]! + values[i + YEAR]!) / 2;
    for (let j = 1; j < YEAR; j++) sum += values[i + j]!;
    return sum / YEAR;
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
