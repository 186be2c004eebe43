import { describe, expect, test } from "vitest";
import { writtenFolder } from "../trainer/written-trainer.ts";
import { runCli } from "./run-cli.ts";

/** A trainer that does something to its process in every fit. */
function trainerThat(does: string): string {
  return `import { defineTrainer } from "manyfit";

export default defineTrainer({
  columns: ["y"],
  fit({ table }) {
    ${does}
    return { model: { rows: table.rowCount } };
  },
  predict({ table }) {
    console.log("predicting");
    return { prediction: new Float64Array(table.rowCount) };
  },
});
`;
}

const cwd = writtenFolder({
  "rows.csv": "store,y\na,1\nb,2\n",
  "prints.ts": trainerThat('console.log("fitting"); process.stdout.write(new Uint8Array([0xc3, 0xa4, 10]));'),
  "exits.ts": trainerThat("process.exit(0);"),
  "waits.ts": trainerThat("return new Promise(() => undefined);"),
  "ticks.ts": trainerThat("setInterval(() => undefined, 1000);"),
  "bursts.ts": trainerThat(
    'setImmediate(() => { throw new Error("late"); }); return new Promise(() => undefined);',
  ),
});

function trainWith(trainer: string, ...more: string[]): ReturnType<typeof runCli> {
  const job = ["train", "rows.csv", "--by", "store", "--trainer", trainer, "--workers", "0", ...more];
  return runCli(job, { cwd });
}

describe("a trainer in the process of the command line (--workers 0)", () => {
  test("prints beside the results, not into them", async () => {
    const { code, stdout, stderr } = await trainWith("prints.ts", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).counts.states.fitted).toBe(2);
    expect(stderr.match(/^(fitting|ä)$/gm)).toEqual(["fitting", "ä", "fitting", "ä"]);
    const job = ["predict", "latest", "rows.csv", "--out", "out.csv", "--workers", "0", "--json"];
    const predicted = await runCli(job, { cwd });
    expect(JSON.parse(predicted.stdout).predicted).toBe(2);
    expect(predicted.stderr.match(/^predicting$/gm)).toHaveLength(2);
  });

  test("is not heard where only errors are", async () => {
    expect(await trainWith("prints.ts", "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("that ends the process has failed, whatever exit code it wants", async () => {
    const { code, stderr } = await trainWith("exits.ts", "--quiet");
    expect(code).toBe(1);
    expect(stderr).toBe(
      "manyfit: trainer ended the process (exit code 0), and the run with it; nothing is committed; in a worker, without --workers 0, that costs one partition\n",
    );
  });

  test("that waits for what never comes has failed", async () => {
    const { code, stderr } = await trainWith("waits.ts", "--quiet");
    expect(code).toBe(1);
    expect(stderr).toContain(
      "manyfit: trainer waits for what never comes, and the run with it; nothing is committed\n",
    );
  });

  test("that leaves a timer running does not keep the command line from ending", async () => {
    const { code, stdout } = await trainWith("ticks.ts");
    expect(code).toBe(0);
    expect(stdout).toContain("2 fitted");
  });

  test("that throws where nobody can catch it is named by its own file and line", async () => {
    const { code, stdout, stderr } = await trainWith("bursts.ts", "--quiet");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^manyfit: trainer threw where nobody could catch it, and ended the run; nothing is committed: Error: late\n {4}at .*bursts\.ts:6:/,
    );
  });
});
