import { expect, test } from "vitest";
import { wantsColour } from "../../src/cli/style.ts";

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: "1" }, false],
  [true, { NO_COLOR: "" }, true],
  [true, { TERM: "dumb" }, false],
  [false, { FORCE_COLOR: "1" }, true],
  [false, { FORCE_COLOR: "" }, true],
  [true, { FORCE_COLOR: "0" }, false],
  [true, { FORCE_COLOR: "false" }, false],
  [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
])("a terminal (%s) with %j is coloured: %s", (isTerminal, env, isColoured) => {
  expect(wantsColour(isTerminal, env)).toBe(isColoured);
});
