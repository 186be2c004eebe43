import { styleText } from "node:util";

/** How text is set off; without colour every function gives its text back as it is. */
export interface Style {
  readonly isColoured: boolean;
  /** Headings and what matters most. */
  readonly strong: (text: string) => string;
  /** What is said beside: units, hints, headings of columns. */
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly bad: (text: string) => string;
}

const asIs = (text: string): string => text;

/** The style of text without colours. */
export const PLAIN_STYLE: Style = {
  isColoured: false,
  strong: asIs,
  faint: asIs,
  good: asIs,
  warning: asIs,
  bad: asIs,
};

/** The few colours of this command line. */
export const COLOUR_STYLE: Style = {
  isColoured: true,
  strong: paint("bold"),
  faint: paint("dim"),
  good: paint("green"),
  warning: paint("yellow"),
  bad: paint("red"),
};

/**
 * Whether to colour, as Node decides it: `FORCE_COLOR` (but for `0` and `false`) says yes also on a pipe, `NO_COLOR`
 * (not empty) says no, else a terminal is coloured unless it calls itself dumb.
 */
export function wantsColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: refused, TERM: kind } = env;
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  if (refused !== undefined && refused !== "") return false;
  return isTerminal && kind !== "dumb";
}

function paint(format: "bold" | "dim" | "green" | "yellow" | "red"): (text: string) => string {
  return (text) => (text === "" ? "" : styleText(format, text, { validateStream: false }));
}
