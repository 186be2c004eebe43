import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect } from "vitest";
import { pickleFunction } from "../../src/engine/spark/pickle-function.ts";
import { test } from "../python/python-test.ts";

/** Stands in the place of pyspark's module, which only Spark's own Python has. */
const LOADER = `
import json, pickle, sys, types
module = types.ModuleType("pyspark.sql.types")
module._parse_datatype_json_string = json.loads
for name in ("pyspark", "pyspark.sql"): sys.modules[name] = types.ModuleType(name)
sys.modules["pyspark.sql.types"] = module
import inspect
function, kind = pickle.loads(sys.stdin.buffer.read(), encoding="bytes")
print(json.dumps([function(["ü"]), inspect.getfullargspec(function).args, kind, function.__code__.co_filename]))
`;

test("a pickled function is what its source says, with its globals and type, in any Python", ({ python }) => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.jsonValue(), (text, type) => {
      const bytes = pickleFunction({
        source: "def run(batches):\n    return [TEXT, *batches]\n",
        fileName: "<of tests>",
        entry: "run",
        globals: { TEXT: text },
        resultType: JSON.stringify(type),
      });
      const { stdout, stderr } = spawnSync(python, ["-X", "utf8", "-c", LOADER], {
        input: bytes,
        encoding: "utf8",
      });
      expect(stderr).toBe("");
      expect(JSON.parse(stdout)).toEqual([
        [text, "ü"],
        ["batches"],
        JSON.parse(JSON.stringify(type)),
        "<of tests>",
      ]);
    }),
    { numRuns: 25 },
  );
});
