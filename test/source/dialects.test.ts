import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../src/duckdb/duckdb.ts";
import { UNTOLD_DIALECT } from "../../src/job/dialect.ts";
import type { SourceSpec } from "../../src/job/job.ts";
import { plainSource } from "../plain-job.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type Asked, type ReadRow, readSource, refusalOf } from "./read-source.ts";
import { openTestDuckdb } from "./write-source.ts";

let connection: Connection;
let folder: string;

beforeAll(async () => {
  connection = await (await openTestDuckdb()).connect();
  folder = temporaryFolder();
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

type Told = Partial<SourceSpec["dialect"]>;

function specOf(paths: readonly string[], told: Told = {}): SourceSpec {
  return plainSource(paths, { dialect: { ...UNTOLD_DIALECT, ...told } });
}

/** The rows of `y ~ x` by `key`, which must be the same whichever way they are read. */
async function rowsOf(source: SourceSpec, asked?: Asked): Promise<readonly ReadRow[]> {
  const { rows, scattered } = await readSource(connection, source, asked);
  expect(scattered).toEqual(rows);
  return rows;
}

const refusal = (source: SourceSpec, asked?: Asked): Promise<string> =>
  refusalOf(readSource(connection, source, asked), folder);

const ROWS = [
  ["a", 1.5, 2],
  ["b", 2.25, 3],
];

describe("quotes", () => {
  test("are escaped by themselves or a backslash, never by what else stands before some of them", async () => {
    const text = 'key,x,y\n"d\'5",1,2\n"d\'6","3",4\n"7","5",6\n';
    expect(await rowsOf(specOf([file("apostrophes.csv", text)]))).toEqual([
      ["7", 5, 6],
      ["d'5", 1, 2],
      ["d'6", 3, 4],
    ]);
    const numbers = file("numbers.csv", 'key,x,y\na,"1\'5",2\nb,"2",3\n');
    expect(await refusal(specOf([numbers]))).toMatch(
      /numbers\.csv, line 2: column "x" has "1'5", which is not a number/,
    );
  });

  test("that are single may hold double ones", async () => {
    const text = "key,x,y\n'a\"b',1,2\n'c\"\"d',3,4\n";
    expect(await rowsOf(specOf([file("single.csv", text)]))).toEqual([
      ['a"b', 1, 2],
      ['c""d', 3, 4],
    ]);
  });
});

describe("a text format by its ending", () => {
  const comma = "key,x,y\na,1.5,2\nb,2.25,3\n";
  const tab = comma.replaceAll(",", "\t");
  const json = '{"key":"a","x":1.5,"y":2}\n{"y":3,"x":2.25,"key":"b"}\n';
  test.each<[string, string]>([
    ["f.csv", comma],
    ["f.tsv", tab],
    ["F.TSV", tab],
    ["f.ndjson", json],
    ["f.jsonl", json],
  ])("%s, plain and packed in several members", async (name, text) => {
    expect(await rowsOf(specOf([file(name, text)]))).toEqual(ROWS);
    const half = text.indexOf("\n") + 3;
    const members = [text.slice(0, half), text.slice(half)].map((part) => gzipSync(part));
    expect(await rowsOf(specOf([file(`${name}.gz`, Buffer.concat(members))]))).toEqual(ROWS);
  });

  test("a .tsv has tabs even where a comma would do", async () => {
    const source = specOf([file("commas.tsv", "key\tx\ty,z\na,b\t1\t2\nc,d\t2\t3\n")]);
    const rows = await rowsOf(source, { target: "y,z" });
    expect(rows).toEqual([
      ["a,b", 1, 2],
      ["c,d", 2, 3],
    ]);
  });

  test(".tsv and .csv are read together only where the delimiter is told", async () => {
    const paths = [file("mix1.csv", "key;x;y\na;1.5;2\n"), file("mix2.tsv", "key;x;y\nb;2.25;3\n")];
    expect(await refusal(specOf(paths))).toBe(
      "source_unreadable: mix2.tsv is tsv and mix1.csv is csv: their fields are told apart by different characters; give them to two runs, or tell the one of all with --delimiter",
    );
    expect(await rowsOf(specOf(paths, { delimiter: ";" }))).toEqual(ROWS);
  });

  test("a folder's files of two formats are no source", async () => {
    file("two/a.csv", comma);
    file("two/b.ndjson", json);
    expect(await refusal(specOf([join(folder, "two")]))).toBe(
      "source_unreadable: two/b.ndjson is ndjson and two/a.csv is csv: one source is of one format",
    );
  });
});

describe("a delimiter", () => {
  test.each([",", ";", "\t", "|"])("%j is found", async (delimiter) => {
    const text = "key,x,y\na,1.5,2\nb,2.25,3\n".replaceAll(",", delimiter);
    expect(await rowsOf(specOf([file("found.csv", text)]))).toEqual(ROWS);
  });

  test("that is told is taken, whatever else the lines hold", async () => {
    const source = specOf([file("told.csv", "key~x~y\na,b~1.5~2\nc,d~2.25~3\n")], { delimiter: "~" });
    expect(await rowsOf(source)).toEqual([
      ["a,b", 1.5, 2],
      ["c,d", 2.25, 3],
    ]);
  });
});

describe("a decimal comma", () => {
  test("is found where fields of numbers cannot be read otherwise", async () => {
    expect(await rowsOf(specOf([file("de.csv", "key;x;y\na;1,5;2\nb;2,25;3\n")]))).toEqual(ROWS);
    expect(await rowsOf(specOf([file("de.tsv", "key\tx\ty\na\t-0,123\t2\nb\t+2,25e1\t3\n")]))).toEqual([
      ["a", -0.123, 2],
      ["b", 22.5, 3],
    ]);
  });

  test("is not guessed where it could stand between thousands, which is said", async () => {
    const path = file("thousands.csv", "key;x;y\na;1,234;2\nb;12,345;3\n");
    const message =
      'unsupported_type: feature "x" is text, linear-regression needs numbers; it has "1,234" beside numbers: if the comma stands before its fraction, tell --decimal ,';
    expect(await refusal(specOf([path]))).toBe(message);
    expect(await refusal(specOf([path]), { features: null })).toContain('has "1,234" beside numbers');
    expect(await rowsOf(specOf([path], { decimal: "," }))).toEqual([
      ["a", 1.234, 2],
      ["b", 12.345, 3],
    ]);
  });

  test("is not found where another column has points: then it is text", async () => {
    const path = file("both.csv", "key;x;y\na;1,5;2.5\nb;2,25;3.5\n");
    expect(await refusal(specOf([path]))).toMatch(
      /^unsupported_type: feature "x" is text.*"1,5" beside numbers/,
    );
  });

  test("is found in the sample and holds further down; a point there is refused", async () => {
    const lines = "a;1,5;2\n".repeat(30_000);
    expect(await refusal(specOf([file("later.csv", `key;x;y\n${lines}b;2.25;3\n`)]))).toBe(
      'source_unreadable: later.csv, line 30002: column "x" has "2.25", which is not a number; if the point stands before its fraction, tell --decimal .',
    );
    expect(
      await refusal(specOf([file("late.csv", `key;x;y\n${lines.replaceAll(",5", "")}b;2,25;3\n`)])),
    ).toBe(
      'source_unreadable: late.csv, line 30002: column "x" has "2,25", which is not a number; if the comma stands before its fraction, tell --decimal ,',
    );
  });

  test("holds for numbers in quotes in a file of commas, when it is told", async () => {
    const path = file("quoted.csv", 'key,x,y\na,"1,5",2\nb,"2,25",3\n');
    expect(await refusal(specOf([path]))).toMatch(/has "1,5" beside numbers.*--decimal ,/);
    expect(await rowsOf(specOf([path], { decimal: "," }))).toEqual(ROWS);
  });

  test("holds for keys that are told to be decimals", async () => {
    const source = {
      ...specOf([file("key.csv", "key;x;y\n1,50;1;2\n1,5;2;3\n")]),
      types: { key: "decimal(5,2)" },
    };
    const rows = await rowsOf({ ...source, types: { key: "decimal(5,2)" } }).catch(String);
    expect(rows).toHaveLength(2);
    expect(new Set((rows as readonly ReadRow[]).map(([key]) => String(key)))).toEqual(new Set(["150"]));
  });
});

describe("comments", () => {
  const rows = "key,x,y\na,1.5,2\nb,2.25,3\n";

  test.each<[string, string]>([
    ["before the header", `# made by a program\n# at noon, "quoted\n${rows}`],
    ["between rows", `# one\n${rows.replace("b,", "# two, three\nb,")}# end`],
    ["and empty lines before the header", `# one\n#\n\n${rows}`],
    ["behind a byte order mark", `\ufeff# one\n${rows}`],
    ["with the line ends of Windows", `# one\r\n${rows.replace("b,", "# x\nb,").replaceAll("\n", "\r\n")}`],
  ])("%s are found", async (_, text) => {
    expect(await rowsOf(specOf([file("c.csv", text)]))).toEqual(ROWS);
    expect(await rowsOf(specOf([file("c.csv.gz", gzipSync(text))]))).toEqual(ROWS);
    expect(await rowsOf(specOf([file("t.csv", text.replaceAll("#", "%"))], { comment: "%" }))).toEqual(ROWS);
  });

  test("of a file that begins with none are refused, and read when they are told", async () => {
    const path = file("between.csv", `${rows.repeat(1)}${"c,1,1\n".repeat(30_000)}# two\n`);
    expect(await refusal(specOf([path]))).toBe(
      "source_unreadable: between.csv, line 30004: the row has 1 fields, 3 are expected; if it is a comment, tell --comment '#'",
    );
    expect(await rowsOf(specOf([path], { comment: "#" }))).toHaveLength(30_002);
  });

  test("do not hide fields that begin with their character", async () => {
    const colours = "key,x,y\n#ff0000,1,2\nred,2,3\n";
    expect(await rowsOf(specOf([file("colours.csv", colours)]))).toEqual([
      ["#ff0000", 1, 2],
      ["red", 2, 3],
    ]);
    expect(await refusal(specOf([file("coloured.csv", `# colours\n${colours}`)]))).toBe(
      `source_unreadable: coloured.csv, line 3: begins with "#" and has as many fields as a row; if it is a comment, say so with --comment '#', else put its first field in quotes`,
    );
  });

  test("never cut a field short", async () => {
    const text = "x,y,key\n1,2,C#\n# two\n2,3,F#\n";
    expect(await refusal(specOf([file("sharp.csv", `# one\n${text}`)]))).toBe(
      'source_unreadable: sharp.csv, line 3: has "#" within it, and other lines that begin with "#" are comments; put the field in quotes, or remove the comments',
    );
    const quoted = text.replaceAll(/([CF]#)/g, '"$1"');
    expect((await rowsOf(specOf([file("quoted#.csv", `# one\n${quoted}`)]))).map(([key]) => key)).toEqual([
      "C#",
      "F#",
    ]);
    const above = `# one\n${text.replace("# two\n", "")}`;
    expect((await rowsOf(specOf([file("above.csv", above)]))).map(([key]) => key)).toEqual(["C#", "F#"]);
  });

  test("are no header: one that begins with # is", async () => {
    const source = specOf([file("genes.tsv", "#key\tx\ty\na\t1.5\t2\nb\t2.25\t3\n")]);
    expect(await rowsOf(source, { by: ["#key"] })).toEqual(ROWS);
  });

  test("may be in some files and not in others", async () => {
    const paths = [file("s/1.csv", "# one\nkey,x,y\na,1.5,2\n"), file("s/2.csv", "\n\nkey,x,y\nb,2.25,3\n")];
    expect(await rowsOf(specOf(paths))).toEqual(ROWS);
  });

  test("among rows behind an empty line before the header are refused", async () => {
    const path = file("blank.csv", "# one\n\nkey,x,y\na,1,2\n# two\nb,2,3\n");
    expect(await refusal(specOf([path]))).toBe(
      "source_unreadable: blank.csv: has comments among its rows, and an empty line before its header; remove it",
    );
  });
});

describe("texts that stand for NULL", () => {
  const path = (): string => file("na.csv", 'key,x,y\na,NA,1\na,2,-\nNA,3,"NA"\n"",1.5,2\n');

  test("are told, and hold in every column, in quotes or not, beside the empty field", async () => {
    const rows = await rowsOf(specOf([path()], { nullTexts: ["NA", "-"] }));
    const nan = Number.NaN;
    expect(rows).toEqual([
      [null, 3, nan],
      [null, 1.5, 2],
      ["a", nan, 1],
      ["a", 2, nan],
    ]);
  });

  test("are refused with advice where nobody told them", async () => {
    expect(await refusal(specOf([path()]))).toBe(
      `unsupported_type: target "y" is text, linear-regression needs numbers; it has "-" beside numbers: if it stands for no value, tell --null-text '-'`,
    );
    const later = file("later-na.csv", `key,x,y\n${"a,1,2\n".repeat(30_000)}a,NA,3\n`);
    expect(await refusal(specOf([later]))).toBe(
      `source_unreadable: later-na.csv, line 30002: column "x" has "NA", which is not a number; if it stands for no value, tell --null-text 'NA'`,
    );
  });

  test("do not make a column vanish from the features that nobody named", async () => {
    const some = file("default.csv", "key,x,z,y\na,NA,1,1\na,2,2,3\n");
    expect(await refusal(specOf([some]), { features: null })).toMatch(
      /^unsupported_type: feature "x" is text.*has "NA" beside numbers: .*--null-text 'NA'/,
    );
    const { job } = await readSource(connection, specOf([some], { nullTexts: ["NA"] }), { features: null });
    expect(job.trainerColumns?.features).toEqual(["x", "z"]);
  });
});

describe("dates", () => {
  test.each([
    ["13/02/2024", "14/02/2024"],
    ["02/13/2024", "2024-02-14"],
    ["13.02.2024", "28.02.2024"],
    ["2024-02-13", "no date"],
    ["2024-02-13 10:00:00", "13/02/2024 10:00"],
  ])("in a column that nobody uses never end a run: %s, %s", async (some, other) => {
    const text = `key,day,x,y\na,${some},1.5,2\n${`a,${some},1.5,2\n`.repeat(25_000)}b,${other},2.25,3\n`;
    const all = await rowsOf(specOf([file("days.csv", text)]));
    expect(all.length).toBe(25_002);
    // Not all of them: what differs would take minutes to be shown.
    const filtered = await rowsOf({ ...specOf([join(folder, "days.csv")]), where: "x > 2" });
    expect(filtered.slice(0, 3)).toEqual([["b", 2.25, 3]]);
  });

  test("are those that begin with the year; what is written otherwise is text", async () => {
    const text = "key,iso,other,x,y\na,2024-02-13,13/02/2024,1,2\nb,2024-02-14,14/02/2024,2,3\n";
    const { job } = await readSource(connection, specOf([file("iso.csv", text)]));
    expect(job.columns.map(({ sqlType }) => sqlType)).toEqual([
      "VARCHAR",
      "DATE",
      "VARCHAR",
      "BIGINT",
      "BIGINT",
    ]);
  });
});

describe("what stands before the rows", () => {
  test.each<[string, string]>([
    ["a byte order mark", "\ufeffkey,x,y\na,1.5,2\nb,2.25,3\n"],
    ["empty lines", "\n\n\nkey,x,y\na,1.5,2\nb,2.25,3\n"],
    ["line ends of Windows", "key,x,y\r\na,1.5,2\r\nb,2.25,3\r\n"],
    ["no end of the last line", "key,x,y\na,1.5,2\nb,2.25,3"],
    ["names in quotes", '"key","x","y"\n"a","1.5","2"\n"b","2.25","3"\n'],
  ])("%s is passed over", async (_, text) => {
    expect(await rowsOf(specOf([file("before.csv", text)]))).toEqual(ROWS);
  });

  test("empty lines do not make a row of the header where all columns are text", async () => {
    const source = specOf([file("texts.csv", "\n\nkey,x,y\na,1.5,2\nb,2.25,3\n")]);
    expect((await readSource(connection, source)).relation.rowCount).toBe(2);
  });

  test("quoted newlines in names, keys and columns that nobody uses", async () => {
    const text = '"the\nkey",note,x,y\n"a\r\nb","one\ntwo",1.5,2\nb,"# no ""comment""\n",2.25,3\n';
    const rows = await rowsOf(specOf([file("newlines.csv", text)]), { by: ["the\nkey"] });
    expect(rows).toEqual([
      ["a\r\nb", 1.5, 2],
      ["b", 2.25, 3],
    ]);
  });

  test("bytes that are not UTF-8 matter only in names and in columns that are used", async () => {
    const latin = (text: string): Buffer => Buffer.from(text, "latin1");
    const unused = latin("key,note,x,y\na,caf\xe9,1.5,2\nb,tea,2.25,3\n");
    expect(await rowsOf(specOf([file("unused.csv", unused)]))).toEqual(ROWS);
    expect(await refusal(specOf([file("used.csv", unused)]), { by: ["note"] })).toMatch(
      /^source_unreadable: used\.csv, line \d+: it is not UTF-8 text; convert it, for instance with iconv -f latin1 -t utf-8$/,
    );
    expect(await refusal(specOf([file("name.csv", latin("key,x,y,caf\xe9\na,1,2,3\n"))]))).toBe(
      "source_unreadable: name.csv: its column names are not UTF-8 text; convert it, for instance with iconv -f latin1 -t utf-8",
    );
  });
});
