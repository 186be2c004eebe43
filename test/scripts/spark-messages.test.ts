import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { sparkMessages } from "../../scripts/spark-messages.mjs";

const FOLDER = fileURLToPath(new URL("../../proto/", import.meta.url));

test("the code of Spark's messages is what its descriptors give", () => {
  const made = sparkMessages();
  const kept = readdirSync(join(FOLDER, "spark/connect")).map((name) => `spark/connect/${name}`);
  expect([...made.keys()].sort()).toEqual(kept.sort());
  for (const [name, content] of made) expect(readFileSync(join(FOLDER, name), "utf8"), name).toBe(content);
});
