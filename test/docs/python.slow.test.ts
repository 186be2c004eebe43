import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect } from "vitest";
import { train } from "../../src/train.ts";
import { normalised } from "../cli/run-cli.ts";
import { loadByJoblib } from "../python/plain-python.ts";
import { test } from "../python/python-test.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const DOCS = join(PROJECT, "docs");

/** A trainer on a page: a block of Python whose first line is the name of its file. */
interface Block {
  readonly page: string;
  readonly name: string;
  readonly code: string;
}

const BLOCKS: readonly Block[] = readdirSync(DOCS)
  .filter((name) => name.endsWith(".md"))
  .flatMap((page) =>
    Array.from(
      readFileSync(join(DOCS, page), "utf8").matchAll(/^```python\n([\s\S]*?)^```$/gm),
      ([, code]) => ({
        page,
        name: /^# (\S+\.py)\n/.exec(code!)?.[1] ?? "",
        code: code!,
      }),
    ),
  );

/** Two stores, whose units follow from price and promo; every store has each price, promo and city. */
function salesFile(): string {
  const path = join(temporaryFolder(), "sales.csv");
  const lines = Array.from({ length: 80 }, (_, i) => {
    const [price, promo] = [1 + (i % 7) / 4, i % 5 === 0 ? 1 : 0];
    return [
      i % 2 === 0 ? "north" : "south",
      price,
      promo,
      ["Bern", "Basel", "Zug"][i % 3],
      90 - 20 * price + 7 * promo,
    ];
  });
  writeFileSync(path, `store,price,promo,city,units\n${lines.map((line) => line.join(",")).join("\n")}\n`);
  return path;
}

async function statesOf(python: string, { name, code }: Block): Promise<readonly (readonly unknown[])[]> {
  const module = join(temporaryFolder(), name);
  writeFileSync(module, code);
  const holdout = /^def score\(/m.test(code) ? { holdout: 0.2 } : {};
  const run = await train({
    ...{ source: salesFile(), by: "store", trainer: { module, params: {} }, runs: temporaryFolder(), python },
    ...holdout,
  });
  const { rows } = await run.query("select store, state, error_message from ledger order by store");
  await run.close();
  return rows;
}

const FITTED = [
  ["north", "fitted", null],
  ["south", "fitted", null],
];

describe("the trainers in Python on the pages", () => {
  test("are there, each with the name of its file", () => {
    expect(BLOCKS.length).toBeGreaterThan(3);
    expect(BLOCKS.filter(({ name }) => name === "")).toEqual([]);
  });

  test.for(BLOCKS)("$page: $name fits a table of sales", async (block, { python }) => {
    expect(await statesOf(python, block)).toEqual(FITTED);
  });

  test("would be seen if they did not", async ({ python }) => {
    const wrong = { page: "x.md", name: "wrong.py", code: "def fit(df):\n    return df['profit'].mean()\n" };
    expect(await statesOf(python, wrong)).toEqual([
      ["north", "failed", "KeyError: 'profit'"],
      ["south", "failed", "KeyError: 'profit'"],
    ]);
  });
});

describe("the README", () => {
  const page = normalised(readFileSync(join(PROJECT, "README.md"), "utf8"));
  const example = join(PROJECT, "examples/two-lines");

  test("has the trainer of the example", () => {
    const code = readFileSync(join(example, "train.py"), "utf8").replace(/^""".*"""\n\n/, "");
    expect(page).toContain(`\`\`\`python\n# train.py\n${code}\`\`\``);
  });

  test("has what the example's commands print", () => {
    const told = normalised(readFileSync(join(example, "scikit-learn.md"), "utf8"));
    const printed = Array.from(told.matchAll(/^```\n(\$ npx [\s\S]*?)\n```$/gm), ([, block]) => block!);
    expect(printed.length).toBeGreaterThan(1);
    for (const block of printed.slice(0, 2)) expect(page).toContain(block);
  });
});

describe("the table of types in the guide", () => {
  const FRAMES = ["pandas", "numpy", "arrow", "polars"] as const;
  const page = readFileSync(join(DOCS, "guide-python.md"), "utf8");
  const table = /^\| in the source \|.*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(page)![1]!;
  const lines = table
    .trim()
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const VALUES = [
    "1.5::double",
    "7::bigint",
    "true",
    "date '2026-01-02'",
    "timestamp '2026-01-02 03:04:05.000006'",
    "'Zug'",
  ];

  /** A key without NULL and one with a NULL in each column, of all types in the order of the table. */
  async function typesFile(): Promise<string> {
    const path = join(temporaryFolder(), "types.parquet");
    const rowOf = (key: string, values: readonly string[]): string =>
      `select '${key}' as key, ${values.map((value, i) => `${value} as c${i}`).join(", ")}`;
    const nulls = VALUES.map(() => "null");
    const rows = [
      rowOf("plain", VALUES),
      rowOf("plain", VALUES),
      rowOf("with null", VALUES),
      rowOf("with null", nulls),
    ];
    const instance = await DuckDBInstance.create(":memory:");
    const duckdb = await instance.connect();
    await duckdb.run(`copy (${rows.join(" union all ")}) to '${path}'`);
    duckdb.closeSync();
    instance.closeSync();
    return path;
  }

  const TYPE_OF: Readonly<Record<(typeof FRAMES)[number], string>> = {
    pandas: "[str(df[name].dtype) for name in df.columns]",
    numpy: "[str(values.dtype) for values in df.values()]",
    arrow: "[str(kind) for kind in df.schema.types]",
    polars: "[str(kind) for kind in df.dtypes]",
  };

  test.for(FRAMES)("is what a frame of %s has", async (frame, { python }) => {
    const module = join(temporaryFolder(), "types_of.py");
    writeFileSync(module, `frame = "${frame}"\ndef fit(df):\n    return ${TYPE_OF[frame]}\n`);
    const run = await train({
      ...{
        source: await typesFile(),
        by: "key",
        trainer: { module, params: {} },
        runs: temporaryFolder(),
        python,
      },
    });
    const { rows } = await run.query("select hex(model_blob) from models order by key");
    await run.close();
    const models = rows.map(([hex]) => Buffer.from(hex as string, "hex"));
    const types = loadByJoblib(python, models, "import json; print(json.dumps(model))")
      .split("\n")
      .map((line) => JSON.parse(line) as string[]);
    const column = 1 + FRAMES.indexOf(frame);
    expect(lines).toHaveLength(2 * VALUES.length);
    expect(VALUES.flatMap((_, i) => [types[0]![i], types[1]![i]])).toEqual(lines.map((line) => line[column]));
  });
});
