import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Duckdb } from "../../src/duckdb/duckdb.ts";
import type { Artifact } from "../../src/store/artifact.ts";
import { openRun } from "../../src/store/open-run.ts";
import { createRunWriter, type RunWriter } from "../../src/store/run-writer.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { batchesOf, factsOf, jobOf, ORIGIN, plainRun } from "./made-run.ts";

const RUN = plainRun(3);
const TRAINER: Artifact = { name: "trainer.mjs", bytes: Buffer.from("export default {};\n") };

/** `printf 'export default {};\n' | sha256sum` */
const TRAINER_SHA256 = "450f0af4f4c1ecc4c7180f2e364c8a59bfed69dd350fb6b47bce8641c2a37786";

let duckdb: Duckdb;

beforeAll(async () => {
  duckdb = await openTestDuckdb();
});

afterAll(() => duckdb.close());

function createWriter(artifacts: readonly Artifact[]): Promise<RunWriter> {
  const { keyFields, keys, resultSchema } = RUN;
  const made = { keyFields, keys, resultSchema, job: jobOf(RUN), origin: ORIGIN, seed: 42, artifacts };
  return createRunWriter({ duckdb, runsFolder: temporaryFolder(), id: "r", ...made });
}

async function commit(writer: RunWriter): Promise<void> {
  for (const batch of batchesOf(RUN)) await writer.append(batch);
  await writer.commit(factsOf(RUN));
}

describe("an artifact of a run", () => {
  test("is there from the beginning, and listed in the manifest", async () => {
    const writer = await createWriter([TRAINER, { name: "empty", bytes: new Uint8Array(0) }]);
    expect(readFileSync(join(writer.folder, TRAINER.name)).equals(TRAINER.bytes)).toBe(true);
    await commit(writer);
    const run = await openRun(writer.folder);
    expect(run.manifest!.files.slice(3)).toEqual([
      { name: "trainer.mjs", bytes: 19, sha256: TRAINER_SHA256, rows: null },
      { name: "empty", bytes: 0, sha256: expect.any(String), rows: null },
    ]);
    expect(await run.verify()).toEqual([]);
    await run.close();
  });

  test("that is changed after the commit is found by the verification", async () => {
    const writer = await createWriter([TRAINER]);
    await commit(writer);
    writeFileSync(join(writer.folder, TRAINER.name), "export default [];\n");
    const discrepancies = await (await openRun(writer.folder)).verify();
    expect(discrepancies.map(({ what }) => what)).toEqual(["trainer.mjs"]);
    appendFileSync(join(writer.folder, TRAINER.name), "x");
    await expect(openRun(writer.folder)).rejects.toThrow("trainer.mjs has 20 bytes, the manifest says 19");
    rmSync(join(writer.folder, TRAINER.name));
    await expect(openRun(writer.folder)).rejects.toThrow("trainer.mjs is missing");
  });

  test.each([
    ["is changed", (path: string) => writeFileSync(path, "other"), "trainer.mjs has sha256 "],
    ["is removed", (path: string) => rmSync(path), "trainer.mjs cannot be read"],
  ])("that %s before the commit commits nothing", async (_, change, message) => {
    const writer = await createWriter([TRAINER]);
    change(join(writer.folder, TRAINER.name));
    await expect(commit(writer)).rejects.toMatchObject({
      code: "run_damaged",
      message: expect.stringContaining(message),
    });
    await writer.stop();
    expect((await openRun(writer.folder)).status).toBe("interrupted");
  });

  test.each([
    ...["", ".", "..", "../x", "a/b", "a\\b", "/x", ".hidden", "a b", "a\0", "é", "x".repeat(101)],
    ...["manifest.json", "Ledger.parquet", "models.parquet", "terms.parquet", "events.ndjson", "job.json"],
    ...["parts", "lock", "lock.claim-1", "x.tmp"],
  ])("cannot be called %j", async (name) => {
    await expect(createWriter([{ ...TRAINER, name }])).rejects.toMatchObject({
      code: "internal",
      message: `artifact ${JSON.stringify(name)}: the name is no plain file name, or taken in a run folder`,
    });
  });

  test("cannot have the name of another", async () => {
    await expect(createWriter([TRAINER, { ...TRAINER, name: "TRAINER.mjs" }])).rejects.toMatchObject({
      code: "internal",
    });
  });
});
