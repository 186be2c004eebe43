import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { bundledMap } from "../../src/trainer/bundled-map.ts";
import { bundleModule } from "../../src/user-module/bundled-module.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const SEE_ALL = fileURLToPath(new URL("../engine/fixtures/see-all.ts", import.meta.url));

async function sourcesOf(workers: number): Promise<string[]> {
  const module = await bundleModule({ module: SEE_ALL, params: {} }, temporaryFolder(), workers);
  const { path } = module.worker() as { readonly path: string };
  const { sources, sourceRoot = "" } = bundledMap(readFileSync(path, "utf8"))!;
  const isUsers = (source: string): boolean => !/^manyfit:|node_modules/.test(source);
  return sources.filter(isUsers).map((source) => sourceRoot + source);
}

describe("a module that was bundled", () => {
  test("leads a debugger to the user's own file where it runs in the caller's thread", async () => {
    const sources = await sourcesOf(0);
    expect(sources.map((source) => fileURLToPath(source))).toEqual([SEE_ALL]);
  });

  test("says nothing of the machine where it is given to workers, and kept", async () => {
    expect(await sourcesOf(2)).toEqual(["see-all.ts"]);
  });

  test("says what to do where the temporary folder cannot be written", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    await expect(bundleModule({ module: SEE_ALL, params: {} }, file, 2)).rejects.toMatchObject({
      code: "run_unwritable",
      message: expect.stringMatching(
        /^temporary folder \S+file: the trainer's bundle cannot be written there: .*; free space there, or name another folder with TMPDIR$/,
      ),
    });
  });

  test("is the same trainer in both", async () => {
    const spec = { module: SEE_ALL, params: {} };
    const [here, there] = [
      await bundleModule(spec, temporaryFolder(), 0),
      await bundleModule(spec, temporaryFolder(), 2),
    ];
    expect(here.bundle).toEqual(there.bundle);
  });
});
