import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writtenFolder } from "../trainer/written-trainer.ts";
import { type CliResult, runCli } from "./run-cli.ts";

const STORES = 100_000;

/** A message of its own for every store: in letters, but for every thousandth; every 2,500th warns of what it saw. */
const TRAINER = `import { defineTrainer } from "manyfit";
export default defineTrainer({
  columns: ["x"],
  fit({ table }) {
    const x = table.numbers("x")[0]!;
    const letters = [...String(x)].map((digit) => "klmnopqrst"[Number(digit)]).join("");
    if (x % 2500 === 1) return { model: { x }, warnings: [{ code: "odd", message: "saw " + (x % 5000 === 1 ? x : letters) }] };
    if (x % 1000 === 0) throw new RangeError(\`/data/\${x}/a b.csv: row \${x}e-\${x % 7} is odd\`);
    throw new Error("no " + letters);
  },
});
`;

const rows = Array.from({ length: STORES }, (_, i) => `${i},${i}`);
const cwd = writtenFolder({ "trainer.ts": TRAINER, "stores.csv": `store,x\n${rows.join("\n")}\n` });

describe("100,000 failures with 100,000 different messages", () => {
  let trained: CliResult;

  beforeAll(async () => {
    const job = [
      "train",
      "stores.csv",
      "--by",
      "store",
      "--type",
      "store=integer",
      "--trainer",
      "./trainer.ts",
    ];
    trained = await runCli([...job, "--workers", "2"], { cwd });
  });

  test("are one page after training and in show: the ten most frequent causes, and how many more", async () => {
    expect(trained.code).toBe(0);
    const shown = await runCli(["show"], { cwd });
    for (const { stdout } of [trained, shown]) {
      const [, causes] = /\nfailed\n((?: {2}.*\n)+)/.exec(stdout)!;
      const lines = causes!.trimEnd().split("\n");
      expect(lines).toHaveLength(21);
      expect(lines[0]).toBe(
        "  trainer_threw  100 partitions: /data/0/a b.csv: row 0e-0 is odd (at trainer.ts:8:31)",
      );
      expect(lines[1]).toMatch(/^ +0, 1000, 2000, and 97 more$/);
      expect(lines[2]).toBe("  trainer_threw  1 partition: no m (at trainer.ts:9:11)");
      expect(lines.at(-1)).toBe("  and 99,851 more causes in 99,851 partitions");
      expect(stdout.split("\n").length).toBeLessThan(90);
      const [, warnings] = /\nwarnings\n((?: {2}.*\n)+)/.exec(stdout)!;
      expect(warnings!.split("\n")[0]).toBe("  odd  20 partitions: saw 1");
      expect(warnings).toMatch(/\n {2}and 11 more causes in 11 partitions\n$/);
    }
  });

  test("are as few in show --json", async () => {
    const { stdout } = await runCli(["show", "--json"], { cwd });
    const document = JSON.parse(stdout) as Record<"failed" | "warnings", object[]>;
    expect(document).toMatchObject({
      others: {
        failed: { causes: 99_851, partitions: 99_851 },
        skipped: { causes: 0, partitions: 0 },
        warnings: { causes: 11, partitions: 11 },
      },
    });
    expect(document.failed).toHaveLength(10);
    expect(document.failed[0]).toMatchObject({
      partitions: 100,
      examples: [{ store: 0 }, { store: 1000 }, { store: 2000 }],
    });
  });

  test("are one line of a spent budget", async () => {
    const job = [
      "train",
      join(cwd, "stores.csv"),
      "--by",
      "store",
      "--trainer",
      "./trainer.ts",
      "--workers",
      "2",
    ];
    const { code, stderr } = await runCli([...job, "--max-failed", "50%", "--out", "spent"], { cwd });
    expect(code).toBe(3);
    const last = stderr.trimEnd().split("\n").at(-1)!;
    expect(last).toMatch(
      / of 100,000 partitions failed, --max-failed 50% allows 50,000: [\d,]+ × trainer_threw /,
    );
    expect(last).toMatch(/, and [\d,]+ more for other causes; run \S+ is not committed; manyfit show /);
    expect(last.length).toBeLessThan(700);
  });
});
