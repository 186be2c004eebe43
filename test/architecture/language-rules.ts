import ts from "typescript";
import { filesIn, type Project, placeOf, walk } from "./project.ts";

/** Files of `src` that decode bytes from the wire and may say `any`. */
export const WIRE_DECODING_FILES: readonly string[] = [];

/** Names through which an estimator would see a clock, chance or the machine. */
const OUTSIDE_NAMES = ["Date", "performance", "process", "crypto", "globalThis", "setTimeout", "setInterval"];

/** Members of Math that differ between Node versions or from call to call. */
const UNSTABLE_MATH = ["pow", "random"];

/** Where a test is marked, and with what so that it does not run or cannot fail. */
const TEST_FUNCTIONS = ["test", "it", "describe", "suite"];
const MUTED = ["skip", "skipIf", "runIf", "only", "todo", "fails"];

/** Every `any` in `src` outside of {@link WIRE_DECODING_FILES}. */
export function checkNoAny(project: Project): string[] {
  const findings: string[] = [];
  for (const file of filesIn(project, "src")) {
    if (WIRE_DECODING_FILES.includes(file.fileName)) continue;
    walk(file, (node) => {
      if (node.kind === ts.SyntaxKind.AnyKeyword)
        findings.push(`${placeOf(node)}: any, use unknown and narrow it`);
    });
  }
  return findings;
}

/** What in `src/estimator` would make a model differ between two fits of the same rows. */
export function checkSameBits(project: Project): string[] {
  const findings: string[] = [];
  for (const file of filesIn(project, "src/estimator")) {
    walk(file, (node) => {
      const found = unstableName(node);
      if (found !== null) findings.push(`${placeOf(node)}: ${found}; the same rows must give the same bits`);
    });
  }
  return findings;
}

/**
 * Tests that are switched off, run alone, or expected to fail. What needs Python takes it from the fixtures of
 * `test/python/python-test.ts`: they skip where there is none, visibly and with the reason, and fail on CI.
 */
export function checkTestsRun(project: Project): string[] {
  const findings: string[] = [];
  for (const file of filesIn(project, "test")) {
    walk(file, (node) => {
      const name = mutedName(node);
      if (name !== null) findings.push(`${placeOf(node)}: ${name}, every test must run`);
    });
  }
  return findings;
}

function unstableName(node: ts.Node): string | null {
  const { AsteriskAsteriskToken, AsteriskAsteriskEqualsToken } = ts.SyntaxKind;
  if (node.kind === AsteriskAsteriskToken || node.kind === AsteriskAsteriskEqualsToken) return node.getText();
  if (!ts.isIdentifier(node) || isMemberName(node)) return null;
  if (OUTSIDE_NAMES.includes(node.text)) return node.text;
  if (node.text !== "Math") return null;
  const { parent } = node;
  if (!ts.isPropertyAccessExpression(parent)) return "Math other than as Math.name";
  return UNSTABLE_MATH.includes(parent.name.text) ? `Math.${parent.name.text}` : null;
}

/** Whether an identifier only names a member of something, as `pow` in `x.pow` or in `{ pow: 1 }`. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  return (ts.isPropertyAssignment(parent) || ts.isTypeElement(parent)) && parent.name === node;
}

function mutedName(node: ts.Node): string | null {
  if (ts.isPropertyAccessExpression(node) && MUTED.includes(node.name.text)) {
    return TEST_FUNCTIONS.includes(rootOf(node)) ? node.getText() : null;
  }
  if (!ts.isCallExpression(node) || !TEST_FUNCTIONS.includes(rootOf(node.expression))) return null;
  for (const argument of node.arguments) {
    const muted = ts.isObjectLiteralExpression(argument)
      ? argument.properties.find((property) => MUTED.includes(property.name?.getText() ?? ""))
      : skipFromInside(argument);
    if (muted !== undefined) return muted.getText();
  }
  return null;
}

/** Where a test's function takes `skip` from its context, as `({ skip }) => …` or `(context) => context.skip()`. */
function skipFromInside(argument: ts.Expression): ts.Node | undefined {
  if (!ts.isFunctionLike(argument)) return undefined;
  const context = argument.parameters[0]?.name;
  if (context === undefined) return undefined;
  if (!ts.isIdentifier(context)) {
    return context.elements.find((element) => /^skip\b/.test(element.getText()));
  }
  let found: ts.Node | undefined;
  walk(argument, (node) => {
    if (ts.isPropertyAccessExpression(node) && node.getText() === `${context.text}.skip`) found ??= node;
  });
  return found;
}

/** The leftmost name of `a.b(c).d`. */
function rootOf(node: ts.Expression): string {
  let at = node;
  while (ts.isPropertyAccessExpression(at) || ts.isCallExpression(at) || ts.isTaggedTemplateExpression(at)) {
    at = ts.isTaggedTemplateExpression(at) ? at.tag : at.expression;
  }
  return ts.isIdentifier(at) ? at.text : "";
}
