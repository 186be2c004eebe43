import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ProcessPool } from "../../src/pool/process-pool.ts";
import type { PoolInit, WorkerDeath } from "../../src/pool/worker-pool.ts";
import { WorkerProcess } from "../../src/pool/worker-process.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A process that says some messages in one breath, and then does something else. */
function talker(messages: readonly unknown[], then: string): string {
  const folder = temporaryFolder();
  const said = join(folder, "said");
  writeFileSync(said, Buffer.concat(messages.flatMap((message) => encodeFrame(message))));
  const entry = join(folder, "talker.mjs");
  writeFileSync(
    entry,
    `import { readFileSync, writeSync } from "node:fs";
     writeSync(4, readFileSync(${JSON.stringify(said)}));
     ${then}`,
  );
  return entry;
}

const STARTED = [0, 1, 2].map((partition) => ({ type: "started", task: 0, partition }) as const);

/** What is heard of a process that is given up at its first message, and what is said of its death. */
async function heard(
  entry: string,
  meddle: (process: WorkerProcess) => void,
): Promise<{ readonly partitions: number[]; readonly death: WorkerDeath }> {
  const partitions: number[] = [];
  let process: WorkerProcess | null = null;
  const death = await new Promise<WorkerDeath>((onDeath, onFailure) => {
    process = new WorkerProcess("worker 0", entry, {
      onMessage: (message) => {
        if (message.type !== "started") return;
        partitions.push(message.partition);
        process!.giveUp("sent what makes no sense", "details");
      },
      onDeath,
      onFailure,
    });
    meddle(process);
  });
  return { partitions, death };
}

describe("a process that is given up for what it said", () => {
  const WAIT = "setInterval(() => undefined, 1000);";

  test("is not heard any more, though it said more with the same breath", async () => {
    const { partitions, death } = await heard(talker(STARTED, WAIT), () => undefined);
    expect(partitions).toEqual([0]);
    expect(death).toMatchObject({
      cause: "worker 0 sent what makes no sense",
      lastWords: "details",
      end: null,
    });
  });

  test("is not heard any more, though it has ended since it said so", async () => {
    // What it said is left in its pipe until it is gone.
    const { partitions, death } = await heard(talker(STARTED, "process.exit(0);"), (process) =>
      process.hold(true),
    );
    expect(partitions).toEqual([0]);
    expect(death).toMatchObject({
      cause: "worker 0 sent what makes no sense",
      lastWords: "details",
      end: null,
    });
  });

  test("is not heard any more, though it was ended for something else before", async () => {
    const end = { kind: "timed_out", partition: 0, timeoutMs: 10 } as const;
    const { partitions, death } = await heard(talker(STARTED, WAIT), (process) => {
      process.hold(true);
      setTimeout(() => process.end(end), 500);
    });
    expect(partitions).toEqual([0]);
    expect(death.cause).toBe("worker 0 sent what makes no sense");
  });
});

describe("a process that says what is no message", () => {
  test.each([
    ["nothing", null],
    ["a result without a batch", { type: "result", isLast: true }],
  ])("is given up: %s", async (_, said) => {
    const entry = talker([said, STARTED[0]], "setInterval(() => undefined, 1000);");
    let told = 0;
    const init = { trainer: { kind: "module", path: "/x", params: {} } } as unknown as PoolInit;
    let pool: ProcessPool | null = null;
    const death = await new Promise<WorkerDeath>((tellDeath, onFailure) => {
      const onMessage = (): void => {
        told++;
      };
      const onDeath = (_: number, death: WorkerDeath): void => tellDeath(death);
      pool = new ProcessPool(1, { entry, init }, { onMessage, onDeath, onFailure });
    });
    await pool!.close();
    expect(death.cause).toBe("worker 0 sent what cannot be read");
    expect(told).toBe(0);
  });
});

describe("a process that ends by itself", () => {
  test("is not said to have closed its pipe, however long its last words are waited for", async () => {
    // Standard error is held open by what it started, outside of its group.
    const entry = talker(
      [],
      `const { spawn } = await import("node:child_process");
       spawn("sleep", ["1"], { stdio: ["ignore", "ignore", "inherit"], detached: true }).unref();
       process.exit(7);`,
    );
    const { death } = await heard(entry, () => undefined);
    expect(death.cause).toBe("worker 0 ended by process.exit(7) or exit code 7");
  });
});
