import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writtenFolder } from "../trainer/written-trainer.ts";
import { type CliResult, normalised, runCli, runShell } from "./run-cli.ts";

/** A line through the origin, with a fault for each of two stores. */
const TRAINER = `import { defineTrainer } from "manyfit";

export default defineTrainer({
  columns: ["x", "y"],
  params: { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value: value as { alpha: number } }) } },
  minRows: 2,
  fit({ table, key, params }) {
    if (key.store === "thrown") throw new Error(\`store \${key.store} is odd\`);
    if (key.store === "gone") process.exit(3);
    console.log("fitting", key.store);
    const [x, y] = [table.numbers("x"), table.numbers("y")];
    const products = x.reduce((sum, value, i) => sum + value * y[i]!, 0);
    const slope = products / (x.reduce((sum, value) => sum + value * value, 0) + params.alpha);
    const rss = y.reduce((sum, value, i) => sum + (value - slope * x[i]!) ** 2, 0);
    return { model: { slope, note: "\\u202e" }, metrics: { rss, rows: table.rowCount } };
  },
  predict({ model, table }) {
    return { prediction: table.numbers("x").map((value) => value * model.slope) };
  },
});
`;

/** A large model of JSON, one of bytes, and many lines of print. */
const CURVES = `import { defineTrainer } from "manyfit";
export default defineTrainer({
  columns: ["y"],
  fit({ table, key }) {
    for (let line = 0; line < 50; line++) console.error("line", line);
    if (key.store === "a") return { model: new Uint8Array([1, 2, 3]) };
    return { model: { steps: Array.from({ length: 60 }, (_, step) => ({ step, name: "n".repeat(100) })) } };
  },
});
`;

/** A fault in a function of its own. */
const DEEP = `import { defineTrainer } from "manyfit";
function refuse(what: unknown): never {
  throw new TypeError(\`store \${what} is odd\`);
}
export default defineTrainer({ columns: ["y"], fit: ({ key }) => refuse(key["store"]) });
`;

const STORES = ["a", "b", "thrown", "gone"];
const ROWS = STORES.flatMap((store, i) => [1, 2, 3, 4].map((x) => `${store},${x},${x * (i + 1) + (x % 2)}`));

const cwd = writtenFolder({
  "trainer.ts": TRAINER,
  "curves.mjs": CURVES,
  "deep.ts": DEEP,
  "stores.csv": `${["store,x,y", ...ROWS, "single,1,1"].join("\n")}\n`,
});

const JOB = ["stores.csv", "--by", "store", "--trainer", "./trainer.ts", "--param", "alpha=0.5"];

/** What the trainer computes, once more. */
function truth(slopeOf: number): { slope: number; rss: number } {
  const points = [1, 2, 3, 4].map((x) => [x, x * slopeOf + (x % 2)] as const);
  const slope = points.reduce((sum, [x, y]) => sum + x * y, 0) / (30 + 0.5);
  return { slope, rss: points.reduce((sum, [x, y]) => sum + (y - slope * x) ** 2, 0) };
}

describe("a trainer of the user's", () => {
  let result: CliResult;

  beforeAll(async () => {
    result = await runCli(["train", ...JOB, "--workers", "2"], { cwd });
  });

  test("is planned with its columns and params, and what it prints is shown", () => {
    expect(result.code).toBe(0);
    const lines = normalised(result.stderr).split("\n");
    expect(lines).toContain("  fit         trainer.ts: reads x, y; params alpha=0.5");
    expect(lines).toContain("  outlook     4 partitions to fit, 1 to skip (fewer than 2 usable rows)");
    // What was on its way when a worker died is fitted once more.
    const printed = new Set(lines.filter((line) => line.startsWith("[")));
    expect([...printed].sort()).toEqual(["[store=a] fitting a", "[store=b] fitting b"]);
  });

  test("ends with what became of every partition, metrics, models and what to do next", () => {
    const shown = normalised(result.stdout).replace(/worker \d ended/, "worker N ended");
    expect(shown).toBe(`\
2 fitted, 1 skipped (too_few_rows: 1), 1 failed, 1 lost of 5 partitions · 13 rows (those of 1 lost partition not known) · T s · N models/s

failed
  trainer_threw  1 partition: store thrown is odd (at trainer.ts:8:39)
                 thrown

lost
  worker_died  1 partition: worker N ended by process.exit(3) or exit code 3 while it was fitted, twice
               gone

skipped
  too_few_rows  1 partition: fewer rows than the trainer needs (minRows)
                single

metrics
  metric    min  median     max  models
  rows        4       4       4       2
  rss     1.477  1.4902  1.5034       2

models
  store  model
  a      {"note":"\\u202e","slope":1.1147540983606556}
  b      {"note":"\\u202e","slope":2.098360655737705}

  run     runs/RUN
  digest  DIGEST…

what next
  manyfit show latest
  manyfit models latest --key store=a
  manyfit query latest "select ledger.store, metrics['rows'] from ledger order by metrics['rows'] desc nulls last limit 5"
  manyfit predict latest stores.csv --out predictions.parquet
`);
  });

  test("proposes commands that work", async () => {
    const commands = result.stdout.split("what next\n")[1]!.trim().split("\n");
    for (const command of commands) {
      const { code, stderr } = await runShell(command.trim().replace(/^manyfit/, "$manyfit"), { cwd });
      expect({ command, code, errors: stderr.match(/^manyfit:.*$/gm) }).toEqual({
        command,
        code: 0,
        errors: null,
      });
    }
  });

  test("has its models in JSON parsed, and as text in CSV", async () => {
    const json = await runCli(["models", "--format", "json"], { cwd });
    const [a, b, ...others] = JSON.parse(json.stdout) as { model: { slope: number }; metrics: object }[];
    for (const [record, slopeOf] of [
      [a!, 1],
      [b!, 2],
    ] as const) {
      const { slope, rss } = truth(slopeOf);
      expect(record.model).toEqual({ note: "\u202e", slope: expect.closeTo(slope, 12) });
      expect(record.metrics).toEqual({ rss: expect.closeTo(rss, 12), rows: 4 });
      expect(record).toMatchObject({ state: "fitted", modelBlob: null, error: null });
    }
    expect(others).toMatchObject([
      { key: { store: "gone" }, state: "lost", rowsRead: null, model: null, metrics: null },
      { key: { store: "single" }, state: "skipped" },
      {
        key: { store: "thrown" },
        error: { code: "trainer_threw", stack: expect.stringMatching(/trainer\.ts:8:39/) },
      },
    ]);
    // A right-to-left mark is JSON, and no terminal is turned around by it.
    expect(json.stdout).not.toContain("\u202e");
    const csv = await runCli(["models", "--format", "csv", "--limit", "1"], { cwd });
    const [header, row] = csv.stdout.split("\n");
    expect(header).toBe(
      "partition,store,state,reason,rows_read,rows_used,rows_dropped,rows_held_out,error_code,error_message,rows,rss,model,model_blob_bytes,model_blob_sha256",
    );
    expect(row).toMatch(/^0,a,fitted,,4,4,0,0,,,4,1\.47\d+,"\{""note"":.*\}",,$/);
  });

  test("is listed with metrics and model, what is not known as –", async () => {
    const { stdout } = await runCli(["models"], { cwd });
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^store +state +metrics\.rows +rss +rows +model$/);
    expect(lines[3]).toMatch(/^gone +lost +– +– +– +–$/);
    const narrow = await runCli(["models", "--limit", "1"], { cwd, env: { COLUMNS: "40" } });
    for (const line of narrow.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(40);
  });

  test("is shown partition by partition, with the place of an error", async () => {
    const thrown = await runCli(["models", "--key", "store=thrown"], { cwd });
    expect(thrown.stdout).toBe(`\
store=thrown
  state  failed
  rows   4 rows read, 4 used
  fit    trainer.ts: reads x, y; params alpha=0.5

error
  trainer_threw  store thrown is odd (at trainer.ts:8:39)
`);
    const { stdout } = await runCli(["models", "--key", "store=b"], { cwd });
    expect(normalised(stdout).replace("in less than", "in")).toBe(`\
store=b
  state  fitted
  rows   4 rows read, 4 used
  fit    trainer.ts: reads x, y; params alpha=0.5, in T s

  rows  4
  rss   1.5034

model (40 bytes)
  { "note": "\\u202e", "slope": 2.098360655737705 }
`);
  });

  test("is shown with the way to an error, where it has several stations", async () => {
    const job = ["stores.csv", "--by", "store", "--trainer", "deep.ts", "--out", "deep", "--quiet"];
    await runCli(["train", ...job], { cwd });
    const { stdout } = await runCli(["models", "--key", "store=a", "--out", "deep"], { cwd });
    expect(stdout.split("\nerror\n")[1]).toBe(`\
  trainer_threw  store a is odd (at deep.ts:3:9)

stack
  TypeError: store a is odd
    at refuse (deep.ts:3:9)
    at Object.fit (deep.ts:5:66)
`);
  });

  test("groups errors by message in show, for programs with their place", async () => {
    const { stdout } = await runCli(["show", "--json"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      failed: expect.arrayContaining([
        expect.objectContaining({ state: "failed", code: "trainer_threw", place: "trainer.ts:8:39" }),
        expect.objectContaining({ state: "lost", code: "worker_died", place: null }),
      ]),
    });
  });

  test.each(["--quiet", "--json"])("prints nothing with %s", async (flag) => {
    const { code, stderr } = await runCli(["train", ...JOB, flag], { cwd });
    expect(code).toBe(0);
    expect(stderr).not.toContain("fitting a");
  });

  test.each([
    [["--trainer", "nope.ts"], 2, "trainer nope.ts: is not there"],
    [["--trainer", "stores.csv"], 2, 'trainer stores.csv: ends in ".csv", must end in .ts, .mts, .js, .mjs'],
    [["--trainer", "curves.mjs", "--param", "alpha=1"], 2, "alpha"],
  ])("is refused: %o", async (told, code, message) => {
    const result = await runCli(["train", "stores.csv", "--by", "store", ...told, "--quiet"], { cwd });
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toMatch(/^manyfit: .*\n$/);
    expect(result.stderr).toContain(message);
  });
});

test("the trainer that --help shows is one", async () => {
  const { stdout: help } = await runCli(["train", "--help"], { cwd });
  const lines = help.slice(help.indexOf("its imports are bundled with it:")).split("\n").slice(1);
  writeFileSync(join(cwd, "help.ts"), lines.map((line) => line.slice(2)).join("\n"));
  const args = ["train", "stores.csv", "--pooled", "--trainer", "help.ts", "--json", "--out", "help"];
  const { stdout } = await runCli(args, { cwd });
  expect(JSON.parse(stdout)).toMatchObject({ counts: { states: { fitted: 1 } } });
  const { stdout: models } = await runCli(["models", "--out", "help", "--format", "json"], { cwd });
  const y = ROWS.map((row) => Number(row.split(",")[2]));
  const mean = (y.reduce((sum, value) => sum + value, 0) + 1) / (y.length + 1);
  expect(JSON.parse(models)).toMatchObject([{ model: { mean: expect.closeTo(mean, 12) } }]);
});

describe("models that are large or bytes", () => {
  let result: CliResult;

  beforeAll(async () => {
    const job = ["stores.csv", "--by", "store", "--trainer", "curves.mjs", "--out", "curves"];
    result = await runCli(["train", ...job], { cwd });
  });

  test("come from a trainer of which twenty lines are shown and all are kept", () => {
    const lines = result.stderr.split("\n").filter((line) => line.startsWith("["));
    expect(lines).toHaveLength(21);
    const [run] = readdirSync(join(cwd, "curves"));
    expect(lines[20]).toBe(
      `[trainer] prints more than 20 lines; more of them are in curves/${run}/events.ndjson`,
    );
    const events = readFileSync(join(cwd, "curves", run!, "events.ndjson"), "utf8")
      .trim()
      .split("\n");
    const logged = events
      .map((line) => JSON.parse(line) as { type: string; stream: string; text: string })
      .filter((event) => event.type === "trainer.logged");
    expect(logged.every((event) => event.stream === "stderr")).toBe(true);
    expect(
      logged
        .map((event) => event.text)
        .join("")
        .match(/line 49/g),
    ).toHaveLength(STORES.length + 1);
  });

  test("propose no prediction where the trainer has none", () => {
    expect(result.stdout).not.toContain("manyfit predict");
  });

  test("are told by length and hash where they are bytes", async () => {
    const sha256 = "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81";
    const { stdout } = await runCli(["models", "--key", "store=a", "--out", "curves"], { cwd });
    expect(stdout).toContain(`\nmodel\n  bytes   3 bytes\n  sha256  ${sha256}\n`);
    const json = await runCli(["models", "--key", "store=a", "--out", "curves", "--format", "json"], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ model: null, modelBlob: { bytes: 3, sha256 } });
    const csv = await runCli(["models", "--key", "store=a", "--out", "curves", "--format", "csv"], { cwd });
    expect(csv.stdout.split("\n")[1]).toMatch(new RegExp(`,,3,${sha256}$`));
  });

  test("are cut where they are long, with the command that shows all", async () => {
    const { stdout } = await runCli(["models", "--key", "store=b", "--out", "curves"], { cwd });
    const lines = stdout.split("\n");
    expect(lines.length).toBeLessThan(55);
    const step = /^ {2}… the first 40 lines; all of it: (manyfit .*)$/m.exec(stdout)![1]!;
    const whole = await runShell(step.replace(/^manyfit/, "$manyfit"), { cwd });
    const { model } = JSON.parse(whole.stdout) as { model: { steps: unknown[] } };
    expect(model.steps).toHaveLength(60);
  });
});
