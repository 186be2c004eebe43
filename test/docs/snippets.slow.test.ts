import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

const PAGES = [
  "README.md",
  ...readdirSync(join(PROJECT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

interface Snippet {
  readonly page: string;
  readonly line: number;
  readonly code: string;
}

function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(PROJECT, page), "utf8");
  return Array.from(text.matchAll(/^```ts\n([\s\S]*?)^```$/gm), ({ 1: code, index }) => ({
    page,
    line: text.slice(0, index).split("\n").length + 1,
    code: code!,
  }));
}

/** What the compiler says of some code that stands alone and imports manyfit by its name. */
function complaintsAbout(snippets: readonly Snippet[]): string[] {
  const fileOf = new Map(
    snippets.map((snippet, i) => [join(PROJECT, "test/docs", `snippet-${i}.mts`), snippet]),
  );
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    paths: { manyfit: [join(PROJECT, "src/index.ts")] },
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => fileOf.has(path) || fileExists(path);
  host.readFile = (path) => fileOf.get(path)?.code ?? readFile(path);
  host.getSourceFile = (path, ...rest) => {
    const snippet = fileOf.get(path);
    return snippet ? ts.createSourceFile(path, snippet.code, rest[0]) : getSourceFile(path, ...rest);
  };
  const program = ts.createProgram([...fileOf.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const snippet = file && fileOf.get(file.fileName);
    const place = snippet
      ? `${snippet.page}:${snippet.line + file.getLineAndCharacterOfPosition(start).line}`
      : dirname(file?.fileName ?? "");
    return `${place}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}

describe("the TypeScript on the pages", () => {
  const snippets = PAGES.flatMap(snippetsOf);

  test("is there", () => {
    expect(snippets.length).toBeGreaterThan(4);
  });

  test("compiles", () => {
    expect(complaintsAbout(snippets)).toEqual([]);
  });

  test("would be seen if it did not", () => {
    const wrong = {
      page: "x.md",
      line: 1,
      code: 'import { train } from "manyfit";\nawait train({ sources: "a" });\n',
    };
    expect(complaintsAbout([wrong])).toEqual([expect.stringMatching(/^x\.md:2: /)]);
  });
});
