import { posix } from "node:path";
import ts from "typescript";
import { type Project, walk } from "./project.ts";

/** One place at which a file names another module. */
export interface Import {
  /** Path of the file that imports. */
  readonly from: string;
  /** From 1. */
  readonly line: number;
  /** As it is written. */
  readonly specifier: string;
  /**
   * `type`: gone after compilation. `entry`: the file is not loaded here but started elsewhere, by its address.
   * An `import { type X }` is a value import: the compiler keeps it, without names.
   */
  readonly kind: "value" | "type" | "entry";
  /** A path of the project, or a package: `commander`, `@duckdb/node-api`, `node:fs`. */
  readonly target: string;
  readonly isPackage: boolean;
}

/** Everything that the project's file `path` imports, in the order of the text. */
export function importsOf(project: Project, path: string): readonly Import[] {
  const file = project.files.get(path)!;
  const found: Import[] = [];
  const add = (node: ts.Expression, kind: Import["kind"]) => {
    if (!ts.isStringLiteralLike(node)) return;
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
    const written = kind === "entry" ? node.text.replace(/\.js$/, ".ts") : node.text;
    found.push({
      from: path,
      line: line + 1,
      specifier: node.text,
      kind,
      ...targetOf(project, path, written),
    });
  };
  walk(file, (node) => {
    if (ts.isImportDeclaration(node)) {
      add(
        node.moduleSpecifier,
        node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? "type" : "value",
      );
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      add(node.moduleSpecifier, node.isTypeOnly ? "type" : "value");
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      if (ts.isStringLiteralLike(node.argument.literal)) add(node.argument.literal, "type");
    } else if (isLoad(node)) {
      add(node.arguments[0]!, "value");
    } else if (ts.isStringLiteralLike(node) && isEntry(project, node)) {
      add(node, "entry");
    }
  });
  return found;
}

/** `import("…")` and `require("…")`. */
function isLoad(node: ts.Node): node is ts.CallExpression {
  if (!ts.isCallExpression(node) || node.arguments.length === 0) return false;
  const callee = node.expression;
  return (
    callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === "require")
  );
}

/** An alias of package.json as a plain string, or a source in `new URL("…", import.meta.url)`. */
function isEntry(project: Project, node: ts.StringLiteralLike): boolean {
  const { parent } = node;
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || isLoad(parent)) return false;
  if (project.aliases.has(node.text)) return true;
  if (!ts.isNewExpression(parent) || parent.expression.getText() !== "URL") return false;
  return parent.arguments?.[1]?.getText() === "import.meta.url" && /^\..*\.[mc]?[jt]s$/.test(node.text);
}

function targetOf(project: Project, from: string, specifier: string): Pick<Import, "target" | "isPackage"> {
  const alias = project.aliases.get(specifier);
  if (alias !== undefined) return { target: alias, isPackage: false };
  if (specifier.startsWith(".")) {
    return { target: posix.join(posix.dirname(from), specifier), isPackage: false };
  }
  const names = specifier.split("/");
  const isWhole = specifier.startsWith("node:");
  const target = isWhole ? specifier : names.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
  return { target, isPackage: true };
}
