import { describe, expect, test } from "vitest";
import { type EngineOption, engineFrom } from "../src/engine-options.ts";

const SERVER = "sc://localhost:15002";

describe("the engine of options", () => {
  test("is this machine where nothing is said", () => {
    expect(engineFrom(undefined, { workers: 2, memory: "1GB" })).toEqual({ kind: "local" });
    expect(engineFrom("local", {})).toEqual({ kind: "local" });
  });

  test("is a cluster by its server", () => {
    expect(engineFrom({ spark: SERVER }, {})).toEqual({
      ...{ kind: "spark", server: SERVER, node: null, tasks: null },
    });
    expect(engineFrom({ spark: SERVER, node: "/opt/node", tasks: 64 }, {})).toEqual({
      ...{ kind: "spark", server: SERVER, node: "/opt/node", tasks: 64 },
    });
  });

  test.each<[unknown, object, string]>([
    ["spark", {}, 'engine is "spark", allowed are "local" and { spark: "sc://host:15002" }'],
    [{}, {}, 'engine is {}, allowed are "local"'],
    [{ spark: " " }, {}, "spark is empty"],
    [{ spark: SERVER, node: "" }, {}, "node is empty"],
    [{ spark: SERVER, tasks: 0 }, {}, "tasks is 0, allowed are whole numbers from 1 to 100000"],
    [{ spark: SERVER, tasks: 1.5 }, {}, "tasks is 1.5"],
    [{ spark: SERVER }, { workers: 2 }, "workers is given, but on Spark the cluster says"],
    [{ spark: SERVER }, { memory: "4GB" }, "memory is given, but on Spark the cluster says"],
  ])("%o beside %o is refused", (engine, told, message) => {
    expect(() => engineFrom(engine as EngineOption, told)).toThrow(message);
  });
});
