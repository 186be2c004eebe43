import type { Dialect } from "../index.ts";
import { jsonText } from "./json-text.ts";

const DELIMITERS: Readonly<Record<string, string>> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "bars",
  " ": "spaces",
};

/** How CSV files are written, for a person: `commas between fields, point in decimals`. */
export function dialectText({ delimiter, quote, decimal, comment, nullTexts }: Dialect): string {
  const between = DELIMITERS[delimiter] ?? jsonText(delimiter);
  return [
    `${between} between fields`,
    `${decimal === "." ? "point" : "comma"} in decimals`,
    ...(quote === '"' || quote === "" ? [] : [`${jsonText(quote)} as quotes`]),
    ...(comment === null ? [] : [`lines that begin with ${jsonText(comment)} passed over`]),
    ...(nullTexts.length === 0 ? [] : [`NULL also as ${nullTexts.map((text) => jsonText(text)).join(", ")}`]),
  ].join(", ");
}
