import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  manyfitFindings,
  memoryFinding,
  nodeFinding,
  temporaryFinding,
} from "../../src/doctor/manyfit-findings.ts";
import { LOWEST_NODE, VERSION } from "../../src/version.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("what every run needs is looked at, and is there where tests run", async () => {
  const findings = await manyfitFindings();
  const told = findings.map(({ name, state }) => `${name} ${state}`);
  expect(told).toEqual(["manyfit ok", "Node ok", "DuckDB ok", "workers ok", "memory ok", "disk ok"]);
  expect(findings[0]!.found).toBe(VERSION);
  expect(findings[2]!.found).toMatch(/^\d+\.\d+\.\d+/);
});

describe("Node", () => {
  test.each(["20.19.0", "20.20.2", "21.0.0", "24.1.0"])("%s is new enough", (version) => {
    expect(nodeFinding(version)).toMatchObject({ state: "ok", found: version, note: "20.19 or later" });
  });

  test.each(["18.20.4", "20.18.3"])("%s is broken", (version) => {
    const problem = "is too old; install a later one from https://nodejs.org";
    expect(nodeFinding(version)).toMatchObject({ state: "broken", problem });
  });

  test("has its lowest version from the package", () => {
    expect(LOWEST_NODE).toBe("20.19");
  });
});

describe("memory", () => {
  test("is half of what is free", () => {
    const finding = memoryFinding(64e9);
    expect(finding).toMatchObject({ state: "ok", found: "32,000 MB", facts: { runBytes: 32e9 } });
  });

  test("is broken where a run needs more than is free", () => {
    const { state, problem } = memoryFinding(100e6);
    expect(state).toBe("broken");
    expect(problem).toMatch(/^is more than is free/);
  });
});

describe("the temporary folder", () => {
  test("is left as it was", async () => {
    const folder = temporaryFolder();
    const finding = await temporaryFinding(folder);
    expect(finding).toMatchObject({ state: "ok", facts: { folder } });
    expect(finding.facts["freeBytes"]).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("that takes no files is broken", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const { state, problem } = await temporaryFinding(file);
    expect(state).toBe("broken");
    expect(problem).toMatch(/takes no files: .*ENOTDIR.*; name another folder with TMPDIR$/);
  });
});
