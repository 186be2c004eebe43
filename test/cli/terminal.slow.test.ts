import { beforeAll, describe, expect, test } from "vitest";
import { textWidth } from "../../src/cli/text-width.ts";
import { openTestDuckdb } from "../source/write-source.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { GAPMINDER, GAPMINDER_JOB, normalised, runCli, runOnTerminal, runShell } from "./run-cli.ts";

const cwd = temporaryFolder();
const ESCAPE = "\u001b";
const COLOURS = new RegExp(`${ESCAPE}\\[[\\d;]*m`, "g");
const GAPMINDER_LINE = `$manyfit ${GAPMINDER_JOB.join(" ")}`;

/** Enough rows for a run of a second or so. */
const MANY_ROWS = "select (i * 7919) % 50000 as store, sin(i) as x, cos(i * 3) as y from range(1500000) t(i)";

beforeAll(async () => {
  const duckdb = await openTestDuckdb();
  const connection = await duckdb.connect();
  await connection.run(`copy (${MANY_ROWS}) to '${cwd}/many.parquet'`);
  connection.close();
});

/** What a terminal shows in the end, when each carriage return goes back to the beginning of its line. */
function screenOf(text: string): string[] {
  const bare = text.replaceAll("\r\n", "\n").replaceAll(COLOURS, "");
  return bare.split("\n").map((line) => line.split("\r").at(-1)!.replaceAll(`${ESCAPE}[K`, ""));
}

/** Every state of the live line. */
function drawings(text: string): string[] {
  const [, ...redrawn] = text.replaceAll("\r\n", "\n").replaceAll(COLOURS, "").split("\r");
  return redrawn.map((drawn) => drawn.split(`${ESCAPE}[K`)[0]!).filter((line) => line !== "");
}

describe("on a terminal", () => {
  test("one line is redrawn while the run lives, and is gone in the end", async () => {
    const line = "$manyfit train many.parquet --by store --target y --features x";
    const { code, stdout } = await runOnTerminal(line, { cwd, columns: 100 });
    expect(code).toBe(0);
    const lines = drawings(stdout);
    expect(lines.length).toBeGreaterThan(3);
    for (const drawn of lines) {
      expect(drawn).toMatch(/^(reading|exchanging|fitting|committing)/);
      expect(textWidth(drawn)).toBeLessThan(100);
    }
    const phases = [...new Set(lines.map((drawn) => drawn.split(" ")[0]))];
    expect(phases).toEqual(
      ["reading", "exchanging", "fitting", "committing"].filter((name) => phases.includes(name)),
    );
    const screen = screenOf(stdout);
    expect(screen.filter((shown) => /^(reading|exchanging|fitting|committing)/.test(shown))).toEqual([]);
    expect(screen[0]).toBe("plan");
    expect(normalised(screen.join("\n"))).toContain(
      "\n\n50,000 fitted, 0 skipped, 0 failed of 50,000 partitions · 1,500,000 rows",
    );
  });

  test.each([60, 80, 140])("no line of plan and tables is wider than %i cells", async (columns) => {
    const { stdout } = await runOnTerminal(GAPMINDER_LINE, { cwd, columns });
    const screen = screenOf(stdout);
    // Commands and paths are to be copied whole.
    const lines = screen.slice(0, screen.indexOf("what next"));
    expect(lines.length).toBeGreaterThan(25);
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
  });

  test("is coloured, unless NO_COLOR says otherwise", async () => {
    const coloured = await runOnTerminal(GAPMINDER_LINE, { cwd, columns: 80 });
    expect(coloured.stdout).toMatch(COLOURS);
    const plain = await runOnTerminal(GAPMINDER_LINE, { cwd, columns: 80, env: { NO_COLOR: "1" } });
    expect(plain.stdout).not.toMatch(COLOURS);
    expect(screenOf(plain.stdout)).toContain("what next");
  });

  test("a dumb one gets lines", async () => {
    const { stdout } = await runOnTerminal(GAPMINDER_LINE, { cwd, columns: 80, env: { TERM: "dumb" } });
    expect(stdout).not.toContain(ESCAPE);
    expect(stdout).toContain("\nexchanging 3,313 rows\r\n");
  });

  test("--json leaves the progress on it and the document on the pipe", async () => {
    const { stdout } = await runOnTerminal(`${GAPMINDER_LINE} --json > result.json`, { cwd, columns: 80 });
    expect(screenOf(stdout)[0]).toBe("plan");
    const { stdout: json } = await runShell("cat result.json", { cwd });
    expect(JSON.parse(json)).toMatchObject({ counts: { partitions: 187 } });
  });
});

describe("on a pipe", () => {
  test("there are no escapes, unless FORCE_COLOR asks for colours", async () => {
    const plain = await runCli(GAPMINDER_JOB, { cwd });
    expect(plain.stdout + plain.stderr).not.toContain(ESCAPE);
    const forced = await runCli(["show"], { cwd, env: { FORCE_COLOR: "1" } });
    expect(forced.stdout).toMatch(COLOURS);
    expect(forced.stdout.replaceAll(COLOURS, "")).not.toContain(ESCAPE);
  });

  test("a reader that goes away is no failure", async () => {
    for (const line of [`${GAPMINDER_LINE} 2>/dev/null | head -1`, `${GAPMINDER_LINE} 2>&1 | head -1`]) {
      const { code, stderr } = await runShell(`set -o pipefail; ${line}`, { cwd });
      expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: "" });
    }
  });

  test("a full disk is an error of one line", async () => {
    const line = `$manyfit query "select * from ledger" --format csv > /dev/full`;
    const { code, stderr } = await runShell(line, { cwd });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^manyfit: output: ENOSPC.*\n$/),
    });
  });

  test("tables are as wide as they want, unless COLUMNS says how wide", async () => {
    const args = ["query", "select repeat('x', 300) as wide"];
    expect((await runCli(args, { cwd })).stdout).toContain("x".repeat(300));
    const narrow = await runCli(args, { cwd, env: { COLUMNS: "40" } });
    expect(narrow.stdout).toContain(`\n${"x".repeat(39)}…\n`);
    expect((await runCli(["show", "--json"], { cwd, env: { COLUMNS: "20" } })).stdout).toContain(GAPMINDER);
  });
});
