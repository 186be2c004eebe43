import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseKeyArguments } from "../../src/cli/key-argument.ts";
import type { KeyField, KeyValue } from "../../src/index.ts";
import { displayKey } from "../../src/key/display-key.ts";

const STORE: KeyField = { name: "store", type: "integer" };
const ITEM: KeyField = { name: "item", type: "text" };
const BOTH = [STORE, ITEM];

describe("--key", () => {
  test.each<[readonly string[], readonly KeyField[], readonly KeyValue[]]>([
    [["store=17"], [STORE], [17]],
    [["item=a"], [ITEM], ["a"]],
    [["store=17", "item=a"], BOTH, [17, "a"]],
    [["item=a", "store=17"], BOTH, [17, "a"]],
    [["store=17,item=a"], BOTH, [17, "a"]],
    [["store=17, item=a b"], BOTH, [17, "a b"]],
    [["item=Korea, Rep."], [ITEM], ["Korea, Rep."]],
    [["item=Korea, Rep.,store=1"], BOTH, [1, "Korea, Rep."]],
    [['item="a, store=5",store=1'], BOTH, [1, "a, store=5"]],
    [['item="the \\"q\\"", store=1'], BOTH, [1, 'the "q"']],
    [["item="], [ITEM], [""]],
    [["item=NULL"], [ITEM], [null]],
    [['item="NULL"'], [ITEM], ["NULL"]],
    [["item=a=b"], [ITEM], ["a=b"]],
    [["a=b=c"], [{ name: "a=b", type: "text" }], ["c"]],
    [['"x, y"=c'], [{ name: "x, y", type: "text" }], ["c"]],
    [["x y=c"], [{ name: "x y", type: "text" }], ["c"]],
  ])("%j is read", (texts, fields, key) => {
    expect(parseKeyArguments(texts, fields)).toEqual(key);
  });

  test("reads back every key as it is shown", () => {
    const text = fc.string({
      maxLength: 12,
      unit: fc.constantFrom("a", "=", ",", " ", '"', "\\", "\n", "语", "store="),
    });
    const fields = [ITEM, { name: "a=, b", type: "text" } as const, STORE];
    fc.assert(
      fc.property(text, text, fc.integer(), (item, other, store) => {
        const key = [item, other, store];
        expect(parseKeyArguments([displayKey(fields, key)], fields)).toEqual(key);
      }),
    );
  });

  test.each([
    [["stor=17"], BOTH, "--key stor is not a key of the run; did you mean store? (there are: store, item)"],
    [["store=17"], BOTH, "--key item is missing; one partition of this run is --key store=… --key item=…"],
    [["store=17", "store=18"], BOTH, "--key store is given twice"],
    [["17"], BOTH, "--key is 17; write it as name=value, such as store=17"],
    [["store=x"], [STORE], "--key store: x is not a key of type integer: write a whole number"],
    [["store=1,itm=a"], BOTH, "--key itm is not a key of the run; did you mean item?"],
    [["a=1"], [], "--key: the run is pooled, its one partition has no key; leave --key out"],
  ])("%j is refused", (texts, fields, message) => {
    expect(() => parseKeyArguments(texts, fields)).toThrow(message);
  });
});
