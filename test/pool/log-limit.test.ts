import { describe, expect, test } from "vitest";
import { LogLimit } from "../../src/pool/log-limit.ts";
import { KEPT_OUTPUT } from "../../src/worker/output-limit.ts";

describe("what is printed", () => {
  const MORE = "\n… more was printed, and is not kept\n";

  test.each([0, null])(
    "is kept up to a limit while partition %s is at work, and it is said once that there was more",
    (at) => {
      const logs = new LogLimit();
      const most = "x".repeat(KEPT_OUTPUT);
      expect(logs.cut(at, most)).toBe(most);
      expect(logs.cut(at, "y")).toBe(MORE);
      expect(logs.cut(at, "y")).toBe("");
      expect(logs.cut(1, "y")).toBe("y");
    },
  );

  test("is counted of partitions that may be at work, and not of all that ever were: there may be millions", () => {
    const logs = new LogLimit();
    const most = "x".repeat(KEPT_OUTPUT);
    logs.cut(null, most);
    logs.cut(0, most);
    logs.cut(5000, most);
    for (let partition = 1; partition < 4500; partition++) logs.cut(partition, "x");
    expect(logs.cut(5000, "y")).toBe("y");
    expect(logs.cut(0, "y")).toBe("y");
    expect(logs.cut(4499, most)).toBe(`${"x".repeat(KEPT_OUTPUT - 1)}${MORE}`);
    // What is printed outside of all partitions is counted to the end.
    expect(logs.cut(null, "y")).toBe(MORE);
  });
});
