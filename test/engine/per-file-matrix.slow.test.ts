import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { files, linearRegression, type TrainerSpec, train } from "../../src/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";

type Content = string | Uint8Array;

/** y = 2 x + 1, exactly. */
function lineRows(rows: number): string {
  return Array.from({ length: rows }, (_, x) => `${x},${2 * x + 1}\n`).join("");
}

const GOOD = `x,y\n${lineRows(60)}`;
const Y_BY_X = linearRegression({ target: "y", features: ["x"] });

interface Answer {
  readonly file: string;
  readonly state: string;
  readonly why: string | null;
  readonly message: string | null;
  readonly rows: number | null;
  readonly slope: number | null;
}

interface Asked {
  /** Named besides the two good files, which stand before and behind all others. */
  readonly content: Readonly<Record<string, Content>>;
  readonly good?: Content;
  readonly trainer?: TrainerSpec;
  readonly ending?: string;
  readonly options?: Parameters<typeof files>[1];
}

/** Trains one model per file with 0, 1 and 2 workers, which must say the same of each, and fit the good ones alike. */
async function answersTo(asked: Asked): Promise<Map<string, Answer>> {
  const { content, good = GOOD, trainer = Y_BY_X, ending = "csv", options = {} } = asked;
  const folder = join(temporaryFolder(), "source");
  const all = { [`!first.${ending}`]: good, ...content, [`~last.${ending}`]: good };
  for (const [name, bytes] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const found: { digest: string; answers: Answer[] }[] = [];
  for (const workers of [0, 1, 2]) {
    const source = files(folder, options);
    const run = await train({ source, perFile: true, trainer, workers, runs: temporaryFolder() });
    const { rows } = await run.query(
      `select file, state, coalesce(reason, error_code), error_message, rows_read::double, coefficients[1]
       from ledger left join models using (partition, file) order by partition`,
    );
    const answers = rows.map(([file, state, why, message, read, slope]) => ({
      ...{ file: String(file), state: String(state), why: why as string | null },
      ...{ message: message as string | null, rows: read as number | null, slope: slope as number | null },
    }));
    found.push({ digest: run.manifest!.digest, answers });
    expect(await run.verify()).toEqual([]);
    await run.close();
  }
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
  const answers = new Map(found[0]!.answers.map((answer) => [answer.file, answer]));
  expect(answers.size).toBe(Object.keys(all).length);
  for (const name of [`!first.${ending}`, `~last.${ending}`]) {
    expect(answers.get(name)).toMatchObject({ state: "fitted", slope: 2 });
  }
  return answers;
}

/** What becomes of one file among good ones. */
async function answerTo(
  content: Content,
  asked: Partial<Asked> & { readonly name?: string } = {},
): Promise<Answer> {
  const name = asked.name ?? `middle.${asked.ending ?? "csv"}`;
  return (await answersTo({ ...asked, content: { [name]: content } })).get(name)!;
}

/** Between two rows, where DuckDB takes what is left for the whole. */
function cutBetweenRows(): Uint8Array {
  const second = gzipSync("10,21\n11,23\n");
  return Buffer.concat([gzipSync(`x,y\n${lineRows(10)}`), second.subarray(0, 12)]);
}

describe("of files that are partitions, one costs only its own, and its row says what and where", () => {
  test.each<[what: string, content: Content, why: string, message: string, name?: string]>([
    ["an empty file", "", "source_empty", "is empty; a CSV needs a line of column names"],
    [
      ...(["an empty file, packed", gzipSync("")] as const),
      ...(["source_empty", "is empty; a CSV needs a line of column names", "middle.csv.gz"] as const),
    ],
    [
      ...([
        "a gzip file that was cut in its midst",
        gzipSync(GOOD).subarray(0, 60),
        "source_unreadable",
      ] as const),
      ...(["unexpected end of file; the file is damaged or was cut short", "middle.csv.gz"] as const),
    ],
    [
      ...(["a gzip file that was cut between rows", cutBetweenRows(), "source_unreadable"] as const),
      ...(["unexpected end of file; the file is damaged or was cut short", "middle.csv.gz"] as const),
    ],
    [
      ...(["gzip bytes without the ending", gzipSync(GOOD), "source_unreadable"] as const),
      "is gzip, its ending is .csv; rename it to middle.csv.gz",
    ],
    [
      ...(["plain text with the ending", GOOD, "source_unreadable"] as const),
      "is not gzip, its ending is .csv.gz; if it is plain text, rename it to middle.csv",
      "middle.csv.gz",
    ],
    [
      ...(["a row with too many fields", "x,y\n1,3\n2,5,6\n", "source_unreadable"] as const),
      "line 3: the row has 3 fields, 2 are expected; mend the row",
    ],
    [
      ...(["a row with too few fields", "x,y\n1,3\n2\n", "source_unreadable"] as const),
      "line 3: the row has 1 fields, 2 are expected; mend the row",
    ],
    [
      ...(["text among numbers", "x,y\n1,3\n2,NA\n", "source_unreadable"] as const),
      expect.stringMatching(/^line 3: column "y" has "NA", which is not a number/) as unknown as string,
    ],
    [
      ...(["lines that end in two ways", "x,y\n1,3\r\n2,5\n3,7\r\n", "source_unreadable"] as const),
      "its lines cannot be told apart: some end in another way than others, or something follows a closing quote; mend it",
    ],
    [
      ...(["a name twice", "x,y,x\n1,3,1\n", "source_unreadable"] as const),
      'columns "x" and "x" cannot be told apart (case does not count); rename one',
    ],
    [
      ...(["names that differ in case", "x,y,X\n1,3,1\n", "source_unreadable"] as const),
      'columns "x" and "X" cannot be told apart (case does not count); rename one',
    ],
    ["a column missing", "x,z\n1,3\n", "unknown_column", 'it lacks column "y"; its columns are "x", "z"'],
    [
      ...([
        "text that is not UTF-8",
        Buffer.from("x,y\n1,3\n\xe9,5\n", "latin1"),
        "source_unreadable",
      ] as const),
      'line 3: column "x" is not UTF-8 text; convert it, for instance with iconv -f latin1 -t utf-8',
    ],
  ])("%s", async (_, content, why, message, name = "middle.csv") => {
    const answer = await answerTo(content, { name });
    expect(answer).toEqual({ file: name, state: "failed", why, message, rows: null, slope: null });
  });

  test("a file with a header and no rows is skipped", async () => {
    const answer = await answerTo("x,y\n");
    expect(answer).toMatchObject({ state: "skipped", why: "no_rows", rows: 0, message: null });
  });
});

describe("a file that is written in another way than its neighbours is read all the same", () => {
  test.each<[what: string, content: Content, rows: number, name?: string]>([
    [
      ...([
        "several gzip members",
        Buffer.concat([gzipSync("x,y\n1,3\n"), gzipSync("2,5\n3,7\n")]),
        3,
      ] as const),
      "middle.csv.gz",
    ],
    ["columns in another order, and others besides", "b,y,a,x\nq,3,,1\nq,5,,2\nq,7,,3\n", 3],
    ["a byte order mark", "\ufeffx,y\n1,3\n2,5\n3,7\n", 3],
    ["CRLF", "x,y\r\n1,3\r\n2,5\r\n3,7\r\n", 3],
    ["quoted names and numbers, as R writes them", '"","x","y"\n"1",1,3\n"2","2",5\n"3",3,"7"\n', 3],
    ["quoted newlines in a text that nobody reads", 'x,y,t\n1,3,"a\nb"\n2,5,"c\r\n,""d"""\n3,7,e\n', 3],
    ["NULL, NaN and infinities, which are dropped", "x,y\n1,3\n,5\nNaN,9\nInfinity,9\n2,5\n-inf,1\n3,7\n", 7],
    [
      "a name of two lines, whose end is not that of the others",
      'x,"s\n",y\r\n1,a,3\r\n2,a,5\r\n3,b,7\r\n',
      3,
    ],
    ["empty lines", "x,y\n\n1,3\n2,5\n\n3,7\n\n", 3],
    ["spaces around numbers", "x,y\n 1, 3\n2 ,5 \n3,7\n", 3],
    [
      "bytes that are not UTF-8 where nobody reads",
      Buffer.from("x,y,n\n1,3,\xe9\n2,5,b\n3,7,c\n", "latin1"),
      3,
    ],
  ])("%s", async (_, content, rows, name = "middle.csv") => {
    const answer = await answerTo(content, { name });
    expect(answer).toMatchObject({ state: "fitted", rows, message: null });
    expect(answer.slope).toBeCloseTo(2, 12);
  });
});

describe("names of columns and files are only names", () => {
  const ODD = [
    "__proto__",
    "constructor",
    "select",
    "state",
    "partition",
    "it's; DROP TABLE x",
    'q"u',
    "é 👍",
  ];

  test.each(ODD)("a column called %s", async (name) => {
    const header = `"${name.replaceAll('"', '""')}",y`;
    const trainer = linearRegression({ target: "y", features: [name] });
    const good = `${header}\n${lineRows(60)}`;
    const answers = await answersTo({
      good,
      trainer,
      content: { "middle.csv": `${header}\n1,3\n2,5\n3,7\n`, "none.csv": "y\n1\n2\n" },
    });
    expect(answers.get("middle.csv")).toMatchObject({ state: "fitted", rows: 3 });
    expect(answers.get("none.csv")).toMatchObject({
      why: "unknown_column",
      message: `it lacks column ${JSON.stringify(name)}; its columns are "y"`,
    });
  });

  test("files with any name", async () => {
    const names = [
      ...["it's; DROP TABLE x.csv", 'say "x".csv', "two\nlines.csv", "👩‍👩‍👧.csv", "\u202eright to left.csv"],
      ...[
        "<script>alert(1)</script>.csv",
        "s[12]*?.csv",
        "a=b/c.csv",
        "deep/er/x__proto__.csv",
        "$(x) `y` \\z.csv",
      ],
      ...[`${"long ".repeat(40)}.csv`, "constructor.csv", "%41.csv", " .csv", "#1.csv"],
    ];
    const text = 'x,y,t\n1,3,"it, is"\n2,5,b\n3,7,"c""d"\n';
    const content = Object.fromEntries(names.flatMap((name) => [[name, text] as const]));
    const answers = await answersTo({ content });
    for (const name of names) expect(answers.get(name)).toMatchObject({ state: "fitted", rows: 3 });
    const failing = await answersTo({
      content: Object.fromEntries(names.map((name) => [name, "x,y\n1,a\n"])),
    });
    for (const name of names) {
      expect(failing.get(name)!.message).toMatch(/^line 2: column "y" has "a", which is not a number/);
    }
  });
});

describe("a dialect is that of all files", () => {
  test.each<[what: string, good: string, content: string, options: Asked["options"]]>([
    ["tabs", GOOD.replaceAll(",", "\t"), "x\ty\n1\t3\n2\t5\n3\t7\n", {}],
    [
      ...(["a decimal comma", GOOD.replaceAll(",", ";").replace("0;1\n", "0,0;1,0\n")] as const),
      ...(["x;y\n1,0;3\n2;5,00\n3,0;7\n", { decimal: "," }] as const),
    ],
    ["null texts", GOOD, "x,y\n1,3\nNA,5\n2,-\n2,5\n3,7\n", { nullText: ["NA", "-"] }],
    ["comments", `# made\n${GOOD}`, "# made\nx,y\n1,3\n# a, b, c\n2,5\n3,7\n", { comment: "#" }],
    ["another delimiter", GOOD.replaceAll(",", ":"), "x:y\n1:3\n2:5\n3:7\n", { delimiter: ":" }],
  ])("%s", async (_, good, content, options) => {
    const answer = await answerTo(content, { good, ...(options === undefined ? {} : { options }) });
    expect(answer).toMatchObject({ state: "fitted", message: null });
    expect(answer.slope).toBeCloseTo(2, 12);
  });
});

describe("files of JSON lines", () => {
  const lines = (rows: number) =>
    Array.from({ length: rows }, (_, x) => `${JSON.stringify({ x, t: `text ${x}`, y: 2 * x + 1 })}\n`).join(
      "",
    );
  const good = lines(60);

  test.each<[what: string, content: Content, expected: Partial<Answer>]>([
    ["are read", lines(5), { state: "fitted", rows: 5, slope: 2 }],
    ["may be packed", gzipSync(lines(5)), { file: "middle.ndjson.gz", state: "fitted", rows: 5, slope: 2 }],
    ["may lack fields", `${lines(5)}{"x":1}\n{"y":null}\n{}\n`, { state: "fitted", rows: 8, slope: 2 }],
    [
      "fail where a line is no object",
      '{"x":1,"y":3}\n[1,2]\n',
      {
        state: "failed",
        message: expect.stringMatching(/^line 2: is not one JSON object/) as unknown as string,
      },
    ],
    [
      "fail where a number is none",
      '{"x":1,"y":3}\n{"x":"b","y":5}\n',
      { state: "failed", message: expect.stringMatching(/^line 2: column "x" has "b"/) as unknown as string },
    ],
    [
      "fail where a line is cut short",
      '{"x":1,"y":3}\n{"x":2,"y',
      {
        state: "failed",
        message: expect.stringMatching(/^line 2: is not one JSON object/) as unknown as string,
      },
    ],
  ])("%s", async (_, content, expected) => {
    const name = expected.file ?? "middle.ndjson";
    const answer = await answerTo(content, { good, ending: "ndjson", name });
    expect(answer).toMatchObject(expected);
  });
});
