import { describe, expect, test } from "vitest";
import type { Output } from "../../src/cli/output.ts";
import { createProgram } from "../../src/cli/program.ts";
import { reportError } from "../../src/cli/report-error.ts";
import { PLAIN_STYLE } from "../../src/cli/style.ts";
import { VERSION } from "../../src/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type CliResult, GAPMINDER, runCli } from "./run-cli.ts";

const cwd = temporaryFolder();
const BY = ["--by", "country"];
const TARGET = ["--target", "lifeExp"];

/** What the command line leaves of arguments that it refuses before it reads anything, in this process. */
async function refusal(args: readonly string[]): Promise<CliResult> {
  const written = { out: "", err: "" };
  const outputTo = (name: "out" | "err"): Output => ({
    isTerminal: false,
    canRedraw: false,
    style: PLAIN_STYLE,
    width: () => 80,
    write: async (text) => {
      written[name] += text;
    },
  });
  const screen = { out: outputTo("out"), err: outputTo("err") };
  const thrown: unknown = await createProgram(screen)
    .parseAsync(args, { from: "user" })
    .catch((error: unknown) => error);
  const { text, exitCode } = reportError(thrown, false);
  return { code: exitCode, stdout: written.out, stderr: written.err + text };
}

const SEE_TRAIN = "; manyfit train --help shows what there is";

describe("a wrong command line ends with 2 and says in one line what to write", () => {
  test.each([
    ["trian", "unknown command 'trian' (did you mean train?); manyfit --help shows what there is"],
    [
      "help trian",
      "unknown command 'trian'; did you mean train? (there are: train, plan, show, models, query,",
    ],
    ["--colour", "unknown option '--colour'; manyfit --help shows what there is"],
    [
      "show a b",
      "too many arguments for 'show'; expected 1 argument but got 2; manyfit show --help shows what there is",
    ],
    [
      "show --verfy",
      "unknown option '--verfy' (did you mean --verify?); manyfit show --help shows what there is",
    ],
    [
      "models --format xml",
      "argument 'xml' is invalid; allowed choices are table, json, csv; manyfit models --help",
    ],
    ["models --limit few", "--limit is few, allowed are whole numbers from 0 to 2147483647"],
    ["query", "query is missing: write a select, as manyfit query --help shows"],
    [
      "query a --file x.csv --format csv",
      "option '--file <file>' cannot be used with option '--format <format>'",
    ],
    ["train", "no path is given: name files, folders or globs, as in manyfit train sales/ --by store"],
    ["train x.csv --targt y", `unknown option '--targt' (did you mean --target?)${SEE_TRAIN}`],
    ["train x.csv --by", `option '--by <columns>' argument missing${SEE_TRAIN}`],
    ["train x.csv --json --quiet", `option '--json' cannot be used with option '--quiet'${SEE_TRAIN}`],
    ["train x.csv --by k", "--target is missing: name the column to explain, as in --target units"],
    [
      "train x.csv --target y --pooled --by k",
      "--by and --pooled are both given: one model per key, or one model of all rows?",
    ],
    [
      "train x.csv --target y --pooled --by k --per-file",
      "--by and --per-file and --pooled are all given: one model per key, or one model per file, or one model of all rows?",
    ],
    ["train x.csv --target y --by k,", '--by is "k,", in which a name is empty'],
    [
      "train x.csv --target y --by k --workers two",
      "--workers is two, allowed are whole numbers from 0 to 1024",
    ],
    ["train x.csv --target y --by k --decimal ;", '--decimal is ";", allowed are ".", ","'],
    ["query a select --overwrite", "--overwrite is given without --file"],
    ["config --schema --seed 7", "--schema is the same for every job; leave --seed out"],
    [
      "train x.csv --target y --by k --workers 1.5",
      "--workers is 1.5, allowed are whole numbers from 0 to 1024",
    ],
    [
      "train x.csv --target y --by k --workers 1025",
      "--workers is 1025, allowed are whole numbers from 0 to 1024",
    ],
    [
      "train x.csv --target y --by k --seed -1",
      "--seed is -1, allowed are whole numbers from 0 to 4294967295",
    ],
    ["train x.csv --target y --by k --type k", "--type is k; write it as column=type, such as store=text"],
    [
      "train x.csv --target y --by k --type k=txt",
      '--type k=txt: "txt" is not a type; did you mean text? (there are: text, integer,',
    ],
    [
      "train x.csv --target y --by k --type k=blob",
      '--type k=blob: "blob" is not a type; there are: text, integer,',
    ],
    ["plan x.csv --target y", "nothing says what makes a partition"],
    ["plan --sample x.csv --by k --target y", "--sample is x.csv, allowed are times with their unit"],
    ["train x.csv --by k --target y --delimiter ;;", '--delimiter is ";;", allowed is one character'],
    ["train x.csv --by k --target y --decimal x", '--decimal is x, allowed are ".", ","'],
    ["train x.csv --by k --target y --nulls omit", "--nulls is omit, allowed are drop, keep, fail"],
    ["train x.csv --by k --target y --nulls keep", "--nulls is keep, but linear-regression cannot fit rows"],
    ["train x.csv --by k --target y --min-rows 0", "--min-rows is 0, allowed are whole numbers from 1 to"],
    [
      "train x.csv --by k --target y --holdout 20%",
      "--holdout is 20%, allowed are shares above 0 and below 1",
    ],
    ["train x.csv --by k --target y --timeout 30", "--timeout is 30, allowed are times with their unit"],
    ["train x.csv --by k --target y --max-failed some", "--max-failed is some, allowed are whole numbers"],
    ["train x.csv --by k --target y --memory 4QB", "--memory is 4QB, allowed are bytes, or text such as"],
    ["train x.csv --by k --target y --name latest", '--name is "latest", allowed are 1 to 100 letters'],
    ["train x.csv --by k --target y --config no.json", "--config no.json: cannot be read"],
    ["config", "nothing is told: give the paths and flags of manyfit train, or --schema"],
    ["config x.csv --by k --pooled", "--by and --pooled are both given"],
    ["config x.csv --schema", "--schema is the same for every job; leave x.csv out"],
    [
      "train x.csv --target y --by k --estimator linear-regresion",
      'estimator "linear-regresion" is not known; did you mean linear-regression?',
    ],
    [
      "train x.csv --per-file --trainer t.ts --target y",
      "--trainer and --target are both given, but a trainer names its columns itself; leave --target out",
    ],
    ["train x.csv --per-file --trainer t.ts --features a,b", "--trainer and --features are both given"],
    ["train x.csv --per-file --trainer t.ts --weights w", "--trainer and --weights are both given"],
    ["train x.csv --per-file --trainer t.ts --no-intercept", "--trainer and --no-intercept are both given"],
    [
      "train x.csv --per-file --trainer t.ts --estimator linear-regression",
      "--trainer and --estimator are both given: a trainer of your own, or one that manyfit has?",
    ],
    [
      "train x.csv --per-file --trainer t.py --sklearn sklearn.svm.SVC",
      "--sklearn and --trainer are both given: a class, or a trainer of your own?",
    ],
    [
      "train x.csv --by k --target y --param alpha=1",
      "--param alpha: estimators are told by --target, --features, --weights and --no-intercept",
    ],
    ["train x.csv --per-file --trainer t.ts --param alpha", "--param is alpha; write it as name=value"],
    ["train x.csv --per-file --trainer t.ts --param =1", "--param is =1; write it as name=value"],
    [
      "train x.csv --per-file --trainer t.ts --param a=1 --param a=2",
      "--param a is given twice; a list is written as a=[1,2]",
    ],
    ["train x.csv --per-file --trainer t.ts --param a=1e999", "--param a is 1e999, a number beyond"],
  ])("manyfit %s", async (line, message) => {
    const { code, stdout, stderr } = await refusal(line.split(" "));
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^manyfit: .*\n$/);
    expect(stderr).toContain(message);
  });

  test("a process ends with it", async () => {
    const line = ["train", "x.csv", "--targt", "y"];
    expect(await runCli(line, { cwd })).toEqual(await refusal(line));
  });

  test("leaving out --by, --per-file and --pooled explains the three", async () => {
    const { code, stderr } = await runCli(["train", GAPMINDER, ...TARGET], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^manyfit: nothing says what makes a partition: give --by .*one model per key.*, --per-file \(one model per file\) or --pooled \(one model of all rows\)\n$/,
    );
  });

  test.each([
    [
      "an unknown key",
      ["--by", "contry", ...TARGET],
      '--by column "contry" is not a column of the source; did you mean country?',
    ],
    [
      "an unknown target",
      [...BY, "--target", "lifeexp"],
      'target "lifeexp" is not a column of the source; did you mean lifeExp?',
    ],
    [
      "an unknown feature",
      [...BY, ...TARGET, "--features", "yaer"],
      'feature "yaer" is not a column of the source; did you mean year?',
    ],
    [
      "an unknown weight",
      [...BY, ...TARGET, "--weights", "popp"],
      'weights "popp" is not a column of the source; did you mean pop?',
    ],
    ["a type of an unknown column", [...BY, ...TARGET, "--type", "yeer=date"], '"yeer"'],
    [
      "a target of text",
      [...BY, "--target", "continent"],
      'target "continent" is text, linear-regression needs numbers',
    ],
    [
      "the target as feature",
      [...BY, ...TARGET, "--features", "year,lifeExp"],
      'feature "lifeExp" is the target too',
    ],
    ["a filter that is no expression", [...BY, ...TARGET, "--where", "year >"], "--where year >"],
  ])("%s", async (_, options, message) => {
    const { code, stdout, stderr } = await runCli(["train", GAPMINDER, ...options, "--quiet"], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^manyfit: .*\n$/);
    expect(stderr).toContain(message);
  });
});

describe("what is not there ends with 1", () => {
  test.each([
    ["train no.csv --by k --target y --quiet", "no.csv: does not exist; looked for"],
    ["show", "run latest: looked in"],
    ["show 2026", "run 2026: no such id in"],
    ["models --out elsewhere", "there is no run there"],
  ])("manyfit %s", async (line, message) => {
    const { code, stdout, stderr } = await runCli(line.split(" "), { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^manyfit: .*\n$/);
    expect(stderr).toContain(message);
  });
});

describe("help", () => {
  test("shows the usual way, and every command says what it does, with examples", async () => {
    const { code, stdout, stderr } = await runCli(["--help"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const steps = ["manyfit train", "manyfit show", "manyfit models", "manyfit query"];
    const places = steps.map((step) => stdout.indexOf(`$ ${step}`));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(Math.min(...places)).toBeGreaterThan(0);
    for (const name of ["train", "plan", "show", "models", "query", "config"]) {
      const help = await runCli([name, "--help"], { cwd });
      expect(help.code).toBe(0);
      expect(help.stdout.match(/^ {4}\$ manyfit /gm)!.length).toBeGreaterThanOrEqual(2);
    }
  });

  test.each(["", "train", "plan", "show", "models", "query", "predict", "export", "config", "doctor"])(
    "of manyfit %s fits 80 columns, and its options 60",
    async (name) => {
      const help = async (columns: number): Promise<string[]> => {
        const args = [...(name === "" ? [] : [name]), "--help"];
        const { stdout } = await runCli(args, { cwd, env: { COLUMNS: String(columns) } });
        return stdout.split("\n").filter((line) => line.length > columns);
      };
      expect(await help(80)).toEqual([]);
      expect((await help(60)).filter((line) => line.startsWith("  -"))).toEqual([]);
    },
  );

  test("goes to standard error, with 2, where there is no command", async () => {
    const { code, stdout, stderr } = await runCli([], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: manyfit");
  });

  test("has the version beside it", async () => {
    expect(await runCli(["--version"], { cwd })).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
  });
});

test("MANYFIT_DEBUG=1 shows the stack of an error", async () => {
  const { stderr } = await runCli(["show"], { cwd, env: { MANYFIT_DEBUG: "1" } });
  expect(stderr).toMatch(/^manyfit: run latest.*\nManyfitError: run latest.*\n {4}at /);
});
