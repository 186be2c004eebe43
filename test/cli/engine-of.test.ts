import { describe, expect, test } from "vitest";
import { checkNoToken, engineOf } from "../../src/cli/engine-of.ts";
import type { JobConfig, OptionName } from "../../src/cli/job-option.ts";
import type { ToldJob } from "../../src/cli/told-job.ts";

const SERVER = "sc://localhost:15002";

function told(config: JobConfig, fromFile: readonly OptionName[] = []): ToldJob {
  return { config, file: fromFile.length > 0 ? "job.json" : null, fromFile: new Set(fromFile) };
}

describe("the engine of flags and config", () => {
  test.each<[JobConfig, NodeJS.ProcessEnv, unknown]>([
    [{}, {}, undefined],
    [{}, { SPARK_REMOTE: SERVER }, undefined],
    [{ engine: "local" }, { SPARK_REMOTE: SERVER }, undefined],
    [{ engine: "spark" }, { SPARK_REMOTE: SERVER }, { spark: SERVER }],
    [{ engine: "spark", spark: "sc://other" }, { SPARK_REMOTE: SERVER }, { spark: "sc://other" }],
    [{ spark: SERVER }, {}, { spark: SERVER }],
    [
      { engine: "spark", "spark-node": "/n", "spark-tasks": 4 },
      { SPARK_REMOTE: SERVER },
      { spark: SERVER, node: "/n", tasks: 4 },
    ],
  ])("%o in %o is %o", (config, environment, expected) => {
    expect(engineOf(told(config), environment)).toEqual(expected);
  });

  test.each<[JobConfig, string]>([
    [{ engine: "spark" }, "--engine is given, but no server is named: give --spark sc://host:15002"],
    [{ "spark-node": "/n" }, "--spark-node is given, but no server is named"],
    [{ engine: "local", spark: SERVER }, "--engine is local, but --spark is given"],
    [{ engine: "local", "spark-tasks": 1 }, "--engine is local, but --spark-tasks is given"],
  ])("%o is refused", (config, message) => {
    expect(() => engineOf(told(config), {})).toThrow(message);
    expect(() => engineOf(told(config), { SPARK_REMOTE: " " })).toThrow(message);
  });

  test("is this machine by a flag, whatever the file says of a cluster", () => {
    const config: JobConfig = { engine: "local", spark: SERVER, "spark-tasks": 3 };
    expect(engineOf(told(config, ["spark", "spark-tasks"]), {})).toBeUndefined();
  });

  test("is written down without a token", () => {
    for (const spark of ["sc://h/;token=abc", "sc://h/;use_ssl=true;TOKEN=abc"]) {
      expect(() => checkNoToken(told({ spark }))).toThrow(/^--spark has a token, which is not for a file/);
      expect(() => checkNoToken(told({ spark }))).not.toThrow("abc");
    }
    expect(() => checkNoToken(told({ spark: SERVER }))).not.toThrow();
  });
});
