import type { Diagnosis, Finding } from "../index.ts";
import { foldText, type LineLayout } from "./labelled-lines.ts";
import { cellText, lineText } from "./safe-text.ts";
import type { Style } from "./style.ts";
import { padText, textWidth } from "./text-width.ts";

const GAP = "  ";
/** Texts are not folded into less than this, however narrow the terminal is. */
const NARROWEST = 24;

const HEADINGS = { manyfit: "Every run", python: "Trainers in Python", spark: "A Spark cluster" } as const;

const MARKS: Readonly<Record<Finding["state"], string>> = { ok: "ok", absent: "absent", broken: "broken" };
const MARK_WIDTH = 6;

const MISSING = "missing";
/** What is longer does not make the others' notes begin further to the right. */
const WIDEST_FOUND = 12;

/** A diagnosis for people: a line for each finding, below it what is wrong, and at the end what mends it. */
export function doctorLines({ findings, isOk }: Diagnosis, layout: LineLayout): string[] {
  const { style } = layout;
  const names = findings.map(({ name }) => textWidth(name));
  const nameWidth = Math.max(...names);
  const foundWidth = Math.max(...findings.filter(isShort).map(({ found }) => textWidth(found ?? MISSING)));
  const lines: string[] = [];
  for (const part of ["manyfit", "python", "spark"] as const) {
    const ofPart = findings.filter((finding) => finding.part === part);
    if (ofPart.length === 0) continue;
    lines.push(...(lines.length === 0 ? [] : [""]), style.strong(HEADINGS[part]));
    for (const finding of ofPart) lines.push(...findingLines(finding, { ...layout, nameWidth, foundWidth }));
  }
  const broken = findings.filter(({ state }) => state === "broken").map(({ name }) => name);
  const end = isOk ? style.good("Nothing is broken.") : style.bad(`Broken: ${broken.join(", ")}.`);
  return [...lines, ...mendLines(findings, style), "", end];
}

interface ColumnLayout extends LineLayout {
  readonly nameWidth: number;
  readonly foundWidth: number;
}

/** Whether it has a note that stands beside what was found, and not below the others. */
function isShort({ found }: Finding): boolean {
  return found === null || textWidth(found) <= WIDEST_FOUND;
}

function findingLines(finding: Finding, { width, style, nameWidth, foundWidth }: ColumnLayout): string[] {
  const { name, state, note, problem } = finding;
  const found = finding.found === null ? MISSING : cellText(finding.found);
  const paint = { ok: style.good, absent: style.warning, broken: style.bad }[state];
  const before = GAP + paint(padText(MARKS[state], MARK_WIDTH)) + GAP + padText(name, nameWidth) + GAP;
  const indent = textWidth(before);
  const noteIndent = indent + foundWidth + GAP.length;
  const notes = note === null ? [] : foldText(lineText(note), Math.max(NARROWEST, width - noteIndent));
  // What was found may be longer than in other lines: its notes begin below then.
  const beside = isShort(finding) ? notes.shift() : undefined;
  const first = beside === undefined ? found : padText(found, foundWidth) + GAP + style.faint(beside);
  const problems = problem === null ? [] : foldText(lineText(problem), Math.max(NARROWEST, width - indent));
  return [
    before + first,
    ...notes.map((text) => " ".repeat(noteIndent) + style.faint(text)),
    ...problems.map((text) => " ".repeat(indent) + paint(text)),
  ];
}

/** Each command once, with what it mends. It is not folded: it must be copied whole. */
function mendLines(findings: readonly Finding[], style: Style): string[] {
  const names = new Map<string, string[]>();
  for (const { mend, name } of findings)
    if (mend !== null) names.set(mend.command, [...(names.get(mend.command) ?? []), name]);
  return [...names].flatMap(([command, mended]) => {
    const afterwards = findings.find(({ mend }) => mend?.command === command)?.mend?.afterwards ?? null;
    return [
      "",
      style.strong(`To mend ${mended.join(", ")}`),
      `${GAP}${lineText(command)}`,
      ...(afterwards === null ? [] : [`${GAP}${style.faint(`then ${lineText(afterwards)}`)}`]),
    ];
  });
}
