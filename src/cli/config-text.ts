import { withExactNumbers } from "./exact-json.ts";
import type { JobConfig } from "./job-option.ts";
import { JOB_OPTIONS } from "./job-option-table.ts";
import { jsonText } from "./json-text.ts";

/** Cells after which the items of a list stand on lines of their own. */
const WIDEST = 80;
const INDENT = "  ";

/** A job as the text of a config file: one property a line, in the order in which help lists the flags. */
export function configText(config: JobConfig): string {
  const names = ["paths", ...JOB_OPTIONS.map((option) => option.name)] as const;
  const lines = names.flatMap((name) => {
    const value = config[name];
    return value === undefined ? [] : [`${INDENT}${jsonText(name)}: ${valueText(name, value)}`];
  });
  return lines.length === 0 ? "{}\n" : `{\n${lines.join(",\n")}\n}\n`;
}

function valueText(name: string, value: unknown): string {
  if (!Array.isArray(value)) return withExactNumbers(jsonText(value));
  const items = value.map((item) => jsonText(item));
  const line = `[${items.join(", ")}]`;
  if (INDENT.length + name.length + 4 + line.length < WIDEST) return line;
  return `[\n${items.map((item) => INDENT.repeat(2) + item).join(",\n")}\n${INDENT}]`;
}
