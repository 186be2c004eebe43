import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

test.each(["--max-old-space-size=512", "--cpu-prof"])("node %s runs it, threads and all", (flag) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "rows.csv"), "k,x,y\na,1,2\na,2,4\na,3,6.5\n");
  const command = [flag, MAIN, "train", "rows.csv", "--by", "k", "--target", "y"];
  const { status, stderr } = spawnSync(process.execPath, command, { cwd: folder, encoding: "utf8" });
  expect({ status, stderr }).toMatchObject({ status: 0 });
});
