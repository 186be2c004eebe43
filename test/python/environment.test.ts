import { afterEach, describe, expect, test, vi } from "vitest";
import { needPython } from "./environment.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("tests of Python trainers, where there is no Python", () => {
  const found = { reason: "there is no Python 3.11 or later" };
  const skip = vi.fn((note?: unknown): never => {
    throw new Error(`skipped: ${String(note)}`);
  });

  test("are skipped with the reason", () => {
    vi.stubEnv("CI", "");
    expect(() => needPython({ skip }, found)).toThrow("skipped: there is no Python 3.11 or later");
  });

  test("fail on CI", () => {
    vi.stubEnv("CI", "true");
    expect(() => needPython({ skip }, found)).toThrow(/^there is no Python 3\.11 or later$/);
  });
});
