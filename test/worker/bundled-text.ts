import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleTrainer } from "../../src/bundle/bundle-trainer.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Bundles the text of a trainer's file; gives the path of the bundle, which is where a worker loads it from. */
export async function bundledText(text: string): Promise<string> {
  const folder = temporaryFolder();
  const source = join(folder, "trainer.ts");
  await writeFile(source, `import { defineTrainer } from "manyfit";\n${text}`);
  const path = join(folder, "bundle.mjs");
  await writeFile(path, (await bundleTrainer(source)).code);
  return path;
}
