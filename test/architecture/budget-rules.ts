import ts from "typescript";
import { filesIn, type Project, placeOf, walk } from "./project.ts";

/** Lines that a file may have, in `src` and in `test`. */
export const MAX_FILE_LINES = 400;

/** Lines that a function may have, from its name to its closing brace. */
export const MAX_FUNCTION_LINES = 60;

/** Parameters that a function may have before they become an options object. */
export const MAX_PARAMETERS = 4;

/** Words that say nothing about what a file or folder holds, alone or as a part of its name. */
export const EMPTY_NAMES: readonly string[] = [
  "util",
  "utils",
  "utilities",
  "helper",
  "helpers",
  "common",
  "manager",
  "managers",
];

/** Files of `src` and `test` that are too long. */
export function checkFileLengths(project: Project): string[] {
  const findings: string[] = [];
  for (const file of project.files.values()) {
    const lines = file.text.split("\n").length - (file.text.endsWith("\n") ? 1 : 0);
    if (lines > MAX_FILE_LINES) findings.push(`${file.fileName}: ${lines} lines, at most ${MAX_FILE_LINES}`);
  }
  return findings;
}

/** Functions of `src` that are too long or take too many parameters; function types count for the latter. */
export function checkFunctions(project: Project): string[] {
  const findings: string[] = [];
  const visit = (node: ts.Node) => {
    if (!ts.isFunctionLike(node)) return;
    const name = `${placeOf(node)}: ${nameOf(node)}`;
    const parameters = node.parameters.length;
    if (parameters > MAX_PARAMETERS) {
      findings.push(
        `${name} has ${parameters} parameters, at most ${MAX_PARAMETERS}, then an options object`,
      );
    }
    const lines = "body" in node && node.body !== undefined ? linesOf(node) : 0;
    if (lines > MAX_FUNCTION_LINES)
      findings.push(`${name} has ${lines} lines, at most ${MAX_FUNCTION_LINES}`);
  };
  for (const file of filesIn(project, "src")) walk(file, visit);
  return findings;
}

/** Files and folders of `src` and `test` with an empty name, and files of `src` that no rule can read. */
export function checkNames(project: Project): string[] {
  const findings: string[] = [];
  for (const path of project.files.keys()) {
    const word = path.split(/[/.-]/).find((part) => EMPTY_NAMES.includes(part.toLowerCase()));
    if (word !== undefined) findings.push(`${path}: "${word}" does not say what is in it`);
    if (!path.endsWith(".ts")) findings.push(`${path}: only .ts files belong into src`);
  }
  return findings;
}

function linesOf(node: ts.Node): number {
  const file = node.getSourceFile();
  const [first, last] = [node.getStart(file), node.end].map(
    (at) => file.getLineAndCharacterOfPosition(at).line,
  );
  return last! - first! + 1;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name !== undefined) return node.name.getText();
  if (ts.isConstructorDeclaration(node)) return "constructor";
  const isNamedByParent =
    ts.isVariableDeclaration(node.parent) ||
    ts.isPropertyAssignment(node.parent) ||
    ts.isTypeAliasDeclaration(node.parent);
  return isNamedByParent ? node.parent.name.getText() : "a function without a name";
}
