import { describe } from "vitest";
import { checkFrames } from "./check-frames.ts";
import { test } from "./python-test.ts";

describe("with the newest versions", () => checkFrames(test, "str"));
