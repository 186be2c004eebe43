import type { Output, Screen } from "../../src/cli/output.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";

/** A screen that nobody sees. */
export function nowhere(): Screen {
  const output: Output = {
    isTerminal: false,
    canRedraw: false,
    style: PLAIN_STYLE,
    width: () => 80,
    write: async () => undefined,
  };
  return { out: output, err: output };
}
