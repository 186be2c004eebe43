import { describe, expect, test } from "vitest";
import { type Answer, innocentModel, processesWith, runTrainer, type TrainerRun } from "./run-trainer.ts";

/** The partition whose fit misbehaves. */
const BAD = 7;

const ALLOWED = 256e6;

interface Misdeed {
  /** What it does. */
  readonly does: string;
  /** What `fit` does at the partition. */
  readonly body: string;
  /** What is said of the partition; null: it is fitted like all others. */
  readonly said: { readonly state: string; readonly code: string; readonly message: RegExp } | null;
  readonly limits?: { readonly timeoutMs?: number; readonly memoryBytes?: number };
}

const threw = (message: RegExp) => ({ state: "failed", code: "trainer_threw", message });
const invalid = (message: RegExp) => ({ state: "failed", code: "result_invalid", message });
const died = (message: RegExp) => ({ state: "lost", code: "worker_died", message });
const overdue = {
  state: "timed_out",
  code: "timed_out",
  message: /^fit took longer than 700 ms \(--timeout\)$/,
};
const tooMuch = {
  state: "failed",
  code: "memory_exceeded",
  message:
    /^(worker \d took \d+ MB of memory|the JavaScript heap of worker \d was full) while it was fitted alone, 256 MB are allowed \(--memory-per-worker\); raise --memory-per-worker, with fewer --workers/,
};
const timeout = { timeoutMs: 700 };
const memory = { memoryBytes: ALLOWED };

const MISDEEDS: readonly Misdeed[] = [
  { does: "throws an error", body: `throw new TypeError("bad");`, said: threw(/^bad$/) },
  { does: "throws a text", body: `throw "just text";`, said: threw(/^just text$/) },
  { does: "throws null", body: "throw null;", said: threw(/^threw null, which is no Error$/) },
  { does: "throws undefined", body: "throw undefined;", said: threw(/^threw undefined,/) },
  { does: "throws a symbol", body: `throw Symbol("s");`, said: threw(/^threw Symbol\(s\),/) },
  {
    does: "throws what throws when it is looked at",
    body: "throw { get message() { throw 1; }, get stack() { throw 2; } };",
    said: threw(/which is no Error$/),
  },
  {
    does: "throws a hostile proxy",
    body: "throw new Proxy({}, { get() { throw 1; }, has() { throw 2; }, ownKeys() { throw 3; }, getPrototypeOf() { throw 4; } });",
    said: threw(/which is no Error$/),
  },
  { does: "rejects with nothing", body: "return Promise.reject();", said: threw(/^threw undefined,/) },
  { does: "rejects with a symbol", body: "return Promise.reject(Symbol());", said: threw(/^threw Symbol/) },
  { does: "never settles", body: "await new Promise(() => {});", said: overdue, limits: timeout },
  { does: "loops for ever", body: "for (;;);", said: overdue, limits: timeout },
  {
    does: "blocks its thread without computing",
    body: "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
    said: overdue,
    limits: timeout,
  },
  {
    does: "stops its process",
    body: `process.kill(process.pid, "SIGSTOP"); await wait(60_000);`,
    said: overdue,
    limits: timeout,
  },
  ...[0, 1, 2, 3].map((code) => ({
    does: `exits with code ${code}`,
    body: `process.exit(${code});`,
    said: died(new RegExp(`^worker \\d ended by process\\.exit\\(${code}\\) .* while it was fitted, twice$`)),
  })),
  ...["SIGKILL", "SIGSEGV", "SIGTERM"].map((signal) => ({
    does: `is ended by ${signal}`,
    body: `process.kill(process.pid, "${signal}"); await wait(60_000);`,
    said: died(new RegExp(`ended by signal ${signal} while it was fitted, twice$`)),
  })),
  { does: "aborts", body: "process.abort();", said: died(/ended by signal SIGABRT while/) },
  {
    does: "loads what is no addon",
    body: `process.dlopen({ exports: {} } as never, "/etc/passwd");`,
    said: threw(/\/etc\/passwd/),
  },
  {
    does: "fills the heap",
    body: "const all = []; for (;;) all.push(new Array(1000).fill(all.length));",
    said: tooMuch,
    limits: memory,
  },
  {
    does: "takes 4 GB in buffers",
    body: "const all = []; for (let i = 0; i < 400; i++) all.push(Buffer.alloc(1e7, 1));",
    said: tooMuch,
    limits: memory,
  },
  {
    does: "makes garbage of ten times the limit",
    body: "for (let i = 0; i < 256; i++) Buffer.alloc(1e7, 1);",
    said: null,
    limits: memory,
  },
  { does: "overflows its stack", body: "const f = (): number => 1 + f(); f();", said: threw(/call stack/) },
  {
    does: "writes to the pipe that it is told by",
    body: `writeSync(3, "nonsense".repeat(1000));`,
    said: null,
  },
  {
    does: "writes to the pipe that it tells by",
    body: `writeSync(4, "nonsense".repeat(1000)); await wait(60_000);`,
    said: died(/sent what cannot be read while/),
  },
  {
    does: "closes the pipe that it tells by",
    body: "closeSync(4);",
    said: died(/(ended by process\.exit\(7\)|closed the pipe to its engine)/),
  },
  { does: "takes over standard output", body: "process.stdout.write = () => { throw 1; };", said: null },
  { does: "sets an exit code", body: "process.exitCode = 3;", said: null },
  { does: "leaves a timer", body: "setInterval(() => {}, 5);", said: null },
  {
    does: "leaves a promise that rejects later",
    body: "setTimeout(() => void Promise.reject(new Error()), 30);",
    said: null,
  },
  { does: "writes into its table", body: `table.numbers("x").fill(0);`, said: null },
  { does: "changes its params", body: "(params as any).depth = 5;", said: threw(/not extensible/) },
  { does: "changes its key", body: "(key as any).k = 99;", said: null },
  { does: "adds a member to all objects", body: "(Object.prototype as any).extra = 1;", said: null },
  { does: "adds a member to all lists", body: "(Array.prototype as any).extra = 1;", said: null },
  { does: "makes random numbers constant", body: "Math.random = () => 0.5;", said: null },
  {
    does: "breaks lists",
    body: `Array.prototype.push = () => { throw new Error("pushed"); };`,
    said: died(/could not go on while/),
  },
  {
    does: "makes lists lie, so that its failure would read as fitted",
    body: `Array.prototype.indexOf = () => 0; throw new Error("bad");`,
    said: died(/sent a result that makes no sense while it was fitted, twice$/),
  },
  { does: "breaks JSON", body: `JSON.stringify = () => "{}";`, said: died(/sent what cannot be read while/) },
  {
    does: "breaks promises",
    body: "(globalThis as any).Promise = class {};",
    said: died(/could not go on while/),
  },
  { does: "returns NaN", body: "return { model: { a: NaN } };", said: invalid(/^model\.a is NaN/) },
  {
    does: "returns a cycle",
    body: "const a: any = {}; a.a = a; return { model: a };",
    said: invalid(/contains itself/),
  },
  {
    does: "returns a function",
    body: "return { model: { a() {} } };",
    said: invalid(/^model\.a is a function/),
  },
  { does: "returns a bigint", body: "return { model: 5n };", said: invalid(/^model is a bigint/) },
  { does: "returns a date", body: "return { model: new Date() };", said: invalid(/^model is a Date/) },
  {
    does: "returns a toJSON that throws",
    body: "return { model: { toJSON() { throw 1; } } };",
    said: invalid(/^model\.toJSON is a function/),
  },
  {
    does: "returns a getter that throws",
    body: `return { get model() { throw new Error("got"); } };`,
    said: threw(/^got$/),
  },
  {
    does: "returns a proxy that throws",
    body: `return { model: new Proxy({}, { ownKeys() { throw new Error("owned"); } }) };`,
    said: threw(/^owned$/),
  },
  {
    does: "returns what is nested deeply",
    body: "let a: any = 1; for (let i = 0; i < 1e5; i++) a = [a]; return { model: a };",
    said: invalid(/nested more than 200 levels/),
  },
  {
    does: "returns 600 MB",
    body: "return { model: new Uint8Array(6e8) };",
    said: invalid(/^model has 600000000 bytes, at most 536870912/),
  },
];

/** What a fit does that says all it has to say and leaves its process as it was: many of them can be in one run. */
const CONTAINED = MISDEEDS.filter(
  ({ said }) => said?.code === "trainer_threw" || said?.code === "result_invalid",
);

/** All partitions but the bad ones are there, fitted, with the models of a run in which nothing misbehaved. */
function expectOthersFitted(
  { answers, error, left }: TrainerRun,
  count: number,
  bad: readonly number[],
): void {
  expect(error).toBe(null);
  expect(answers.size).toBe(count);
  const wrong = [...answers].filter(
    ([at, { state, model }]) => !bad.includes(at) && (state !== "fitted" || model !== innocentModel(at)),
  );
  expect(wrong).toEqual([]);
  expect(left).toEqual([]);
}

function expectSaid({ state, error, model, rowsRead }: Answer, { said, does }: Misdeed, at: number): void {
  if (said === null) {
    expect({ does, state, error, model }).toEqual({
      does,
      state: "fitted",
      error: null,
      model: innocentModel(at),
    });
    return;
  }
  expect({ does, state, code: error?.code }).toEqual({ does, state: said.state, code: said.code });
  expect(error?.message).toMatch(said.message);
  expect(model).toBe(null);
  // Whoever knew the rows is dead.
  const isKnown = said.code === "trainer_threw" || said.code === "result_invalid";
  expect(rowsRead).toBe(isKnown ? 4 : NaN);
}

describe("a trainer that", () => {
  test("throws anything, or returns anything that is no model, costs its own partition", async () => {
    const count = 2 * CONTAINED.length;
    const bad = CONTAINED.map((_, i) => 2 * i);
    const body = CONTAINED.map(({ body }, i) => `if (at === ${2 * i}) { ${body} }`).join("\n");
    const run = await runTrainer({ body, partitions: count });
    expectOthersFitted(run, count, bad);
    for (const [i, misdeed] of CONTAINED.entries()) expectSaid(run.answers.get(2 * i)!, misdeed, 2 * i);
    expect(run.events.filter((event) => event.type === "attempt.lost")).toEqual([]);
  });

  test.each(MISDEEDS.filter((misdeed) => !CONTAINED.includes(misdeed)))(
    "$does costs its own partition at most",
    async (misdeed) => {
      const { body, limits } = misdeed;
      const run = await runTrainer({
        body: `if (at === ${BAD}) { ${body} }`,
        ...(limits === undefined ? {} : { limits }),
      });
      expectOthersFitted(run, 20, [BAD]);
      expectSaid(run.answers.get(BAD)!, misdeed, BAD);
    },
  );

  test("closes the pipe that it is told by is ended, and what it was to be given next is fitted", async () => {
    const run = await runTrainer({
      body: `if (at === ${BAD}) closeSync(3); await wait(20);`,
      partitions: 100,
    });
    expectOthersFitted(run, 100, []);
    const causes = run.events.flatMap((event) => (event.type === "attempt.lost" ? [event.cause] : []));
    expect(causes).toEqual([expect.stringMatching(/^worker \d closed the pipe to its engine$/)]);
  });

  test("starts a process is ended together with it", async () => {
    const marker = `misbehaving-${process.pid}`;
    const child = `spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)", "${marker}"], { stdio: "ignore" });`;
    const run = await runTrainer({
      body: `if (at === ${BAD}) { ${child} await wait(200); process.exit(1); }`,
    });
    expectOthersFitted(run, 20, [BAD]);
    expect(run.answers.get(BAD)?.state).toBe("lost");
    expect(processesWith(marker)).toEqual([]);
  });

  test.each([
    ["in one call", `console.log("x".repeat(1e7));`],
    ["in a loop", `for (let i = 0; i < 100_000; i++) console.log("x".repeat(99));`],
    ["below everything", `spawnSync("sh", ["-c", "yes | head -c 10000000"], { stdio: ["ignore", 1, 2] });`],
  ])("prints 10 MB %s is fitted, and the first 16,384 characters are kept", async (_, body) => {
    const run = await runTrainer({ body: `if (at === ${BAD}) { ${body} }` });
    expectOthersFitted(run, 20, []);
    const logged = run.events.filter((event) => event.type === "trainer.logged");
    const text = logged.map((event) => event.text).join("");
    expect(text.replace(/\n… more was printed, and is not kept\n$/, "").length).toBe(16_384);
    expect(text).toMatch(/… more was printed, and is not kept\n$/);
    // Below everything nobody knows whose it is.
    const whose = body.includes("spawnSync")
      ? { partition: null, key: null }
      : { partition: BAD, key: `k=${BAD}` };
    for (const event of logged) expect(event).toMatchObject({ ...whose, stream: "stdout" });
  });

  test("leaks over many partitions blames none of them", async () => {
    const run = await runTrainer({
      before: "const leak: Buffer[] = [];",
      body: "leak.push(Buffer.alloc(5e6, 1)); await wait(5);",
      partitions: 200,
      limits: memory,
    });
    expectOthersFitted(run, 200, []);
    const causes = run.events.flatMap((event) => (event.type === "attempt.lost" ? [event.cause] : []));
    expect(causes.length).toBeGreaterThan(0);
    for (const cause of causes) expect(cause).toMatch(/took \d+ MB of memory, 256 MB are allowed/);
  });

  test("takes its memory while it is loaded ends the run, and says what is allowed", async () => {
    const { error, left } = await runTrainer({
      before:
        "const all = Array.from({ length: 60 }, () => Buffer.alloc(1e7, 1)); setInterval(() => all, 1000);",
      body: "",
      limits: memory,
    });
    expect(error).toMatchObject({
      code: "memory_exceeded",
      message: expect.stringMatching(
        /^worker \d took \d+ MB of memory, 256 MB are allowed .*, the 3rd worker in a row/,
      ),
    });
    expect(left).toEqual([]);
  });
});
