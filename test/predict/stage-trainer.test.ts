import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stageTrainer } from "../../src/predict/stage-trainer.ts";
import type { Manifest } from "../../src/store/manifest.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A run that keeps sources of these names; what the manifest says of them is true, but for `changed`. */
function runWith(names: readonly string[], changed?: string): { folder: string; manifest: Manifest } {
  const folder = temporaryFolder();
  const sources = names.map((name, i) => {
    const file = i === 0 ? "trainer.py" : `trainer-${i}.py`;
    writeFileSync(join(folder, file), file === changed ? "evil()" : `# ${name}`);
    return { name, file, sha256: createHash("sha256").update(`# ${name}`).digest("hex") };
  });
  const files = sources.map(({ file, sha256 }) => ({ name: file, bytes: 1, sha256, rows: null }));
  return { folder, manifest: { files, job: { module: { python: { sources } } } } as unknown as Manifest };
}

test("sources get the names back that they had", async () => {
  const target = join(temporaryFolder(), "trainer");
  const path = await stageTrainer(runWith(["shop/train.py", "shop/__init__.py", "größe.py"]), target);
  expect(path).toBe(join(target, "shop", "train.py"));
  expect(readFileSync(join(target, "größe.py"), "utf8")).toBe("# größe.py");
});

test("a source that is not what was committed is not run", async () => {
  const staged = stageTrainer(
    runWith(["train.py", "beside.py"], "trainer-1.py"),
    join(temporaryFolder(), "t"),
  );
  await expect(staged).rejects.toMatchObject({
    code: "run_damaged",
    message: expect.stringMatching(/trainer-1\.py has sha256 .*it is not run/),
  });
});

test.each(["../evil.py", "/evil.py", "a/../../evil.py", "a\\b.py", "", "a//b.py"])(
  "the name %j writes nothing outside",
  async (name) => {
    const outer = temporaryFolder();
    const staged = stageTrainer(runWith(["train.py", name]), join(outer, "trainer"));
    await expect(staged).rejects.toMatchObject({ code: "run_damaged" });
    expect(existsSync(join(outer, "evil.py"))).toBe(false);
  },
);
