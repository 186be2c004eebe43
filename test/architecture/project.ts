import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import ts from "typescript";

/** The parsed sources that the rules look at. */
export interface Project {
  /** By path from the project's folder, with `/` between the names, sorted by path. */
  readonly files: ReadonlyMap<string, ts.SourceFile>;
  /** The sources behind the `imports` of package.json, such as `#worker-thread` → `src/worker/thread.ts`. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** A project of texts by path, for showing that a rule can fail. */
export function projectFromTexts(
  texts: Readonly<Record<string, string>>,
  aliases: Readonly<Record<string, string>> = {},
): Project {
  const files = new Map<string, ts.SourceFile>();
  for (const path of Object.keys(texts).sort()) {
    files.set(path, ts.createSourceFile(path, texts[path]!, ts.ScriptTarget.ES2023, true));
  }
  return { files, aliases: new Map(Object.entries(aliases)) };
}

/** The files below `src` and the TypeScript files below `test` of the project in `folder`. */
export function readProject(folder: string): Project {
  const texts: Record<string, string> = {};
  for (const path of [...filesBelow(folder, "src"), ...filesBelow(folder, "test")]) {
    if (path.startsWith("src/") || extname(path) === ".ts")
      texts[path] = readFileSync(join(folder, path), "utf8");
  }
  return projectFromTexts(texts, readAliases(folder));
}

/** The files of the project below `folder`, such as `src`, which may itself be a path. */
export function filesIn(project: Project, folder: string): readonly ts.SourceFile[] {
  return [...project.files.values()].filter((file) => file.fileName.startsWith(`${folder}/`));
}

/** `path:line` of a node, lines counted from 1. */
export function placeOf(node: ts.Node): string {
  const file = node.getSourceFile();
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}`;
}

/** Calls `visit` with a node and everything below it, in the order of the text. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function filesBelow(folder: string, top: string): string[] {
  const entries = readdirSync(join(folder, top), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

function readAliases(folder: string): Record<string, string> {
  const { imports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    imports: Record<string, string>;
  };
  return Object.fromEntries(
    Object.entries(imports).map(([alias, built]) => [
      alias,
      built.replace(/^\.\/dist\/(.*)\.js$/, "src/$1.ts").replace(/^\.\//, ""),
    ]),
  );
}
