import { describe, expect, test } from "vitest";
import { javaFinding, sparkFindings } from "../../src/doctor/spark-findings.ts";

describe("Java", () => {
  test.each(["17.0.15", "21", "21.0.1-ea", "25.0.1"])("%s is new enough", (version) => {
    expect(javaFinding(version)).toMatchObject({ state: "ok", found: version });
  });

  test.each(["1.8.0_412", "11.0.23", "16"])("%s is too old, and breaks nothing", (version) => {
    expect(javaFinding(version)).toMatchObject({ state: "absent", found: version, problem: "is too old" });
  });

  test("that is not there breaks nothing", () => {
    const note = "17 or later, only to start Spark on this machine";
    expect(javaFinding(null)).toMatchObject({ state: "absent", found: null, problem: null, note });
  });
});

describe("a Spark cluster", () => {
  test("that is not there is broken, and told by its place", async () => {
    const [cluster] = await sparkFindings({
      server: "sc://127.0.0.1:1/;token=secret;use_ssl=false",
      withinMs: 2000,
    });
    expect(cluster).toMatchObject({ name: "Spark", state: "broken" });
    expect(JSON.stringify(cluster)).not.toContain("secret");
  });

  test("of a string that is none is broken", async () => {
    const [cluster] = await sparkFindings({ server: "http://x", withinMs: 2000 });
    expect(cluster).toMatchObject({ state: "broken", problem: expect.stringContaining("sc://host:port") });
  });
});
