import ts from "typescript";
import { filesIn, type Project, placeOf } from "./project.ts";

/** The one file that may re-export without a word of its own: the public list. */
export const PUBLIC_LIST = "src/index.ts";

/** Files that stand for a user's own: a trainer is the default export of its file. */
const USERS_FILES = /^test\/(.*\/)?fixtures\//;

/** Exports of `src` without a doc comment. A local `export { x }` needs the comment at `x`, a re-export at itself. */
export function checkDocComments(project: Project): string[] {
  const findings: string[] = [];
  for (const file of filesIn(project, "src")) {
    const seen = new Set<string>();
    for (const { name, node } of exportsOf(file)) {
      // Of an overloaded function, the first signature carries the comment.
      if (!seen.has(name) && !hasDocComment(node)) {
        findings.push(`${placeOf(node)}: export ${name} has no doc comment`);
      }
      seen.add(name);
    }
  }
  return findings;
}

/** Default exports and `export *` in `src` and `test`. */
export function checkNamedExports(project: Project): string[] {
  const findings: string[] = [];
  for (const file of project.files.values()) {
    for (const statement of file.statements) {
      const isUsers = USERS_FILES.test(file.fileName);
      if (isDefaultExport(statement) && !isUsers)
        findings.push(`${placeOf(statement)}: default export, name it`);
      if (!ts.isExportDeclaration(statement)) continue;
      const { exportClause } = statement;
      if (exportClause === undefined || ts.isNamespaceExport(exportClause)) {
        findings.push(`${placeOf(statement)}: export *, list the names`);
      }
    }
  }
  return findings;
}

/** The exported names of a file, each with the node that must carry its doc comment. */
function exportsOf(file: ts.SourceFile): { name: string; node: ts.Node }[] {
  const locals = new Map<string, ts.Node>();
  for (const statement of file.statements) {
    for (const name of namesOf(statement)) if (!locals.has(name)) locals.set(name, statement);
  }
  return file.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) return listedExports(statement, locals);
    return isExported(statement) ? namesOf(statement).map((name) => ({ name, node: statement })) : [];
  });
}

function listedExports(statement: ts.ExportDeclaration, locals: ReadonlyMap<string, ts.Node>) {
  const { exportClause } = statement;
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [];
  return exportClause.elements.flatMap((element) => {
    const local =
      statement.moduleSpecifier === undefined
        ? locals.get((element.propertyName ?? element.name).text)
        : undefined;
    if (local === undefined && statement.getSourceFile().fileName === PUBLIC_LIST) return [];
    return [{ name: element.name.text, node: local ?? statement }];
  });
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((declaration) => declaration.name.getText());
  }
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement);
  return isNamed ? [statement.name?.text ?? "default"] : [];
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) === true;
}

function isDefaultExport(statement: ts.Statement): boolean {
  if (ts.isExportAssignment(statement)) return true;
  if (ts.isExportDeclaration(statement)) {
    const { exportClause } = statement;
    return (
      exportClause !== undefined &&
      ts.isNamedExports(exportClause) &&
      exportClause.elements.some((element) => element.name.text === "default")
    );
  }
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword) === true;
}

function hasDocComment(node: ts.Node): boolean {
  return ts
    .getJSDocCommentsAndTags(node)
    .some((doc) => ts.isJSDoc(doc) && (ts.getTextOfJSDocComment(doc.comment) ?? "").trim() !== "");
}
