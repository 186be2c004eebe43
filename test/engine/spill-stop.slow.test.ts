import { afterEach, expect, test, vi } from "vitest";
import { SpillFile } from "../../src/engine/local/spill-file.ts";
import { mixedJob, writeMixed } from "../conformance/check-engine.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { NEVER } from "./collect-run.ts";
import { localMember } from "./local-member.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("a file of spilled rows is closed only when nobody reads it any more, on a slow disk too", async () => {
  const { flush, close, read } = SpillFile.prototype;
  const calls: string[] = [];
  let slow = (): void => undefined;
  const flushing = new Promise<void>((begun) => {
    slow = begun;
  });
  vi.spyOn(SpillFile.prototype, "flush").mockImplementation(async function (this: SpillFile) {
    slow();
    await flush.call(this);
    await new Promise((done) => setTimeout(done, 500));
  });
  vi.spyOn(SpillFile.prototype, "close").mockImplementation(async function (this: SpillFile) {
    calls.push("close");
    await close.call(this);
  });
  vi.spyOn(SpillFile.prototype, "read").mockImplementation(function (this: SpillFile, offset, target) {
    calls.push("read");
    read.call(this, offset, target);
  });
  const connection = await (await openTestDuckdb()).connect();
  const job = mixedJob(await writeMixed(connection, { format: "parquet", files: 3 }));
  const fitMemory = { exchangeBytes: 200_000, partitionBytes: 1e9, bucketPartitions: 100 };
  const engine = await localMember(2, undefined, fitMemory).create();
  try {
    await engine.inspect(job, () => undefined, NEVER);
    const stopping = new AbortController();
    const running = (async () => {
      for await (const _ of engine.run(stopping.signal));
    })();
    await flushing;
    stopping.abort();
    await expect(running).rejects.toMatchObject({ code: "interrupted" });
    await new Promise((done) => setTimeout(done, 700));
    expect(calls.filter((call) => call === "close").length).toBe(1);
    expect(calls.indexOf("close")).toBe(calls.length - 1);
  } finally {
    await engine.close();
  }
});
