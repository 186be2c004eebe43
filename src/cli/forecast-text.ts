import type { Forecast, Plan, TimeRange } from "../index.ts";
import { formatCount, formatQuantity } from "./format-number.ts";
import { formatDuration } from "./format-unit.ts";
import { lineText } from "./safe-text.ts";

/** Causes that a plan names. */
const CAUSES = 3;

/** What a sample says of the run that is planned, as labels and texts. */
export function forecastEntries(
  forecast: Forecast,
  { partitions, rows, keys }: Pick<Plan, "partitions" | "rows" | "keys">,
): (readonly [label: string, text: string])[] {
  const { sampled, sampledRows, counts, causes, sampleMs, isCutShort, total } = forecast;
  const states = Object.entries(counts)
    .filter(([state, count]) => count > 0 || state === "fitted")
    .map(([state, count]) => `${formatCount(count)} ${state.replace("_", " ")}`);
  // What is skipped by counts is told by the outlook already.
  const news = causes.filter(({ state }) => rows === null || state !== "skipped");
  const late = isCutShort ? "; time was over before the rest" : "";
  return [
    [
      "sample",
      `${formatQuantity(sampled, "partition")}, ${formatQuantity(sampledRows, "row")}, in ${formatDuration(sampleMs)}: ${states.join(", ")}${late}`,
    ],
    ...news.slice(0, CAUSES).map(({ state, code, message, partitions: count, examples }) => {
      const said = message === "" ? "" : `: ${lineText(message)}`;
      return [
        "",
        `${formatCount(count)} ${state.replace("_", " ")}, ${code}${said} (${keyListText(examples, count, keys.length)})`,
      ] as const;
    }),
    [
      "forecast",
      total === null
        ? `not known: ${sampled === 0 ? "no fit ended" : "the fit of the largest partition did not end"} in time; give --sample more of it`
        : `${rangeText(total)} for ${formatQuantity(partitions, "partition")} (${phasesText(forecast)})`,
    ],
  ];
}

/** The first of some keys of so many columns, and that there are more where there are. */
export function keyListText(keys: readonly string[], count: number, columns: number): string {
  return [...keys, ...(count > keys.length ? ["…"] : [])].join(columns > 1 ? "; " : ", ");
}

function phasesText({ reading, exchanging, fitting, committing }: Forecast): string {
  const phases = { reading, exchanging, fitting, committing };
  return Object.entries(phases)
    .flatMap(([phase, range]) => (range === null ? [] : [`${phase} ${rangeText(range)}`]))
    .join(", ");
}

/** `4.0 to 6.5 s`, in words that are alike at both ends left out once. */
function rangeText({ lowMs, highMs }: TimeRange): string {
  const [low, high] = [formatDuration(lowMs), formatDuration(highMs)];
  if (low === high) return low;
  const unit = / (?:ms|s)$/.exec(low)?.[0];
  const isSame = unit !== undefined && high.endsWith(unit) && !low.includes("min") && !high.includes("min");
  return isSame ? `${low.slice(0, -unit.length)} to ${high}` : `${low} to ${high}`;
}
