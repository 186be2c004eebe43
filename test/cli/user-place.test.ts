import { expect, test } from "vitest";
import { userPlace } from "../../src/cli/user-place.ts";

test.each([
  ["Error: odd\n    at Object.fit (trainer.ts:8:49)", "trainer.ts:8:49"],
  ["Error: odd\n    at trainer.ts:8:49\n    at other.ts:1:1", "trainer.ts:8:49"],
  ["Error: odd\n    at async fit (/a b/(c)/trainer.ts:8:49)", "/a b/(c)/trainer.ts:8:49"],
  ["Error: odd\n    at /a (b)/trainer.ts:8:49", "/a (b)/trainer.ts:8:49"],
  ["Error: odd\n    at fit (file:///a%20b/trainer.mjs:8:49)", "/a b/trainer.mjs:8:49"],
  ["Error: odd\n    at node:internal/x:1:2\n    at fit (lib/fit.js:3:4)", "lib/fit.js:3:4"],
  ["Error: at home (x:1)\n    at fit (t.ts:3:4)", "t.ts:3:4"],
  ["Error: odd", null],
  ["", null],
])("%j begins at %s", (stack, place) => {
  expect(userPlace(stack)).toBe(place);
});
