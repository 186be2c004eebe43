import { join } from "node:path";
import type { RunEvent } from "../index.ts";
import { lineText } from "./safe-text.ts";
import { shellQuote } from "./shell-quote.ts";
import type { Style } from "./style.ts";

/** Lines that are shown of all that trainers print. */
const SHOWN_LINES = 20;

/** Where lines go, and what they look like. */
export interface TrainerLogOptions {
  /** Takes whole lines with their ends. */
  readonly write: (lines: string) => void;
  readonly style: Style;
  /** The folder of runs, for the place where the rest can be read; null where nobody keeps it. */
  readonly out: string | null;
}

/** Who printed something: a partition by its key, by its number where its trainer sees no keys, or nobody of them. */
function sourceOf({ partition, key }: Extract<RunEvent, { readonly type: "trainer.logged" }>): string {
  if (key !== null) return lineText(key);
  return partition === null ? "trainer" : `partition ${partition}`;
}

/**
 * Shows the first lines that trainers print, each with the key of the partition that was at work, and says once where more is:
 * the event log, which cuts what it keeps of each partition, or nowhere.
 * What it gives is called with every event of the run.
 */
export function createTrainerLog({ write, style, out }: TrainerLogOptions): (event: RunEvent) => void {
  let run: string | null = null;
  let shown = 0;
  return (event) => {
    if (event.type === "run.started") run = event.run;
    if (event.type !== "trainer.logged" || shown > SHOWN_LINES) return;
    const lines = event.text.split(/\r?\n/).filter((line) => line.trim() !== "");
    const head = style.faint(`[${sourceOf(event)}]`);
    const kept = lines.slice(0, SHOWN_LINES - shown).map((line) => `${head} ${lineText(line)}\n`);
    const isCut = kept.length < lines.length;
    shown = isCut ? SHOWN_LINES + 1 : shown + kept.length;
    const rest =
      out === null
        ? "the others are not shown"
        : `more of them are in ${shellQuote(join(out, run ?? "", "events.ndjson"))}`;
    const note = `${style.faint("[trainer]")} prints more than ${SHOWN_LINES} lines; ${rest}\n`;
    if (lines.length > 0) write(kept.join("") + (isCut ? note : ""));
  };
}
