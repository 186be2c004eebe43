import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Command } from "commander";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { configProblem, readConfig } from "../../src/cli/config-file.ts";
import { configSchema } from "../../src/cli/config-schema.ts";
import { configText } from "../../src/cli/config-text.ts";
import { parseExactJson } from "../../src/cli/exact-json.ts";
import type { JobConfig } from "../../src/cli/job-option.ts";
import { JOB_OPTIONS } from "../../src/cli/job-option-table.ts";
import { addJobOptions, trainOptionsFrom } from "../../src/cli/job-options.ts";
import { inWordsOf } from "../../src/cli/told-job.ts";
import { addTrainCommand } from "../../src/cli/train-command.ts";
import { ManyfitError } from "../../src/index.ts";
import { requestFrom } from "../../src/train-options.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { anyConfig, argumentsOf, toldBy } from "./job-flags.ts";
import { nowhere } from "./nowhere.ts";

const folder = temporaryFolder();
let files = 0;

/** Writes a config file and gives its path. */
function written(text: string): string {
  const path = join(folder, `job-${files++}.json`);
  writeFileSync(path, text);
  return path;
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toMatchObject({ code: "invalid_option" });
    return (error as Error).message;
  }
  return "nothing was thrown";
}

describe("a command line as a file", () => {
  test("says the same, whatever it says", () => {
    fc.assert(
      fc.property(anyConfig, (config) => {
        const told = toldBy(argumentsOf(config)).config;
        expect(told).toEqual(config);
        expect(parseExactJson(configText(told))).toEqual({ value: config });
        expect(configProblem(config)).toBeNull();
      }),
    );
  });

  test("is read back from its folder as it was told there", () => {
    const config: JobConfig = {
      paths: ["a.csv", "../b/*.csv", "/c"],
      by: ["k"],
      target: "y",
      trainer: "t.ts",
    };
    const below = join(folder, "below");
    mkdirSync(below, { recursive: true });
    const path = join(relative(process.cwd(), below), "job.json");
    writeFileSync(path, configText(config));
    const read = readConfig(path).config;
    const from = relative(process.cwd(), below);
    expect(read.paths).toEqual([join(from, "a.csv"), join(from, "../b/*.csv"), "/c"]);
    expect(read).toMatchObject({ trainer: join(from, "t.ts"), by: ["k"], target: "y" });
  });

  test("has the pattern of a path, not of the folder that it is in", () => {
    const odd = join(folder, "s[1]");
    mkdirSync(odd, { recursive: true });
    const path = join(odd, "job.json");
    writeFileSync(path, configText({ paths: ["*.csv", "plain.csv"], out: "runs*" }));
    expect(readConfig(path).config).toEqual({
      paths: [join(folder, "s[[]1]", "*.csv"), join(odd, "plain.csv")],
      out: join(odd, "runs*"),
    });
  });

  test("is one line a property, and long lists have lines of their own", () => {
    const long = Array.from({ length: 12 }, (_, i) => `features-${i}`);
    expect(configText({ seed: 7, paths: ["a"], by: ["k", "l"], features: long.slice(0, 8) })).toBe(
      `{\n  "paths": ["a"],\n  "by": ["k", "l"],\n  "features": [\n${long
        .slice(0, 8)
        .map((name) => `    "${name}"`)
        .join(",\n")}\n  ],\n  "seed": 7\n}\n`,
    );
  });
});

describe("flags beside a file", () => {
  const path = written(
    JSON.stringify({ paths: ["a.csv"], by: ["k"], target: "y", features: ["x", "z"], seed: 3, workers: 0 }),
  );

  test("win, and a list takes the place of a list", () => {
    const { config } = toldBy(["b.csv", "--config", path, "--features", "x", "--seed", "7"]);
    expect(config).toEqual({
      paths: ["b.csv"],
      by: ["k"],
      target: "y",
      features: ["x"],
      seed: 7,
      workers: 0,
    });
  });

  test("take the place of what cannot hold beside them", () => {
    const pooled = toldBy(["--config", path, "--pooled"]).config;
    expect(pooled).toMatchObject({ pooled: true, target: "y" });
    expect(pooled).not.toHaveProperty("by");
    const own = toldBy(["--config", path, "--trainer", "t.ts"]).config;
    expect(Object.keys(own).sort()).toEqual(["by", "paths", "seed", "trainer", "workers"]);
    const trainer = written('{"trainer": "t.ts", "param": {"a": 1}, "by": ["k"]}');
    expect(toldBy(["--config", trainer, "--target", "y"]).config).toEqual({ by: ["k"], target: "y" });
  });

  test("are not changed by what a file leaves out or switches off", () => {
    const off = written('{"$schema": "x.json", "per-file": false, "pooled": false, "no-intercept": false}');
    expect(toldBy(["--config", off, "--by", "k"]).config).toEqual({ by: ["k"] });
  });
});

describe("a file that no job can be is refused by name and place", () => {
  test.each([
    ['{"min-rows": "5"}', '/min-rows is "5", allowed are whole numbers from 1 to 2147483647'],
    ['{"min-row": 5}', "/min-row is not known; did you mean min-rows?"],
    ['{"minRows": 5}', "/minRows is not known; did you mean min-rows?"],
    ['{"by": "k"}', '/by is "k", allowed is a list of column names, such as ["a", "b"]'],
    ['{"by": ["k", 7]}', "/by/1 is 7, allowed is a text that is not empty"],
    ['{"by": []}', "/by is [], allowed is a list of column names"],
    ['{"type": {"a/b": "txt"}}', '/type/a~1b is "txt", allowed are text, integer, double, decimal(18,3)'],
    ['{"holdout": 1}', "/holdout is 1, allowed are shares above 0 and below 1"],
    ['{"per-file": "yes"}', '/per-file is "yes", allowed are true and false'],
    ['{"nulls": "omit"}', '/nulls is "omit", allowed are drop, keep, fail'],
    ['{"delimiter": "tab"}', '/delimiter is "tab", allowed is one character'],
    ['{"timeout": "30"}', '/timeout is "30", allowed are times with their unit'],
    ['{"timeout": 30}', "/timeout is 30, allowed are times with their unit"],
    ['{"max-failed": "few"}', '/max-failed is "few", allowed are whole numbers of partitions'],
    ['{"param": [1]}', "/param is [1], allowed is an object of values by name"],
    ['{"seed": null}', "/seed is null, allowed are whole numbers from 0 to 4294967295"],
    ["[]", "is [], allowed is an object"],
    ['{"seed": 1, "seed": 2}', "/seed is there twice"],
    ['{"param": {"a": [1, {"b": 1, "b": 2}]}}', "/param/a/1/b is there twice"],
    [
      '{"param": {"id": 9007199254740993}}',
      "/param/id is 9007199254740993, a number beyond what numbers hold",
    ],
    ['{"param": {"x": [0, 1e999]}}', "/param/x/1 is 1e999, a number beyond"],
    ['{\n  "seed": 1, // mine\n}', "is not JSON at line 2, column 14: a comment begins there, JSON has none"],
    ['{"by": ["k"],}', "is not JSON at line 1, column 14: the comma before is one too many"],
    ['{"by": ', "is not JSON at line 1, column 8: the text ends there"],
    ['{"by":\n tru}', 'is not JSON at line 2, column 5: "}" is not allowed there'],
    ['{"by":\n  // none\n []}', "is not JSON at line 2, column 3: a comment begins there"],
    ["", "is not JSON at line 1, column 1: the text ends there"],
    ["{'by': 1}", 'is not JSON at line 1, column 2: "\'" is not allowed there'],
  ])("%s", (text, message) => {
    const path = written(text);
    const found = messageOf(() => readConfig(path));
    expect(found).toContain(`${path}: ${message}`);
  });

  test("and one that is not there", () => {
    expect(messageOf(() => readConfig(join(folder, "no.json")))).toMatch(
      /^--config .*no[.]json: cannot be read/,
    );
  });

  test("a byte order mark is none of its text", () => {
    expect(readConfig(written('\ufeff{"seed": 1}')).config).toEqual({ seed: 1 });
  });
});

describe("the schema of config files", () => {
  const schema = configSchema();

  test("has every flag of train that describes the job, and no other property", () => {
    const program = new Command();
    addTrainCommand(program, nowhere());
    const flags = program.commands[0]!.options.map((option) => option.long!.slice(2));
    const others = ["config", "json", "quiet"];
    const described = flags.filter((flag) => !others.includes(flag));
    expect(others.every((flag) => flags.includes(flag))).toBe(true);
    expect(Object.keys(schema.properties).sort()).toEqual([...described, "paths", "$schema"].sort());
    expect(schema.additionalProperties).toBe(false);
  });

  test("describes every property in the words of the flag", () => {
    const help = addJobOptions(new Command()).options;
    for (const { name, about } of JOB_OPTIONS) {
      expect(schema.properties[name]!.description).toContain(about);
      expect(help.find((option) => option.long === `--${name}`)!.description).toContain(about);
    }
  });

  test("uses only keywords of JSON Schema, each with what it may have", () => {
    checkSchema(schema);
  });

  test("would be seen if it did not", () => {
    expect(() => checkSchema({ type: "text" })).toThrow();
    expect(() => checkSchema({ minimum: "1" })).toThrow();
    expect(() => checkSchema({ properties: { a: { patern: "x" } } })).toThrow();
  });

  test("allows and refuses what the reader does, as another implementation finds", () => {
    const other = z.fromJSONSchema(schema as unknown as Parameters<typeof z.fromJSONSchema>[0]);
    const names = Object.keys(schema.properties);
    const anything = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(
        "5",
        "1%",
        "0.5%",
        "%",
        "30s",
        "30",
        "4GB",
        "4gib",
        "tab",
        ";",
        "drop",
        ".",
        "text",
        "decimal(4,2)",
      ),
      fc.constantFrom(0, 1, 0.5, -1, 1024, 1025, 2 ** 31, 2 ** 32, 1e300),
      fc.constantFrom<unknown>(
        [],
        ["k"],
        ["k", ""],
        [1],
        {},
        { k: "text" },
        { k: "txt" },
        { k: 1 },
        true,
        false,
      ),
    );
    const files = fc.oneof(
      fc.dictionary(fc.constantFrom(...names, "minRows", "x"), anything, {
        maxKeys: 2,
        noNullPrototype: true,
      }),
      fc.tuple(anyConfig, fc.constantFrom(...names), anything).map(([config, name, value]) => ({
        ...config,
        [name]: value,
      })),
    );
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(files, (value) => {
        const isTaken = configProblem(value) === null;
        if (isTaken) taken++;
        else refused++;
        expect(other.safeParse(value).success).toBe(isTaken);
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(taken, refused)).toBeGreaterThan(50);
  });
});

/** Checks a schema against what draft 2020-12 allows of the keywords that are used. */
function checkSchema(schema: object): void {
  const keywords: Record<string, z.ZodType> = {
    $schema: z.literal("https://json-schema.org/draft/2020-12/schema"),
    title: z.string(),
    description: z.string().min(1),
    default: z.unknown(),
    type: z.enum(["string", "number", "integer", "boolean", "array", "object"]),
    enum: z.array(z.string()).min(1),
    pattern: z.string().refine((pattern) => new RegExp(pattern, "u") instanceof RegExp),
    minLength: z.int().nonnegative(),
    minItems: z.int().nonnegative(),
    minimum: z.number(),
    maximum: z.number(),
    exclusiveMinimum: z.number(),
    exclusiveMaximum: z.number(),
    items: z.looseObject({}),
    properties: z.record(z.string(), z.looseObject({})),
    additionalProperties: z.union([z.boolean(), z.looseObject({})]),
    anyOf: z.array(z.looseObject({})).min(1),
  };
  z.strictObject(keywords).partial().parse(schema);
  const { items, additionalProperties, properties, anyOf } = schema as Record<string, object | undefined>;
  for (const inner of [
    items,
    additionalProperties,
    ...Object.values(properties ?? {}),
    ...Object.values(anyOf ?? {}),
  ])
    if (typeof inner === "object") checkSchema(inner);
}

describe("what a job is told comes to the library", () => {
  test("as its options", () => {
    const told = toldBy([
      ...["s.csv", "--by", "k", "--target", "y", "--delimiter", "tab", "--decimal", ",", "--comment", "%"],
      ...["--null-text", "NA", "--null-text", "-", "--nulls", "fail", "--min-rows", "4", "--holdout", ".25"],
      ...[
        "--order-by",
        "day,hour",
        "--limit",
        "9",
        "--max-failed",
        "1%",
        "--memory",
        "4GB",
        "--name",
        "june",
      ],
      ...["--workers", "3", "--seed", "8", "--out", "here"],
    ]);
    const { job, ...machine } = requestFrom(trainOptionsFrom(told));
    expect(machine).toMatchObject({ runsFolder: "here", name: "june", workers: 3, memoryBytes: 4e9 });
    expect(job).toMatchObject({
      ...{ orderBy: ["day", "hour"], limit: 9, seed: 8 },
      policy: { nulls: "fail", minRows: 4, holdout: 0.25, maxFailed: { share: 0.01 } },
      source: { dialect: { delimiter: "\t", decimal: ",", comment: "%", nullTexts: ["NA", "-"] } },
    });
  });

  test("of a trainer of one's own with time and memory", () => {
    const told = toldBy(
      "s/ --per-file --trainer t.ts --timeout 30s --memory-per-worker 1GiB --nulls keep".split(" "),
    );
    const { job, memoryPerWorkerBytes } = requestFrom(trainOptionsFrom(told));
    expect(memoryPerWorkerBytes).toBe(2 ** 30);
    expect(job.policy).toMatchObject({ nulls: "keep", timeoutMs: 30_000 });
  });

  test.each([
    ["--delimiter , --decimal ,", '--delimiter and --decimal are both ","'],
    ["--nulls keep", "--nulls is keep, but linear-regression cannot fit rows"],
    ["--timeout 30s", "--timeout is given, but linear-regression always comes to an end"],
    [
      "--memory-per-worker 1GB",
      "--memory-per-worker is given, but linear-regression runs in threads of one process; give memory",
    ],
    ["--order-by t,x,t", '--order-by is t, x, t: column "t" stands there twice, once is enough'],
    ["--max-failed 200%", '--max-failed is "200%", allowed are whole numbers of partitions'],
    ["--name a/b", '--name is "a/b", allowed are 1 to 100 letters'],
  ])("and what it refuses has the flag's name: %s", (flags, message) => {
    const job = toldBy(["s.csv", "--by", "k", "--target", "y", ...flags.split(" ")]);
    const refused = messageOf(() => requestFrom(trainOptionsFrom(job)));
    const error = inWordsOf(job, new ManyfitError("invalid_option", refused));
    expect((error as Error).message).toContain(message);
  });

  test("or the file's that said it", () => {
    const path = written('{"nulls": "keep", "delimiter": ","}');
    const job = toldBy(["s.csv", "--by", "k", "--target", "y", "--config", path, "--decimal", ","]);
    const refused = messageOf(() => requestFrom(trainOptionsFrom(job)));
    expect((inWordsOf(job, new ManyfitError("invalid_option", refused)) as Error).message).toMatch(
      `delimiter in ${path} and --decimal are both ","`,
    );
    const other = written('{"nulls": "keep", "pooled": true, "trainer": "t.ts", "features": ["x"]}');
    const both = toldBy(["s.csv", "--config", other]);
    expect(messageOf(() => trainOptionsFrom(both))).toContain(
      `trainer in ${other} and features in ${other} are both given`,
    );
  });
});
