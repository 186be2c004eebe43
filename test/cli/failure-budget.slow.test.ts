import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writtenFolder } from "../trainer/written-trainer.ts";
import { runCli } from "./run-cli.ts";

const STORES = 400;

/** Throws for every third store below 300, with a message of its own for each, and tells its process to a file. */
const trainer = (pids: string): string => `import { appendFileSync } from "node:fs";
import { defineTrainer } from "manyfit";
export default defineTrainer({
  columns: ["x"],
  fit({ table }) {
    appendFileSync(${JSON.stringify(pids)}, process.pid + "\\n");
    const [x] = table.numbers("x");
    if (x! % 3 === 0 && x! < 300) throw new Error(\`cannot fit \${x} of /data/\${x}.csv\`);
    return { model: { x }, metrics: {} };
  },
});
`;

const rows = Array.from({ length: STORES }, (_, i) => `s${String(i).padStart(3, "0")},${i}`);
const cwd = writtenFolder({ "stores.csv": `${["store,x", ...rows].join("\n")}\n` });

beforeAll(() => {
  mkdirSync(join(cwd, "files"));
  for (let i = 0; i < STORES; i++) {
    writeFileSync(join(cwd, "files", `s${String(i).padStart(3, "0")}.csv`), `x\n${i}\n`);
  }
});

/** Numbers of the processes that ran a trainer and live still. */
function living(pids: string): number[] {
  const all = new Set(readFileSync(pids, "utf8").trim().split("\n").map(Number));
  return [...all].filter((pid) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  });
}

const WAYS = [
  ["by", 0],
  ["by", 2],
  ["file", 0],
  ["file", 2],
] as const;

describe("a failure budget", () => {
  test.each(WAYS)(
    "stops a run %s with %i workers: exit code 3, and all that was answered is there",
    async (way, workers) => {
      const out = `runs-${way}-${workers}`;
      const pids = join(cwd, `${out}.pids`);
      writeFileSync(join(cwd, `${out}.ts`), trainer(pids));
      const source = way === "by" ? ["stores.csv", "--by", "store"] : ["files", "--per-file"];
      const { code, stdout, stderr } = await runCli(
        [
          ...["train", ...source, "--trainer", `./${out}.ts`, "--workers", String(workers), "--out", out],
          ...["--max-failed", "10", "--name", "night"],
        ],
        { cwd },
      );
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expect(living(pids)).toEqual([]);
      const last = stderr.trimEnd().split("\n").at(-1)!;
      const key = way === "by" ? "store=s" : "file=s";
      const pattern = new RegExp(
        String.raw`^manyfit: (\d+) of 400 partitions failed, --max-failed allows 10: (\d+) × trainer_threw "cannot fit \d+ of /data/\d+\.csv" \(${key}\d+\S*; ${key}\S*; ${key}\S*; …\); run night is not committed; manyfit show night --out ${out} says what is there$`,
      );
      expect(last).toMatch(pattern);
      const failed = Number(pattern.exec(last)![1]);
      expect(failed).toBeGreaterThan(10);
      expect(failed).toBe(Number(pattern.exec(last)![2]));

      expect(readdirSync(join(cwd, out, "night")).sort()).toEqual([
        ...["events.ndjson", "job.json", "parts", "sources.ndjson", "trainer.mjs"],
      ]);
      const query = ["query", "night", "--out", out, "--format", "csv"];
      const counted = await runCli(
        [
          ...query,
          "select count(*) filter (state = 'failed') as n, count(distinct partition) = count(*) as one from ledger",
        ],
        { cwd },
      );
      expect(counted.stdout).toBe(`n,one\n${failed},true\n`);

      const shown = await runCli(["show", "night", "--out", out], { cwd });
      expect(shown.code).toBe(0);
      const message = last.slice("manyfit: ".length).replace(/; manyfit show .*$/, "");
      expect(shown.stdout).toMatch(
        /^run night stopped\n {2}what {3}run night stopped before the commit; nothing was committed/,
      );
      expect(shown.stdout).toContain(`\n  why    ${message}\n`);
      expect(shown.stdout).toMatch(
        new RegExp(`\n {2}done {3}\\d+ of 400 partitions answered: (\\d+ fitted, )?${failed} failed\n`),
      );
      expect(shown.stdout).toContain(`\n  log    ${out}/night/events.ndjson\n`);
      expect(shown.stdout).toMatch(
        new RegExp(`\nfailed\n {2}trainer_threw {2}${failed} partitions: cannot fit `),
      );
      expect(shown.stdout).toContain(
        "\n  next   query what is answered; or train again, which makes a new run; ",
      );

      const document = JSON.parse(
        (await runCli(["show", "night", "--out", out, "--json"], { cwd })).stdout,
      ) as {
        readonly failed: readonly object[];
      };
      expect(document).toMatchObject({
        status: "stopped",
        manifest: null,
        left: { stop: { reason: "budget", message }, counts: { failed }, partitions: 400, owner: null },
        others: { failed: { causes: 0, partitions: 0 } },
        job: { job: { policy: { maxFailed: { partitions: 10 } } }, origin: { workingFolder: cwd } },
      });
      expect(document.failed).toHaveLength(1);
      expect(document.failed[0]).toMatchObject({ code: "trainer_threw", partitions: failed });
    },
  );

  test("of 0 stops at the first, and one that is spent by the last batch commits nothing either", async () => {
    const pids = join(cwd, "zero.pids");
    writeFileSync(join(cwd, "zero.ts"), trainer(pids));
    const job = ["train", "stores.csv", "--by", "store", "--trainer", "./zero.ts", "--workers", "0"];
    // Of one batch of few partitions the failure is known when all are answered.
    const last = await runCli([...job, "--where", "x in (1, 2, 3)", "--max-failed", "0", "--name", "last"], {
      cwd,
    });
    expect(last.code).toBe(3);
    expect(last.stderr).toContain("1 of 3 partitions failed, --max-failed allows 0: 1 × trainer_threw");
    expect(readdirSync(join(cwd, "runs", "last"))).not.toContain("manifest.json");
    const counted = await runCli(["query", "last", "select state from ledger", "--format", "csv"], { cwd });
    expect(counted.stdout).toBe("state\nfitted\nfitted\nfailed\n");
  });

  test("that is not spent ends the run as if there was none", async () => {
    writeFileSync(join(cwd, "well.ts"), trainer(join(cwd, "well.pids")));
    const job = ["train", "stores.csv", "--by", "store", "--trainer", "./well.ts", "--workers", "2"];
    for (const budget of ["100", "25%"]) {
      const { code, stdout } = await runCli([...job, "--max-failed", budget], { cwd });
      expect(code).toBe(0);
      expect(stdout).toMatch(/^300 fitted, 0 skipped, 100 failed of 400 partitions/);
    }
    expect((await runCli([...job, "--max-failed", "24.9%"], { cwd })).code).toBe(3);
  });
});
