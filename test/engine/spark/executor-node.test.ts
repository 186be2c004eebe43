import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type ExecutorNode, nodeToSend } from "../../../src/engine/spark/executor-node.ts";

/** As Python calls this machine, if it is one of those that are known. */
const MACHINE = process.arch === "arm64" ? "aarch64" : "x86_64";

function nodeOf(told: Partial<ExecutorNode>): ExecutorNode {
  const own = { executor: "1", node: "/usr/bin/node", version: "22.1.0", refused: "" };
  return { ...own, system: "Linux", machine: MACHINE, ...told };
}

const NONE = { node: "", version: "", refused: "there is no `node` on its PATH" };

describe("Node is sent", () => {
  test("to all where one executor has none, as it is here, from Linux", async () => {
    const packed = await nodeToSend([nodeOf({}), nodeOf(NONE)]);
    const isWhole = packed !== null && gunzipSync(packed).equals(readFileSync(process.execPath));
    expect(isWhole).toBe(process.platform === "linux");
  });

  test.for([
    ["where all have one", [nodeOf({}), nodeOf({ executor: "2" })]],
    ["where another machine's would be needed", [nodeOf({ ...NONE, machine: "ppc64le" })]],
    ["where another system's would be needed", [nodeOf({ ...NONE, system: "Windows" })]],
    ["where nobody was asked", []],
  ] as const)("nowhere %s", async ([, nodes]) => {
    expect(await nodeToSend(nodes)).toBeNull();
  });
});
