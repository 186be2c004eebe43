import { describe } from "vitest";
import { checkFrames } from "./check-frames.ts";
import { pythonWith } from "./environment.ts";
import { testsWith } from "./python-test.ts";

const LOWEST = testsWith(await pythonWith("lowest"));

describe("with the lowest versions", () => checkFrames(LOWEST, "string"));
